"""The queue of an office and its cases, for clerks who work through them by keyboard."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import clock
from portal.accounts.models import User
from portal.applications import decide
from portal.applications.branch import asked
from portal.applications.correct_request import CannotAsk, ask_for_correction, open_request
from portal.applications.definition import definition_of
from portal.applications.files import download
from portal.applications.messages import CannotWrite, write
from portal.applications.models import (
    Application,
    ApplicationEvent,
    Attachment,
    Message,
    MessageTemplate,
    State,
    Turn,
)
from portal.applications.office import CHOSEN, chosen_of, office_of, offices_of
from portal.applications.progress import durations_of, is_slower, progress_of
from portal.applications.queue import COUNTED, STALLED, STATES, cases_of, counts, queue
from portal.applications.received import received_answers, received_files
from portal.applications.shown import shown_answers
from portal.applications.states import CHANGES, OFFICE, CannotChange
from portal.applications.take import CannotTake, hand_over, take
from portal.applications.untold import try_again, untold, why_untold
from portal.applications.written import why_no_day_to_answer_by
from portal.residents.record import look_at
from portal.staff import LookOnly

REFUSED = (
    decide.CannotDecide,
    CannotTake,
    CannotAsk,
    CannotChange,
    CannotWrite,
)
ANSWER_WITHIN = timedelta(days=14)
# Where on the page the part of a form is in which something is wrong: by the deed and its name.
FIELDS = {
    ("correction", "text"): "correction",
    ("correction", "answer_by"): "answer_by",
    ("correction", "questions"): "questions",
    ("message", "text"): "id_message",
    ("message", "answer_by"): "message_answer_by",
    ("grant", "reason"): "reason",
    ("propose", "reason"): "reason",
    ("pass-on", "to_whom"): "to_whom",
    ("hand-over", "to"): "to",
}
ONE_LOOK = timedelta(hours=1)  # in which a case opened again is no other access (docs/adr/0015)


@admin.register(Application)
class CaseAdmin(LookOnly, admin.ModelAdmin):
    """The list of an office's cases, and a page for each."""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("applications.process_application")

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_urls(self):
        name = "applications_application_%s"
        views = [
            ("", self.queue_view, "changelist"),
            ("<uuid:uuid>/", self.case_view, "change"),
            ("<uuid:uuid>/files/<uuid:file>/", self.file_view, "file"),
            ("<uuid:uuid>/begin-with/", self.begin_with_view, "begin-with"),
            ("<uuid:uuid>/<slug:deed>/", self.deed_view, "deed"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=name % what)
            for route, view, what in views
        ]

    def queue_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            request.session[CHOSEN] = request.POST.get("office", "")
            return HttpResponseRedirect(request.path)
        offices = offices_of(request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext_lazy("Cases"),
            "offices": offices,
        }
        if offices:
            context |= self._queue(request, chosen_of(offices, request))
        return TemplateResponse(request, "admin/applications/application/queue.html", context)

    def _queue(self, request, office) -> dict:
        today = clock.today()
        cases, following = queue(office, request.GET, by=request.user, today=today)
        kept = request.GET.copy()
        kept["after"] = following
        many = counts(office, today=today)
        labels = {
            "": gettext_lazy("Waits for the office"),
            STALLED: gettext_lazy("Slower than usual"),
            **{state.value: state.label for state in STATES},
        }
        state = request.GET.get("state", "")
        return {
            "office": office,
            "cases": [(case, is_slower(case, today)) for case in cases],
            "more": kept.urlencode() if following else "",
            "begins_later": bool(request.GET.get("after")),
            "lists": [
                (name, label, f"{COUNTED}+" if many[name] == COUNTED else str(many[name]))
                for name, label in labels.items()
            ],
            "list": state if state in labels else "",
            "asked": request.GET,
            "today": today,
        }

    def case_view(self, request, uuid):
        case = self._case(request, uuid)
        return self._show(request, case)

    def _case(self, request, uuid) -> Application:
        """Return a case of this person's office; another office's is the same 404 as none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        cases = cases_of(office_of(request)).select_related(
            "version",
            "resident__user",
            "about",
            "municipality",
            "assigned_to",
            "proposed_by",
            "decided_by",
        )
        return get_object_or_404(cases, uuid=uuid)

    def _show(self, request, case, *, wrong="", wrong_at="", typed=None, status=200):
        """Show a case; `typed` is what stood in the form of the deed `typed["deed"]`.

        `wrong` says what is wrong with it, `wrong_at` where, as one of FIELDS.
        """
        look_at(
            resident=case.resident,
            purpose=case.receipt_number,  # in no language: the resident's may be another
            by=request.user,
            office=case.municipality,
            what=case.receipt_number,
            once_within=ONE_LOOK,
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": case.receipt_number,
            "case": case,
            "wrong": wrong,
            "wrong_at": wrong_at,
            "typed": typed or {},
            **CasePage(case, request.user).context(),
        }
        return TemplateResponse(
            request, "admin/applications/application/case.html", context, status=status
        )

    def file_view(self, request, uuid, file):
        """Download one of the case's files; that it was opened is noted as looking is."""
        case = self._case(request, uuid)
        attachment = next((one for one in received_files(case) if one.uuid == file), None)
        if attachment is None or attachment.scan == Attachment.Scan.INFECTED:
            raise Http404
        look_at(
            resident=case.resident,
            purpose=f"{case.receipt_number}/file",  # access_log.html says it in words
            by=request.user,
            office=case.municipality,
            what=case.receipt_number,
        )
        try:
            return download(attachment)
        except FileNotFoundError as error:
            raise Http404 from error

    def deed_view(self, request, uuid, deed):
        case = self._case(request, uuid)
        if request.method != "POST":
            return HttpResponseRedirect(_address(case))
        if deed not in DEEDS:
            raise Http404
        needed, do, said = DEEDS[deed]
        if not request.user.has_perm(f"applications.{needed}"):
            raise PermissionDenied
        try:
            do(request, case)
        except REFUSED as reason:
            case.refresh_from_db()
            case = self._case(request, uuid)
            typed = typed_for(request, deed)
            at = FIELDS.get((deed, getattr(reason, "field", "")), "")
            return self._show(
                request, case, wrong=str(reason), wrong_at=at, typed=typed, status=422
            )
        messages.success(request, said)
        return HttpResponseRedirect(_address(case))

    def begin_with_view(self, request, uuid):
        """Put a template's text below what is typed in the message; nothing is sent or kept."""
        case = self._case(request, uuid)
        if request.method != "POST":
            return HttpResponseRedirect(_address(case))
        typed = typed_for(request, "message")
        given = request.POST.get("template")
        chosen = [text for one, text in texts_to_begin_with(case) if str(one.pk) == given]
        typed["text"] = "\n\n".join(filter(None, [typed.get("text", "").strip(), *chosen]))
        return self._show(request, case, typed=typed | {"begun": bool(chosen)})


def _address(case) -> str:
    return reverse("admin:applications_application_change", args=[case.uuid])


def typed_for(request, deed: str) -> dict:
    return {
        **request.POST.dict(),
        "deed": deed,
        "questions": request.POST.getlist("questions"),
    }


def texts_to_begin_with(case) -> list[tuple[MessageTemplate, str]]:
    """Return the office's templates, each with its text in the resident's language."""
    account = case.resident.user
    language = account.language if account else case.resident.language
    templates = MessageTemplate.objects.filter(municipality=case.municipality_id)
    return [(one, one.text_in(language)) for one in templates]


def _which(request, case) -> dict:
    return {"cases": Application.objects.of_office(case.municipality_id), "uuid": case.uuid}


def _take(request, case):
    take(**_which(request, case), by=request.user, today=clock.today())


def colleagues_of(case):
    """Return who works in the office of the case."""
    office = User.objects.filter(offices__municipality=case.municipality_id, is_active=True)
    return office.order_by("email")


def _hand_over(request, case):
    given = request.POST.get("to", "")
    to = next((one for one in colleagues_of(case) if str(one.pk) == given), None)
    if to is None:
        raise CannotTake(_("Choose a colleague."), field="to")
    hand_over(**_which(request, case), to=to, by=request.user)


def _correct(request, case):
    try:
        answer_by = date.fromisoformat(request.POST.get("answer_by", ""))
    except ValueError as error:
        raise CannotAsk(_("Choose a day to answer by."), field="answer_by") from error
    ask_for_correction(
        case,
        text=request.POST.get("text", ""),
        questions=request.POST.getlist("questions"),
        answer_by=answer_by,
        by=request.user,
        today=clock.today(),
    )


def _message(request, case):
    try:
        token = UUID(request.POST.get("token", ""))
    except ValueError as error:
        raise CannotWrite(_("Open the case again and write it once more.")) from error
    answer_by = request.POST.get("answer_by")
    try:
        day = date.fromisoformat(answer_by) if answer_by else None
    except ValueError as error:
        raise CannotWrite(_("Choose a day to answer by, or none."), field="answer_by") from error
    if day and (reason := why_no_day_to_answer_by(day, today=clock.today())):
        raise CannotWrite(reason, field="answer_by")
    write(
        case,
        side=Message.Side.OFFICE,
        text=request.POST.get("text", ""),
        token=token,
        answer_by=day,
        by=request.user,
    )


def _grant(request, case):
    reason = request.POST.get("reason", "")
    decide.grant(**_which(request, case), reason=reason, by=request.user, today=clock.today())


def _propose(request, case):
    reason = request.POST.get("reason", "")
    decide.propose_refusal(
        **_which(request, case), reason=reason, by=request.user, today=clock.today()
    )


def _refuse(request, case):
    proposal = request.POST.get("proposal")
    decide.refuse(**_which(request, case), by=request.user, today=clock.today(), proposal=proposal)


def _send_back(request, case):
    decide.send_back(**_which(request, case), by=request.user)


def _pass_on(request, case):
    whom = request.POST.get("to_whom", "")
    decide.pass_on(**_which(request, case), to_whom=whom, by=request.user, today=clock.today())


def _take_up_again(request, case):
    decide.take_up_again(**_which(request, case), by=request.user, today=clock.today())


def _complete(request, case):
    decide.complete(**_which(request, case), by=request.user, today=clock.today())


def _tell_again(request, case):
    if notice := untold(case):
        try_again(notice)


# By the last part of the address: the permission, what is done, and what the page then says.
PROCESS, DECIDE = "process_application", "decide_application"
DEEDS = {
    "take": (PROCESS, _take, gettext_lazy("You have taken this case.")),
    "hand-over": (PROCESS, _hand_over, gettext_lazy("Handed over.")),
    "correction": (PROCESS, _correct, gettext_lazy("The resident has been asked.")),
    "message": (PROCESS, _message, gettext_lazy("Sent to the resident.")),
    "pass-on": (PROCESS, _pass_on, gettext_lazy("Noted who has to do something.")),
    "take-up-again": (PROCESS, _take_up_again, gettext_lazy("The office’s turn again.")),
    "propose": (PROCESS, _propose, gettext_lazy("Proposed. A second person decides.")),
    "grant": (DECIDE, _grant, gettext_lazy("Granted.")),
    "refuse": (DECIDE, _refuse, gettext_lazy("Decided: not granted.")),
    "send-back": (DECIDE, _send_back, gettext_lazy("The proposal was sent back.")),
    "complete": (PROCESS, _complete, gettext_lazy("Completed.")),
    "tell-again": (PROCESS, _tell_again, gettext_lazy("The mail is sent again within minutes.")),
}


class CasePage:
    """What the page of a case shows and lets do."""

    def __init__(self, case, user):
        self.case, self.user = case, user
        self.definition = definition_of(case.version.definition)
        self.today = clock.today()
        self.asked_for = open_request(case)

    def context(self) -> dict:
        case = self.case
        answers = received_answers(case)
        not_told = untold(case)
        events = list(ApplicationEvent.objects.of(case).select_related("by").order_by("at", "pk"))
        return {
            "definition": self.definition,
            "today": self.today,
            "answers": shown_answers(asked(self.definition, answers), case, answers),
            "files": received_files(case),
            "events": events,
            "progress": progress_of(
                case,
                self.definition,
                events,
                durations_of(municipality=case.municipality_id, procedure=case.procedure_key),
                today=self.today,
            ),
            "said": Message.objects.of(case).select_related("by").order_by("-at", "-pk")[:100],
            "asked_for": self.asked_for,
            "untold": not_told,
            "why_untold": why_untold(not_told) if not_told else "",
            "proposal": decide.proposal_of(case),
            "token": uuid4(),
            "answer_by": self.today + ANSWER_WITHIN,
            "tomorrow": self.today + timedelta(days=1),
            "templates": texts_to_begin_with(case),
            "colleagues": colleagues_of(case).exclude(pk=case.assigned_to_id),
            "may": self.may(),
        }

    def may_be_answered(self) -> bool:
        """Tell whether the resident may still answer in time what was asked to correct."""
        return self.asked_for is not None and self.asked_for.answer_by >= self.today

    def may(self) -> dict[str, bool]:
        """Tell which deeds the state and this person's permissions allow."""
        case = self.case
        follows = {
            after
            for (before, after), side in CHANGES.items()
            if before == case.state and side == OFFICE
        }
        decides = self.user.has_perm("applications.decide_application")
        proposed = case.proposed_by_id is not None and not case.outcome
        return {
            "take": bool(follows)
            and (
                case.assigned_to_id is None
                or (case.assigned_to_id == self.user.pk and case.state == State.RECEIVED)
            ),
            "hand_over": case.turn != Turn.NOBODY,
            "correction": State.CORRECTION in follows and not proposed,
            "pass_on": State.WITH_OTHERS in follows and not proposed,
            "take_up_again": case.state == State.WITH_OTHERS,
            "grant": State.GRANTED in follows and decides and not proposed,
            "propose": State.REFUSED in follows and not proposed and not self.may_be_answered(),
            "refuse": proposed and decides and case.proposed_by_id != self.user.pk,
            "send_back": proposed and decides,
            "waits_for_second": proposed and State.REFUSED in follows,
            "complete": State.COMPLETED in follows,
            "message": case.state != State.WITHDRAWN,
        }
