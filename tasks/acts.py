"""What a resident does with a task: put it off, report it done, leave it for now, take it back.

Each act may come twice, or fifty times at once, and has one effect: the first changes the task,
the others find it changed. Raises Task.DoesNotExist where the task is not the resident's, and
Refused with a sentence for the page where the act is not possible.
"""

from datetime import date, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from tasks.models import ENDED, Status, Task, TaskEvent
from tasks.reconcile import keep_loads_out, lock_people, reconcile_people
from tasks.rules import registry
from tasks.words import day

LONGEST_SNOOZE = timedelta(days=365)


class Refused(ValueError):
    """The act is not possible; the text says why, and what is, in the reader's language."""


def snooze(*, resident, task_id: int, until: date, by, today: date) -> Task:
    """Put the task off until a later date, the due date at the latest."""

    def put_off(task):
        _refuse_if_with_office(task)
        if until <= today:
            raise Refused(_("Choose a date after today, %(today)s.") % {"today": day(today)})
        if task.due_on and task.due_on <= today:
            raise Refused(_("The due date has come, so this can no longer be put off."))
        if task.due_on and until > task.due_on:
            raise Refused(
                _("Choose a date no later than the due date, %(due)s.") % {"due": day(task.due_on)}
            )
        if until > today + LONGEST_SNOOZE:
            latest = day(today + LONGEST_SNOOZE)
            raise Refused(_("Choose a date within a year, by %(latest)s.") % {"latest": latest})
        return Status.SNOOZED, until

    return _act(resident, task_id, by, today, put_off)


def report_done(*, resident, task_id: int, by, today: date) -> Task:
    """Note that the resident says it is done; it waits for the source to confirm.

    Where no source will, what is said becomes a fact by `Rule.record_report`, and the task ends at
    once as the rule says. That function may raise Refused. It is called again only for a task that
    is open again.
    """
    rule = registry.by_id(_own(resident).values_list("rule", flat=True).get(pk=task_id))
    wake_on = today + timedelta(days=rule.confirm_within)
    if rule.record_report:
        return _record_done(resident, task_id, by, today, rule.record_report, wake_on)

    def report(task):
        _refuse_if_with_office(task)
        if rule.done_there:
            raise Refused(_("This is done on its own page. Begin there."))
        return Status.REPORTED, task.wake_on if task.status == Status.REPORTED else wake_on

    return _act(resident, task_id, by, today, report)


def _record_done(resident, task_id, by, today, record_report, wake_on) -> Task:
    with transaction.atomic():
        task = _hold(resident, task_id, facts=True)
        if task.status in (Status.DONE, Status.REPORTED):
            return task
        _refuse_if_ended(task)
        _refuse_unless_it_starts_from(task, Status.REPORTED)
        record_report(task=task, by=by, today=today)
        TaskEvent.objects.create(
            resident=resident,
            task=task,
            what=TaskEvent.What.REPORTED,
            by=by,
            at=Now(),  # as the ending's, which it comes before
            day=today,
        )
        reconcile_people([task.about_id], today=today)
        # While a new version of the rule waits to be released, nothing ends its tasks.
        _own(resident).live().filter(pk=task.pk).update(status=Status.REPORTED, wake_on=wake_on)
        return _own(resident).get(pk=task.pk)


def take_back_report(*, resident, task_id: int, by, today: date) -> None:
    """Take back what was reported of a task, and by it is done; the rule then asks for it again.

    Raises Refused where the rule cannot take it back.
    """
    task = _own(resident).get(pk=task_id)
    take_back = registry.by_id(task.rule_id).take_back_report
    if take_back is None:
        raise Refused(_("This cannot be taken back here."))
    take_back(task=task, by=by, today=today)


def dismiss(*, resident, task_id: int, by, today: date) -> Task:
    """Put the task away, where not doing it is lawful."""

    def put_away(task):
        if not registry.by_id(task.rule_id).may_be_dismissed:
            raise Refused(_("This cannot be put away. You can be reminded later."))
        return Status.DISMISSED, None

    return _act(resident, task_id, by, today, put_away)


def undo(*, resident, task_id: int, by, today: date) -> Task:
    """Take back whichever of the three was done: the task is open again."""
    return _act(resident, task_id, by, today, lambda task: (Status.OPEN, None))


# From which states an act may start; a repeated act finds its own state and changes nothing.
STARTS_FROM = {
    Status.SNOOZED: {Status.OPEN, Status.SNOOZED},
    Status.REPORTED: {Status.OPEN, Status.SNOOZED, Status.REPORTED},
    Status.DISMISSED: {Status.OPEN, Status.SNOOZED, Status.DISMISSED},
    Status.OPEN: {Status.OPEN, Status.SNOOZED, Status.REPORTED, Status.DISMISSED},
}
NOTED_AS = {
    Status.SNOOZED: TaskEvent.What.SNOOZED,
    Status.REPORTED: TaskEvent.What.REPORTED,
    Status.DISMISSED: TaskEvent.What.DISMISSED,
    Status.OPEN: TaskEvent.What.UNDONE,
}


def _act(resident, task_id, by, today, decide) -> Task:
    with transaction.atomic():
        task = _hold(resident, task_id)
        _refuse_if_ended(task)
        status, wake_on = decide(task)
        _refuse_unless_it_starts_from(task, status)
        if (task.status, task.wake_on) != (status, wake_on):
            _own(resident).filter(pk=task.pk).update(status=status, wake_on=wake_on)
            TaskEvent.objects.create(
                resident=resident,
                task=task,
                what=NOTED_AS[status],
                by=by,
                day=today,
                until=wake_on,
            )
            reconcile_people([task.about_id], today=today)
            task = _own(resident).get(pk=task_id)
        return task


def _own(resident):
    return Task.objects.for_resident(resident)


def _hold(resident, task_id, *, facts: bool = False) -> Task:
    """Hold the person whom the task is about alone, and return the task; `facts` are held too."""
    about = _own(resident).values_list("about", flat=True).get(pk=task_id)
    if facts:
        keep_loads_out([about])
    # The same lock as the reconciliation's, and before any row's: never the other way round.
    lock_people([about])
    return _own(resident).select_for_update().get(pk=task_id)


def _refuse_if_ended(task) -> None:
    if task.status in ENDED:
        raise Refused(_("This has ended in the meantime. There is nothing left to do."))


def _refuse_if_with_office(task) -> None:
    if registry.by_id(task.rule_id).waiting:
        raise Refused(_("The office has this. There is nothing for you to do now."))


def _refuse_unless_it_starts_from(task, status) -> None:
    if task.status not in STARTS_FROM[status]:
        raise Refused(_("Take back what you did before, then choose again."))
