"""Filling in: one question a page, saved at each; then a review, and sending."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import clock
from portal.applications.answer import (
    Closed,
    may_be_answered,
    missing,
    save_answer,
    unanswered,
)
from portal.applications.attach import MOST, attach, attached
from portal.applications.branch import asked, stopped_by
from portal.applications.correct_request import answer_correction, open_request
from portal.applications.deadline import closed_since, last_day, why_closed
from portal.applications.definition import definition_of
from portal.applications.does_task import report_task_done, take_back_report
from portal.applications.files import CannotAttach
from portal.applications.forms import form_for
from portal.applications.known import known_answer
from portal.applications.models import Application, ProcedureVersion, State
from portal.applications.newer import go_on_with_newer, superseded
from portal.applications.opinion_about import opinion_about
from portal.applications.send import CannotSend, send
from portal.applications.shown import shown_answer, shown_answers
from portal.applications.start import start
from portal.applications.states import CHANGES, CannotChange
from portal.applications.take_back import take_back
from portal.applications.views.posts import for_posts
from portal.residents.models import Resident
from tasks.views import for_residents


def own_application(resident, uuid) -> Application:
    """Return one made here, or the same 404 whether it is another person's or nobody's."""
    own = Application.objects.for_resident(resident).filter(version__isnull=False)
    return get_object_or_404(
        own.select_related("version__procedure", "about", "resident__municipality"), uuid=uuid
    )


def offered(resident, key) -> ProcedureVersion:
    """Return the version that the resident's municipality offers now; else 404."""
    versions = ProcedureVersion.objects.offered_in(resident.municipality_id)
    version = versions.filter(procedure__key=key).select_related("procedure").first()
    if version is None:
        raise Http404
    return version


@for_residents
def begin(request, resident, key):
    """Start a draft, or go on with it; where it is about a child, ask first about which."""
    version = offered(resident, key)
    definition = definition_of(version.definition)
    today = clock.today()
    people = whom_about(resident, definition, today)
    chosen = next((one for one in people if str(one.uuid) == request.POST.get("about")), None)
    if len(people) == 1:
        chosen = people[0]
    deadline = definition.deadline
    last = chosen and closed_since(deadline, resident=resident, about=chosen, today=today)
    if request.method == "POST" and chosen and not last:
        draft = start(version=version, resident=resident, about=chosen, today=today)
        return redirect("applications:resume", draft.uuid)
    context = {
        "resident": resident,
        "definition": definition,
        "people": people,
        "applied": applied_for(resident, key),
        "today": today,
        "closed": why_closed(last) if last else "",
        "mistakes": [("id_about", _("Choose a child."))]
        if request.method == "POST" and not chosen
        else [],
    }
    return render(request, "applications/begin.html", context)


def applied_for(resident, key) -> set[int]:
    """Return about whom the resident has sent one that is under way or was granted."""
    own = Application.objects.for_resident(resident).filter(procedure_key=key)
    over = [State.DRAFT, State.REFUSED, State.WITHDRAWN]
    return set(own.exclude(state__in=over).values_list("about", flat=True))


def whom_about(resident, definition, today) -> list[Resident]:
    """Return about whom the resident may apply for this."""
    if definition.about == "self":
        return [resident]
    household = Resident.objects.household_of(resident, today=today).exclude(pk=resident.pk)
    return list(household.filter(state=Resident.State.ACTIVE).order_by("-born", "pk"))


@for_residents
@require_safe
def next_question(request, resident, uuid):
    """Lead to the first question not yet answered, or to the review."""
    application = own_application(resident, uuid)
    definition = definition_of(application.version.definition)
    if application.state != State.DRAFT:
        return redirect("applications:application", uuid)
    if open_questions := unanswered(definition, application.answers):
        return redirect("applications:question", uuid, open_questions[0].key)
    return redirect("applications:review", uuid)


@for_residents
def question(request, resident, uuid, key):
    application = own_application(resident, uuid)
    today = clock.today()
    page = QuestionPage(application, key, today)
    if key not in may_be_answered(application):
        return redirect("applications:application", uuid)
    if page.question not in page.branch:
        # Of another branch: perhaps an earlier answer was changed in another window.
        return redirect("applications:resume", uuid)
    if request.method != "POST":
        return render(request, "applications/question.html", page.context(request))
    try:
        keep_file(request, page)
        if request.POST.get("confirm") and page.known:
            answer = page.known
        else:
            page.form = form_for(page.question, application, today=today, data=request.POST)
            if not page.form.is_valid():
                context = page.context(request)
                return render(request, "applications/question.html", context, status=422)
            answer = page.form.to_store()
        application = save_answer(resident=resident, uuid=uuid, question=key, answer=answer)
    except CannotAttach as reason:
        context = page.with_refused_file(request, reason)
        return render(request, "applications/question.html", context, status=422)
    except Closed as reason:
        messages.error(request, str(reason))
        return redirect("applications:application", uuid)
    return redirect(after(application, key, to_review="review" in request.GET))


def keep_file(request, page) -> None:
    """Attach the file chosen beside the question, if there is one. Raises CannotAttach, Closed."""
    upload = request.FILES.get("file") if page.question.type == "file" else None
    if upload is None:
        return
    application = page.application
    attach(
        resident=application.resident,
        uuid=application.uuid,
        question=page.question.key,
        upload=upload,
        by=request.user,
    )
    application.refresh_from_db(fields=["answers"])


def after(application: Application, key: str, *, to_review: bool) -> str:
    """Return the address of what comes after the answer to a question."""
    definition = definition_of(application.version.definition)
    uuid = application.uuid
    if application.state == State.CORRECTION:
        return reverse("applications:correct", args=[uuid])
    branch = asked(definition, application.answers)
    if stopped_by(definition, application.answers):
        return f"{reverse('applications:question', args=[uuid, key])}?stopped=1"
    keys = [one.key for one in branch]
    rest = branch[keys.index(key) + 1 :]
    if to_review:
        rest = [one for one in branch if one.key not in application.answers]
    if rest:
        return reverse("applications:question", args=[uuid, rest[0].key])
    return reverse("applications:review", args=[uuid])


class QuestionPage:
    """One question of a person's branch: its place, its form, and what is known about it."""

    def __init__(self, application, key, today):
        self.application = application
        self.definition = definition_of(application.version.definition)
        self.question = self.definition.question(key)
        if self.question is None:
            raise Http404
        self.branch = asked(self.definition, application.answers)
        self.today = today
        self.form = None
        self.known = known_answer(
            self.question.fills,
            resident=application.resident,
            about=application.about,
            today=today,
        )

    @property
    def place(self) -> int:
        return self.branch.index(self.question) + 1

    @property
    def before(self) -> str:
        """Return the address of the question before this one, or of the procedure."""
        if self.place > 1:
            key = self.branch[self.place - 2].key
            return reverse("applications:question", args=[self.application.uuid, key])
        return reverse("applications:procedure", args=[self.application.procedure_key])

    def context(self, request) -> dict:
        application, question = self.application, self.question
        answer = application.answers.get(question.key)
        confirms = bool(self.known) and "change" not in request.GET and self.form is None
        if confirms and answer not in (None, self.known):
            confirms = False
        form = self.form or form_for(question, application, today=self.today)
        if self.known and answer is None and not form.is_bound:
            form.initial["answer"] = self.known
        correcting = application.state == State.CORRECTION
        return {
            "resident": application.resident,
            "application": application,
            "definition": self.definition,
            "question": question,
            "page": self,
            "form": form,
            "known": shown_answer(question, self.known, {}) if confirms else "",
            "stop": question.stops.get(answer)
            if question.stops and "stopped" in request.GET
            else None,
            "mistakes": form_mistakes(form),
            "files": attached(application, question.key) if question.type == "file" else [],
            "most_files": MOST,
            "back_to_review": "review" in request.GET,
            "correcting": open_request(application) if correcting else None,
            "superseded": superseded(application),
            "opinion_about": opinion_about(application.version, question),
        }

    def with_refused_file(self, request, reason: CannotAttach) -> dict:
        """Return the context of the page that says why a file was not taken."""
        context = self.context(request)
        about = context["opinion_about"] | {"refused": [f"file:{reason.code}"]}
        return context | {"mistakes": [("id_file", str(reason))], "opinion_about": about}


def form_mistakes(form) -> list[tuple[str, str]]:
    if not form.is_bound:
        return []
    return [
        (f"id_{name}" if name in form.fields else "", text)
        for name, errors in form.errors.items()
        for text in errors
    ]


@for_posts("applications:resume")
def take_newer(request, resident, uuid):
    """Go on with the form that is offered now, at the first question that is then open."""
    own_application(resident, uuid)
    try:
        go_on_with_newer(resident=resident, uuid=uuid)
    except Closed as reason:
        messages.error(request, str(reason))
        return redirect("applications:application", uuid)
    messages.success(request, _("This is the newer form. What stayed the same is filled in."))
    return redirect("applications:resume", uuid)


@for_residents
@require_safe
def review(request, resident, uuid):
    application = own_application(resident, uuid)
    if application.state != State.DRAFT:
        return redirect("applications:application", uuid)
    return review_page(request, application)


def review_page(request, application, *, refused: CannotSend | None = None):
    definition = definition_of(application.version.definition)
    today = clock.today()
    lacking = {one.question.key: one.text for one in missing(application, today=today)}
    rows = [
        (
            question,
            answer,
            lacking.get(question.key),
        )
        for question, answer in shown_answers(asked(definition, application.answers), application)
    ]
    whom = {"resident": application.resident, "about": application.about}
    last = closed_since(definition.deadline, **whom, today=today)
    context = {
        "resident": application.resident,
        "application": application,
        "definition": definition,
        "rows": rows,
        "refused": refused,
        "mistakes": [(f"q-{key}", text) for key, text in lacking.items()] if refused else [],
        "stop": stopped_by(definition, application.answers),
        "last_day": last_day(definition.deadline, **whom),
        "opinion_about": opinion_about(application.version)
        | {"refused": ["answer:required"] * len(lacking) if refused else []},
        "today": today,
        "closed": why_closed(last) if last else "",
        "superseded": superseded(application),
        "moved_away": application.municipality_id != application.resident.municipality_id,
    }
    return render(request, "applications/review.html", context, status=422 if refused else 200)


@for_posts("applications:resume")
def send_it(request, resident, uuid):
    application, today = own_application(resident, uuid), clock.today()
    try:
        sent = send(resident=resident, uuid=uuid, by=request.user, today=today)
    except CannotSend as reason:
        return review_page(request, application, refused=reason)
    except CannotChange as reason:
        messages.error(request, str(reason))
        return redirect("applications:application", uuid)
    if sent.state == State.RECEIVED:
        report_task_done(sent, by=request.user, today=today)
    return redirect("applications:sent", uuid)


@for_residents
@require_safe
def sent(request, resident, uuid):
    application = own_application(resident, uuid)
    if application.state != State.RECEIVED:  # not sent yet, or no longer as the page says
        return redirect("applications:application", uuid)
    definition = definition_of(application.version.definition)
    context = {
        "resident": resident,
        "application": application,
        "definition": definition,
        "opinion_about": opinion_about(application.version) | {"kind": "applying"},
    }
    return render(request, "applications/sent.html", context)


@for_residents
def withdraw(request, resident, uuid):
    """Ask first; then take the application back."""
    application = own_application(resident, uuid)
    if (State(application.state), State.WITHDRAWN) not in CHANGES:
        messages.error(request, _("This can no longer be taken back here. Ask the office."))
        return redirect("applications:application", uuid)
    if request.method == "POST":
        was_draft = application.state == State.DRAFT
        try:
            taken = take_back(resident=resident, uuid=uuid, by=request.user, today=clock.today())
        except CannotChange as reason:
            messages.error(request, str(reason))
            return redirect("applications:application", uuid)
        if not was_draft:
            take_back_report(taken, by=request.user, today=clock.today())
        said = _("The draft was put away.") if was_draft else _("The application was taken back.")
        messages.success(request, said)
        return redirect("applications:mine")
    context = {
        "resident": resident,
        "application": application,
        "definition": definition_of(application.version.definition),
    }
    return render(request, "applications/withdraw.html", context)


@for_residents
def correct(request, resident, uuid):
    """Show what the office asks to correct, question by question, and send it again."""
    application = own_application(resident, uuid)
    asked_for = open_request(application)
    if application.state != State.CORRECTION or asked_for is None:
        return redirect("applications:application", uuid)
    definition = definition_of(application.version.definition)
    editable = may_be_answered(application)
    # What nobody may change here was right when it was sent, though a day has passed since.
    lacking = [
        one for one in missing(application, today=clock.today()) if one.question.key in editable
    ]
    if request.method == "POST" and not lacking:
        try:
            answer_correction(application, by=request.user, today=clock.today())
        except CannotChange as reason:
            application.refresh_from_db()
            if application.state != State.UNDER_REVIEW:  # else sent by the other of two clicks
                messages.error(request, str(reason))
        else:
            messages.success(request, _("Sent again. It is the office’s turn now."))
        return redirect("applications:application", uuid)
    branch = asked(definition, application.answers)
    rows = shown_answers([one for one in branch if one.key in editable], application)
    context = {
        "resident": resident,
        "application": application,
        "definition": definition,
        "asked_for": asked_for,
        "rows": rows,
        "mistakes": [(f"q-{one.question.key}", one.text) for one in lacking]
        if request.method == "POST"
        else [],
    }
    return render(request, "applications/correct.html", context)
