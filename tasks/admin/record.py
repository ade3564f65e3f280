"""The tasks in a resident's record: to do, to do by a guardian, ended."""

from collections import defaultdict

from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.residents.admin import person_link
from portal.residents.record import Section, names_of, sections
from tasks.models import Task, TaskEvent
from tasks.rules import registry

ENDED_SHOWN = 100


def _title(task):
    rule = registry.by_id(task.rule_id)
    return rule.title_of(task.subject) if rule else task.rule.key


def _about(task, resident):
    return "–" if task.about_id == resident.pk else person_link(task.about)


def _opened(task):
    """Say on which day the task was opened, and from whose fact of when."""
    said = [formats.date_format(task.opened_on)]
    if task.opened_source:
        said.append(task.opened_source.key)
    if task.opened_checked_at:
        said.append(formats.date_format(timezone.localdate(task.opened_checked_at)))
    return ", ".join(said)


def _events(resident):
    """Return what happened to each task (id) of a resident, in one sentence per task."""
    found = defaultdict(list)
    events = TaskEvent.objects.filter(resident=resident).select_related("by")
    for event in events.order_by("at", "pk"):
        who = event.by.email if event.by else gettext("the night or a report")
        at = formats.date_format(timezone.localtime(event.at), "SHORT_DATETIME_FORMAT")
        found[event.task_id].append(f"{at} {event.get_what_display()} ({who})")
    return {task: "; ".join(said) for task, said in found.items()}


def _tasks(resident, queryset):
    return queryset.for_resident(resident).select_related("rule", "about", "opened_source")


def live_tasks(resident):
    events = _events(resident)
    for task in _tasks(resident, Task.objects.live()).in_order():
        yield [
            _title(task),
            task.subject,
            _about(task, resident),
            task.get_status_display(),
            task.opens_on,
            task.due_on,
            task.get_priority_display(),
            task.wake_on,
            _opened(task),
            events.get(task.pk),
        ]


def ended_tasks(resident):
    events = _events(resident)
    for task in _tasks(resident, Task.objects.ended()).order_by("-ended_on", "-pk")[:ENDED_SHOWN]:
        yield [
            _title(task),
            task.subject,
            _about(task, resident),
            task.get_status_display(),
            task.due_on,
            _opened(task),
            task.ended_on,
            events.get(task.pk),
        ]


def tasks_of_others(resident):
    found = Task.objects.live().filter(about=resident).exclude(resident=resident)
    for task in found.select_related("rule", "resident").in_order():
        yield [_title(task), person_link(task.resident), task.get_status_display(), task.due_on]


sections += [
    Section(
        title=_("To do"),
        permission="tasks.view_task",
        columns=[
            *names_of(Task, "rule", "subject", "about", "status", "opens_on", "due_on"),
            *names_of(Task, "priority", "wake_on", "opened_on"),
            _("what happened"),
        ],
        rows=live_tasks,
    ),
    Section(
        title=_("To do by a guardian, about this person"),
        permission="tasks.view_task",
        columns=names_of(Task, "rule", "resident", "status", "due_on"),
        rows=tasks_of_others,
    ),
    Section(
        title=_("Ended (the newest 100)"),
        permission="tasks.view_task",
        columns=[
            *names_of(Task, "rule", "subject", "about", "status", "due_on", "opened_on"),
            *names_of(Task, "ended_on"),
            _("what happened"),
        ],
        rows=ended_tasks,
    ),
]
