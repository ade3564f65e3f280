"""How an application stands, and all of one's applications."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import clock
from portal.applications.branch import asked
from portal.applications.correct_request import open_request
from portal.applications.definition import definition_of
from portal.applications.messages import CannotWrite, write
from portal.applications.models import (
    Application,
    ApplicationEvent,
    Message,
    State,
    Turn,
)
from portal.applications.progress import durations_of, is_slower, progress_of
from portal.applications.shown import shown_answer
from portal.applications.states import CHANGES
from tasks.views import for_residents

PER_PAGE = 50
RUNNING = [
    State.RECEIVED,
    State.UNDER_REVIEW,
    State.CORRECTION,
    State.WITH_OTHERS,
]


@for_residents
@require_safe
def application(request, resident, uuid):
    return application_page(request, resident, uuid)


def application_page(request, resident, uuid, *, typed="", wrong="", token=None):
    own = Application.objects.for_resident(resident)
    application = get_object_or_404(
        own.select_related("version", "about", "municipality", "source"), uuid=uuid
    )
    if application.state == State.DRAFT:
        return redirect("applications:resume", uuid)
    today = clock.today()
    context = {
        "resident": resident,
        "application": application,
        "today": today,
        "mistakes": [("id_text", wrong)] if wrong else [],
        "typed": typed,
        "token": token or uuid4(),
    }
    if application.version:
        context |= made_here(application, today)
    return render(request, "applications/application.html", context, status=422 if wrong else 200)


def made_here(application, today) -> dict:
    definition = definition_of(application.version.definition)
    events = list(ApplicationEvent.objects.of(application).order_by("at", "pk"))
    said = list(Message.objects.of(application).order_by("-at", "-pk")[:100])
    return {
        "definition": definition,
        "progress": progress_of(
            application, definition, events, durations_of(application), today=today
        ),
        "said": said,
        "asked_for": open_request(application) if application.turn == Turn.YOU else None,
        "answers": [
            (question, shown_answer(question, application.answers.get(question.key), application))
            for question in asked(definition, application.answers)
        ],
        "may_take_back": (State(application.state), State.WITHDRAWN) in CHANGES,
        "may_write": application.state != State.WITHDRAWN,
    }


@for_residents
@require_POST
def message(request, resident, uuid):
    own = Application.objects.for_resident(resident).filter(version__isnull=False)
    application = get_object_or_404(own, uuid=uuid)
    try:
        token = UUID(request.POST.get("token", ""))
    except ValueError as error:
        raise Http404 from error
    text = request.POST.get("text", "")
    try:
        write(
            application,
            side=Message.Side.RESIDENT,
            text=text,
            token=token,
            by=request.user,
        )
    except CannotWrite as reason:
        return application_page(request, resident, uuid, typed=text, wrong=str(reason), token=token)
    messages.success(request, _("Sent to the office."))
    return redirect("applications:application", uuid)


@for_residents
@require_safe
def mine(request, resident):
    """List drafts, what is under way, services in use, and what is over."""
    own = (
        Application.objects.for_resident(resident)
        .exclude(state=State.WITHDRAWN, sent_at__isnull=True, version__isnull=False)
        .select_related("version", "about", "source")
        .order_by("-state_since", "-pk")
    )
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    today = clock.today()
    rows = [Row(one, today) for one in page]
    context = {
        "resident": resident,
        "page": page,
        "groups": [
            (title, [row for row in rows if row.group == group])
            for group, title in [
                ("yours", _("Your turn")),
                ("draft", _("Drafts")),
                ("running", _("Under way")),
                ("in-use", _("Services in use")),
                ("over", _("Finished")),
            ]
        ],
    }
    return render(request, "applications/mine.html", context)


class Row:
    """An application as the list shows it."""

    def __init__(self, application: Application, today):
        self.application = application
        self.slower = is_slower(application, today)
        version = application.version
        self.name = version.definition.get("name") if version else None
        self.gives = version.definition.get("gives") if version else None

    @property
    def group(self) -> str:
        state = self.application.state
        if state == State.CORRECTION:
            return "yours"
        if state == State.DRAFT:
            return "draft"
        if state in RUNNING:
            return "running"
        if state in (State.GRANTED, State.COMPLETED) and (self.gives or not self.name):
            return "in-use"
        return "over"
