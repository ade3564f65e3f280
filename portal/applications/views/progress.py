"""How an application stands, and all of one's applications."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import clock
from portal.applications.branch import asked
from portal.applications.called import in_language
from portal.applications.correct_request import with_request
from portal.applications.definition import definition_of
from portal.applications.messages import CannotWrite, to_answer, why_closed, write
from portal.applications.mine import grouped_rows
from portal.applications.mine import mine as mine_of
from portal.applications.models import (
    Application,
    ApplicationEvent,
    Attachment,
    Message,
    State,
)
from portal.applications.opinion_about import opinion_about
from portal.applications.progress import durations_of, progress_of, reported_lines
from portal.applications.settle import KIND
from portal.applications.shown import shown_answers
from portal.applications.states import CHANGES
from portal.applications.views.posts import for_posts
from portal.residents.models import FactReport
from tasks.views import for_residents

PER_PAGE = 50
MOST_REPORTS = 200
RESIDENT = Message.Side.RESIDENT


@for_residents
@require_safe
def application(request, resident, uuid):
    return application_page(request, resident, uuid)


def application_page(request, resident, uuid, *, typed="", wrong="", token=None):
    own = Application.objects.for_resident(resident)
    application = get_object_or_404(
        with_request(own).select_related("version__procedure", "about", "municipality", "source"),
        uuid=uuid,
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
        context["opinion_about"] = opinion_about(application.version)
    else:
        context |= reported(application)
    if wrong:
        context["opinion_about"] = {**context.get("opinion_about", {}), "refused": ["text:invalid"]}
    return render(request, "applications/application.html", context, status=422 if wrong else 200)


def made_here(application, today) -> dict:
    definition = definition_of(application.version.definition)
    events = list(ApplicationEvent.objects.of(application).order_by("at", "pk"))
    said = list(Message.objects.of(application).order_by("-at", "-pk")[:100])
    durations = durations_of(
        municipality=application.municipality_id, procedure=application.procedure_key
    )
    return {
        "definition": definition,
        "progress": progress_of(application, definition, events, durations, today=today),
        "said": [(one, step_name(definition, one.step)) for one in said],
        "to_answer": to_answer(said) if not why_closed(application, side=RESIDENT) else None,
        "answers": shown_answers(asked(definition, application.answers), application),
        "may_take_back": (State(application.state), State.WITHDRAWN) in CHANGES,
        "files": Attachment.objects.of(application).filter(removed_at=None).order_by("pk"),
        "closed": why_closed(application, side=RESIDENT),
    }


def step_name(definition, key) -> str:
    step = definition.step(key)
    return in_language(step.name) if step else ""


def reported(application) -> dict:
    """Return what is known of an application that was made elsewhere: the states it was told in."""
    told = FactReport.objects.filter(
        resident=application.resident_id, kind=KIND, source=application.source_id
    )
    reports = told.filter(value__ref=application.ref)
    return {"lines": reported_lines(application, reports.order_by("-checked_at")[:MOST_REPORTS])}


@for_posts("applications:application")
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
    page = Paginator(mine_of(resident), PER_PAGE).get_page(request.GET.get("page"))
    context = {"resident": resident, "page": page, "groups": grouped_rows(page, clock.today())}
    return render(request, "applications/mine.html", context)
