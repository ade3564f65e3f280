"""What a resident's home page shows: every task in one of its lists, none behind a tab."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import groupby
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from portal.database import Kept, kept_plans
from portal.residents.models import Resident
from tasks.compile import Parameter, as_text
from tasks.explain import Coming, coming_up, verdicts
from tasks.models import LIVE, Priority, Status, Task
from tasks.rules import Rule, Text, registry

AHEAD = timedelta(days=365)
RECENT = timedelta(days=30)
WARD = ["id", "uuid", "name", "born"]  # what is read of a child


class TaskRow(NamedTuple):
    """What the lists show of a task."""

    id: int
    about_id: int
    rule_id: int
    subject: str
    status: Status
    due_on: date | None
    priority: Priority
    wake_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class Item:
    """A task as a list shows it. `checked_at` is set where its facts are no longer known."""

    task: TaskRow
    rule: Rule
    about: Resident
    checked_at: datetime | None

    @property
    def title(self) -> Text:
        return self.rule.title_of(self.task.subject)

    @property
    def urgent(self) -> bool:
        return self.task.priority == Priority.URGENT


@dataclass(frozen=True)
class Person:
    """Somebody of the household, with what there is to do about them."""

    about: Resident
    items: list[Item]

    @property
    def urgent(self) -> bool:
        return any(item.urgent for item in self.items)


@dataclass(frozen=True)
class Step:
    """One dot of the set-up picture; `state` is done, reported, to-do or unknown."""

    rule: Rule
    state: str
    checked_at: datetime | None


@dataclass(frozen=True)
class Ahead:
    """A task that will open, and whom it is about."""

    coming: Coming
    about: Resident


class Inbox:
    """The lists of `resident` on `today`, a date in Japan, in a fixed number of queries."""

    def __init__(self, resident: Resident, *, today: date):
        self.resident, self.today = resident, today
        with kept_plans():
            self.people_by_id = self._people()
            people, until = self.people_by_id, today + AHEAD
            self.verdicts = verdicts(people, today=today)
            self.coming = coming_up(resident.pk, today=today, until=until, people=people)
            self.items = list(self._items())

    def _people(self) -> dict[int, Resident]:
        """The resident and every ward, also of later: what comes may be about one of those."""
        rows = _wards().rows(guardian=self.resident.pk)
        people = [self.resident, *(Resident.from_db(DEFAULT_DB_ALIAS, WARD, row) for row in rows)]
        return {who.pk: who for who in sorted(people, key=lambda who: (who.born, who.pk))}

    def _items(self) -> Iterable[Item]:
        rows = _tasks().rows(resident=self.resident.pk, since=self.today - RECENT)
        tasks = [TaskRow(*row) for row in rows]
        people = self._also_former({task.about_id for task in tasks})
        for task in tasks:
            rule = registry.by_id(task.rule_id)
            if rule is None:  # a rule that this version no longer has
                continue
            verdict = self.verdicts.get((rule.key, task.about_id))
            unknown = task.status in LIVE and verdict and verdict.value is None
            yield Item(task, rule, people[task.about_id], verdict.checked_at if unknown else None)

    def _also_former(self, ids: set[int]) -> dict[int, Resident]:
        """Return `people_by_id`, and whoever else is among `ids`: a guardianship taken back."""
        former = ids - self.people_by_id.keys()
        return self.people_by_id | (Resident.objects.in_bulk(former) if former else {})

    def _with(self, *statuses: Status) -> list[Item]:
        return [item for item in self.items if item.task.status in statuses]

    @cached_property
    def do(self) -> list[Item]:
        rules = ((item, item.rule) for item in self._with(Status.OPEN))
        return [item for item, rule in rules if not (rule.information or rule.waiting)]

    @cached_property
    def know(self) -> list[Item]:
        return [item for item in self._with(Status.OPEN) if item.rule.information]

    @cached_property
    def waiting(self) -> list[Item]:
        """What the resident has done and nobody has confirmed, then what the office has."""
        with_office = [item for item in self._with(Status.OPEN) if item.rule.waiting]
        return self._with(Status.REPORTED) + with_office

    @cached_property
    def put_off(self) -> list[Item]:
        return self._with(Status.SNOOZED, Status.DISMISSED)

    @cached_property
    def done(self) -> list[Item]:
        return self._with(Status.DONE)

    @cached_property
    def people(self) -> list[Person]:
        """What to do, by whom it is about: oneself first, unless a child's is urgent and no other.

        A stable sort keeps the order of age, and within a person the order of the list.
        """
        abouts = [self.resident.pk, *self.people_by_id, *(item.task.about_id for item in self.do)]
        by_person = {pk: [item for item in self.do if item.task.about_id == pk] for pk in abouts}
        people = [Person(items[0].about, items) for items in by_person.values() if items]
        return sorted(people, key=lambda person: not person.urgent)

    @cached_property
    def ahead(self) -> list[Ahead]:
        """What will come in the next 12 months."""
        return [Ahead(coming, self.people_by_id[coming.about_id]) for coming in self.coming]

    @property
    def months(self) -> list[tuple[date, list[Ahead]]]:
        by_month = groupby(self.ahead, key=lambda one: one.coming.opens_on.replace(day=1))
        return [(month, list(entries)) for month, entries in by_month]

    @cached_property
    def steps(self) -> list[Step]:
        """The set-up picture, empty once every step is settled.

        Putting a task away for now settles it too. A step about which nothing was ever reported
        does not concern this person: nobody without a card is asked to renew one.
        """
        own = [item for item in self.items if item.task.about_id == self.resident.pk]
        put_away = {item.rule.key for item in own if item.task.status == Status.DISMISSED}
        reported = {item.rule.key for item in own if item.task.status == Status.REPORTED}
        steps = []
        for rule in registry.values():
            verdict = self.verdicts.get((rule.key, self.resident.pk))
            if not rule.setup or verdict is None:
                continue
            if verdict.value is False or rule.key in put_away:
                state = "done"
            elif rule.key in reported:
                state = "reported"
            else:
                state = "to-do" if verdict.value else "unknown"
            steps.append(Step(rule, state, verdict.checked_at))
        return steps if any(step.state != "done" for step in steps) else []

    @property
    def steps_done(self) -> int:
        return sum(step.state == "done" for step in self.steps)


# ---- read for every visit: made into SQL once, not each time
@cache
def _wards() -> Kept:
    wards = Resident.objects.filter(guardianships__guardian=Parameter("guardian", "bigint"))
    return Kept(as_text(wards.values(*WARD)))


@cache
def _tasks() -> Kept:
    recent = Q(status=Status.DONE, ended_on__gte=Parameter("since", "date"))
    tasks = Task.objects.filter(
        Q(status__in=LIVE) | recent, resident=Parameter("resident", "bigint")
    )
    return Kept(as_text(tasks.in_order().values(*TaskRow._fields)))
