"""What the page of one task shows: what to do, why it is there, and what has happened to it."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from tasks.explain import Explanation, Finding, explain, source_names
from tasks.forms import SnoozeForm, ready_choices
from tasks.models import LIVE, Status, Task, TaskEvent
from tasks.offers import page_of_procedure
from tasks.reminders.promise import WOKEN_WITHIN
from tasks.reminders.record import Record
from tasks.rules import Rule, Text, registry
from tasks.words import columns_in, fill


@dataclass
class TaskPage:
    """`task` at a moment, in Japan's time; `snooze` is the form that puts it off."""

    task: Task
    at: datetime
    snooze: SnoozeForm

    @property
    def today(self) -> date:
        return self.at.date()

    @cached_property
    def rule(self) -> Rule:
        return registry.by_id(self.task.rule_id)

    @property
    def title(self) -> Text:
        return self.rule.title_of(self.task.subject)

    @property
    def live(self) -> bool:
        return self.task.status in LIVE

    @property
    def overdue(self) -> bool:
        return self.task.due_on is not None and self.task.due_on < self.today

    @cached_property
    def explanation(self) -> Explanation | None:
        """Why it is there; None where the fact it was opened from is gone."""
        found = explain(self.rule, self.task.about, today=self.today)
        return next((one for one in found if one.subject == self.task.subject and one.row), None)

    @property
    def what(self) -> str:
        return self._filled((self.overdue and self.rule.after_due) or self.rule.what)

    @property
    def where(self) -> str:
        return self._filled(self.rule.where)

    @property
    def bring(self) -> str:
        return self._filled(self.rule.bring)

    @property
    def cost(self) -> str:
        return self._filled(self.rule.cost)

    @property
    def if_not(self) -> str:
        return "" if self.overdue and self.rule.after_due else self._filled(self.rule.if_not)

    @property
    def start_address(self) -> str:
        return self.rule.start.address(self.task) if self.rule.start else ""

    @cached_property
    def apply_at(self) -> str:
        """The page on which the resident's own municipality takes the application, or ""."""
        if not (self.live and self.rule.procedure):
            return ""
        return page_of_procedure(self.task.resident.municipality_id, self.rule.procedure)

    @property
    def by_word(self) -> bool:
        """Whether the resident's word ends it, and no source confirms it."""
        return self.rule.record_report is not None

    @property
    def taken_back_at(self) -> str:
        given = self.rule.taken_back_at and self.task.status == Status.DONE
        return self.rule.taken_back_at(self.task) if given else ""

    def _filled(self, text) -> str:
        """Return a sentence of the rule's; one that names facts only where there are any."""
        if self.explanation:
            return fill(text, self.explanation.row)
        return "" if columns_in(text) else str(text)

    @property
    def unknown(self) -> Finding | None:
        """What decides and is not known at the moment."""
        unknown = self.explanation and self.explanation.verdict is None
        return self.explanation.deciding if unknown else None

    @cached_property
    def sources(self) -> dict[str, str]:
        return source_names([self.explanation]) if self.explanation else {}

    @cached_property
    def events(self) -> list[TaskEvent]:
        return list(TaskEvent.objects.of(self.task).order_by("at", "pk"))

    @cached_property
    def record(self) -> Record:
        """The reminders that came of it, and the next."""
        since = self.today - WOKEN_WITHIN
        woken = [
            event.day
            for event in self.events
            if event.what == TaskEvent.What.WOKEN and since < event.day <= self.today
        ]
        return Record(self.task, self.at, max(woken, default=None))

    @cached_property
    def others(self) -> list[TaskEvent]:
        """What the other guardians reported of the same task of theirs: that it is done."""
        if not self.live:
            return []
        theirs = Task.objects.filter(
            about=self.task.about_id,
            rule=self.task.rule_id,
            subject=self.task.subject,
            status=Status.REPORTED,
        ).exclude(resident=self.task.resident_id)
        return [
            TaskEvent.objects.of(one).filter(what="reported").latest("at", "pk") for one in theirs
        ]

    @property
    def can_snooze(self) -> bool:
        return self.task.due_on is None or self.task.due_on > self.today

    @property
    def choices(self) -> list[tuple[int, date]]:
        return ready_choices(today=self.today, due_on=self.task.due_on)
