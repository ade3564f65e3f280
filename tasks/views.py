"""The pages of a resident. Each starts from the resident who is signed in, never from an id."""

import unicodedata
from functools import wraps
from itertools import groupby
from uuid import UUID

from django.conf import settings as project
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from portal import clock
from portal.residents.ask_access import CannotAsk, ask_about_access
from portal.residents.models import AccessQuestion, RecordAccess, Resident
from tasks import acts
from tasks.compile import fingerprint
from tasks.explain import explain, source_names
from tasks.forms import SnoozeForm
from tasks.inbox import Inbox
from tasks.models import Status, Task
from tasks.reminders.models import PushSubscription
from tasks.reminders.push import is_offered, public_key
from tasks.reminders.whom import ways_to
from tasks.rules import registry
from tasks.task_page import TaskPage

ACCESSES_PER_PAGE = 50


def for_residents(view):
    """Call `view(request, resident, …)`; who is signed in without a record gets a page saying so.

    Never cached: after signing out, the back button shows nothing of anybody.
    """

    @never_cache
    @login_required
    @vary_on_headers("HX-Request")
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        resident = getattr(request.user, "resident", None)
        if resident is None:
            return render(request, "tasks/no_resident.html")
        return view(request, resident, *args, **kwargs)

    return wrapped


def page(request, template, context, **kwargs):
    """Render a page, or for htmx its <main> alone."""
    return render(request, f"{template}#main" if request.htmx else template, context, **kwargs)


@for_residents
@require_safe
def home(request, resident):
    inbox = Inbox(resident, today=clock.today())
    return page(request, "tasks/home.html", {"resident": resident, "inbox": inbox})


@for_residents
@require_safe
def task(request, resident, task_id):
    return task_page(request, resident, own_task(resident, task_id))


def own_task(resident, task_id):
    """Return the task, or the same 404 whether it is another person's or nobody's."""
    task = get_object_or_404(
        Task.objects.for_resident(resident).select_related("about__municipality"), pk=task_id
    )
    if registry.by_id(task.rule_id) is None:
        raise Http404
    return task


def task_page(request, resident, task, *, snooze=None, status=200):
    context = {
        "resident": resident,
        "task": task,
        "shown": TaskPage(task, at=clock.localtime(), snooze=snooze or SnoozeForm()),
        "form": snooze,
        "opinion_about": {"route": "tasks:task", **opinion_about(registry.by_id(task.rule_id))},
    }
    return page(request, "tasks/task.html", context, status=status)


def opinion_about(rule) -> dict:
    """Return what an opinion on a page about a rule is about (feedback.templatetags.opinions)."""
    return {
        "rule": rule.key,
        "rule_version": fingerprint(rule),
        "texts": [rule.title, rule.what, rule.where, rule.bring, rule.cost, rule.if_not],
    }


# ---- acts: a post changes, then the browser is sent to a page that may be reloaded


def act(view):
    """Do `view(request, resident, task_id)` on POST; any other way leads to the task's page."""

    @for_residents
    @wraps(view)
    def wrapped(request, resident, task_id):
        if request.method != "POST":
            return redirect("tasks:task", task_id)
        try:
            return view(request, resident, task_id)
        except Task.DoesNotExist as missing:
            raise Http404 from missing
        except acts.Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("tasks:task", task_id)

    return wrapped


def back(request, task_id):
    """Lead back to where the form stood: the list, or the task's own page."""
    if request.POST.get("from") == "home":
        return redirect("tasks:home")
    return redirect("tasks:task", task_id)


@act
def report_done(request, resident, task_id):
    now = acts.report_done(resident=resident, task_id=task_id, by=request.user, today=clock.today())
    if now.status == Status.REPORTED:
        messages.success(request, _("Noted: you have done this. It is being confirmed."))
    else:
        messages.success(request, _("Noted: you have done this."))
    return back(request, task_id)


@act
def snooze(request, resident, task_id):
    form = SnoozeForm({"until": request.POST.get("ready") or request.POST.get("until")})
    if form.is_valid():
        try:
            acts.snooze(
                resident=resident,
                task_id=task_id,
                until=form.cleaned_data["until"],
                by=request.user,
                today=clock.today(),
            )
        except acts.Refused as refusal:
            form.add_error("until", str(refusal))
        else:
            messages.success(request, _("Noted: you will be reminded later."))
            return back(request, task_id)
    task = own_task(resident, task_id)
    return task_page(request, resident, task, snooze=form, status=422)


@act
def dismiss(request, resident, task_id):
    acts.dismiss(resident=resident, task_id=task_id, by=request.user, today=clock.today())
    messages.success(request, _("Noted: not now."))
    return back(request, task_id)


@act
def undo(request, resident, task_id):
    acts.undo(resident=resident, task_id=task_id, by=request.user, today=clock.today())
    messages.success(request, _("Taken back. It is under “To do” again."))
    return back(request, task_id)


# ---- why, and who looked


@for_residents
@require_safe
def why(request, resident):
    query = request.GET.get("q", "").strip()
    themes = {}
    for rule in registry.values():
        if matches(rule, query):
            themes.setdefault(str(rule.theme), []).append(rule)
    context = {"resident": resident, "query": query, "themes": themes}
    return page(request, "tasks/why.html", context)


def matches(rule, query):
    """Tell whether every word of the query stands in what the rule is called."""
    called = plain(f"{rule.title} {rule.short} {rule.theme}")
    return all(word in called for word in plain(query).split())


def plain(text):
    return unicodedata.normalize("NFKC", text).casefold()


@for_residents
@require_safe
def why_rule(request, resident, key):
    if (rule := registry.get(key)) is None:
        raise Http404
    today = clock.today()
    household = Resident.objects.household_of(resident, today=today).order_by("born", "pk")
    answers = [answer for about in household for answer in answers_about(rule, about, today)]
    tasks = Task.objects.for_resident(resident).live().filter(rule_id=rule.id)
    by_subject = {(task.about_id, task.subject): task for task in tasks}
    context = {
        "resident": resident,
        "rule": rule,
        "answers": [(one, by_subject.get((one.about.pk, one.subject))) for one in answers],
        "sources": source_names(answers),
        "alone": len(household) == 1,
        "today": today,
        "opinion_about": opinion_about(rule),
    }
    return page(request, "tasks/why_rule.html", context)


def answers_about(rule, about, today):
    """Return the explanations of what is there or not known; else the one that counts most."""
    found = explain(rule, about, today=today)
    return [one for one in found if one.verdict is not False] or found[:1]


@for_residents
@require_safe
def access_log(request, resident):
    mine = [resident, *Resident.objects.merged_into(resident)]
    accesses = RecordAccess.objects.filter(resident__in=mine).select_related("office", "resident")
    ordered = accesses.order_by("-number") if len(mine) == 1 else accesses.order_by("-at", "-pk")
    shown = Paginator(ordered, ACCESSES_PER_PAGE).get_page(request.GET.get("page"))
    asked = AccessQuestion.objects.filter(
        resident__in=mine, access_number__in=[access.number for access in shown]
    )
    questions = {(one.resident_id, one.access_number): one for one in asked}
    by_day = groupby(shown, key=lambda access: timezone.localdate(access.at))
    context = {
        "resident": resident,
        "page": shown,
        "days": [
            (day, [(one, questions.get((one.resident_id, one.number))) for one in accesses])
            for day, accesses in by_day
        ],
    }
    return page(request, "tasks/access_log.html", context)


@for_residents
def ask_access(request, resident, number):
    """Ask an office why it looked; a question that was asked stands, with its answer.

    Also at a record that has been merged into the resident's: `record` is its public id.
    """
    whose = looked_at(resident, request.GET.get("record", ""))
    access = get_object_or_404(whose.accesses.select_related("office"), number=number)
    wrong, text = "", request.POST.get("text", "")
    if request.method == "POST":
        try:
            ask_about_access(resident=whose, number=number, text=text, today=clock.today())
        except CannotAsk as reason:
            wrong = str(reason)
        else:
            messages.success(request, _("Your question was sent to the office."))
            return redirect("tasks:access-log")
    asked = AccessQuestion.objects.filter(resident=whose, access_number=number).first()
    context = {
        "resident": resident,
        "access": access,
        "question": asked,
        "wrong": wrong,
        "text": text,
        "opinion_about": {"refused": ["text:invalid"] if wrong else []},
    }
    return page(request, "tasks/ask_access.html", context, status=422 if wrong else 200)


def looked_at(resident: Resident, record: str) -> Resident:
    """Return the resident, or the record (a public id) that was merged into the resident's."""
    if not record:
        return resident
    try:
        return get_object_or_404(Resident.objects.merged_into(resident), uuid=UUID(record))
    except ValueError as error:
        raise Http404 from error


@for_residents
@require_safe
def settings(request, resident):
    context = {
        "resident": resident,
        "ways": ways_to(resident.pk),
        "devices": PushSubscription.objects.filter(resident=resident).order_by("pk"),
        "push_key": public_key() if is_offered() else "",
        "hours": (project.REMINDERS_FROM, project.REMINDERS_UNTIL),
    }
    return page(request, "tasks/settings.html", context)
