"""The to-do that an application does: done once it is sent, open again when it is taken back.

Each in a transaction of its own, after the application's: the to-do may be about a child, and a
child is never held after its guardian. Called again, as by a reload, it changes nothing.
"""

import logging
from datetime import date

from portal.applications.definition import definition_of
from portal.applications.models import Application
from tasks import acts
from tasks.models import Status, Task
from tasks.rules import registry

log = logging.getLogger(__name__)


def report_task_done(application: Application, *, by, today: date) -> None:
    """Say that what the definition's `does_task` asks for is done; where nothing asks, nothing."""
    for task in _tasks(application).live():
        _try(acts.report_done, task, by, today)


def take_back_report(application: Application, *, by, today: date) -> None:
    """Let it be asked for again."""
    for task in _tasks(application).filter(status=Status.DONE).order_by("-pk")[:1]:
        _try(acts.take_back_report, task, by, today)


def _tasks(application: Application):
    key = definition_of(application.version.definition).does_task
    own = Task.objects.for_resident(application.resident)
    if key not in registry or not registry[key].record_report:
        return own.none()
    return own.filter(about=application.about_id, rule_id=registry[key].id)


def _try(act, task: Task, by, today: date) -> None:
    """Act on the task; one that refuses keeps its place, where the person can still act on it."""
    try:
        act(resident=task.resident, task_id=task.pk, by=by, today=today)
    except acts.Refused:
        log.info("task refused", extra={"task": task.pk})
