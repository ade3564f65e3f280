"""Made-up people on a rule's page: what the rule says of them, asked as of everybody.

The room that owns the facts makes up what is reported of people who do not exist. In a transaction
that is always taken back, the reports become facts as a source's would, and the rule is asked. So
an example cannot say something else than the rule does, and nobody but this page ever meets it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.residents.models import FactReport, Municipality, Resident, Source
from tasks.explain import Explanation, explain
from tasks.models import Status
from tasks.rules import Rule

GROWN_UP = date(1985, 4, 1)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a source says of a made-up person, `days_ago` days before the day that is asked."""

    kind: str
    value: Mapping
    key: str = ""
    days_ago: int = 1


@dataclass(frozen=True, kw_only=True)
class Example:
    """A made-up person. `said` tells in a sentence what is reported; `columns` are the person's.

    Of several occurrences the one named `subject` is shown.
    """

    said: str | Promise
    reports: Sequence[Report] = ()
    columns: Mapping = field(default_factory=dict)
    subject: str = ""


@dataclass(frozen=True)
class Examples:
    """The made-up people of a rule on a day, and what makes facts of their reports (ids).

    `plan` makes of these what is a fact of that day only (ids, day).
    """

    people: Callable[[date], Sequence[Example]]
    settle: Callable[[Iterable[int]], object]
    plan: Callable[[Iterable[int], date], object] = lambda ids, today: None


class Outcome(models.TextChoices):
    """How a rule comes out for somebody, in one word."""

    OPEN = "open", _("Open")
    NOT_YET = "not-yet", _("Not yet")
    ENDED = "ended", _("Ended")
    UNKNOWN = "unknown", _("Unknown")
    DOES_NOT_APPLY = "does-not-apply", _("Does not apply")


def outcome(explanation: Explanation, *, today: date) -> Outcome:
    """Say it by the condition that decides, and by what its turning false makes of a task."""
    if explanation.verdict:
        return Outcome.OPEN
    if explanation.verdict is None:
        return Outcome.UNKNOWN
    ends = {c.name: c.ends for c in explanation.rule.conditions}
    if ends.get(explanation.deciding.name, Status.WITHDRAWN) != Status.WITHDRAWN:
        return Outcome.ENDED
    opens_on = explanation.opens_on
    if explanation.deciding.name in ends and opens_on and opens_on > today:
        return Outcome.NOT_YET
    return Outcome.DOES_NOT_APPLY


def explained(rule: Rule, *, today: date) -> list[tuple[Example, Explanation]]:
    """Ask a rule about its made-up people; [] where it has none. Nothing stays in the database."""
    if rule.examples is None:
        return []
    examples = rule.examples.people(today)
    with transaction.atomic():
        people = _enter(examples, today)
        ids = [person.pk for person in people]
        rule.examples.settle(ids)
        rule.examples.plan(ids, today)
        found = [
            (example, _of_subject(explain(rule, person, today=today), example.subject))
            for example, person in zip(examples, people, strict=True)
        ]
        transaction.set_rollback(True)
    return found


def _of_subject(explanations, subject: str) -> Explanation:
    return next((one for one in explanations if one.subject == subject), explanations[0])


def _enter(examples: Sequence[Example], today: date) -> list[Resident]:
    """Put the people and what is reported of them into the database.

    Their ids are below zero: nobody else has such, and none is taken from those who come.
    """
    yesterday = _noon(today, days_ago=1)
    municipality = Municipality.objects.first()
    source = Source.objects.create(key="made-up", name="見本", name_en="made up")
    people = Resident.objects.bulk_create(
        Resident(
            pk=-number,
            **{
                "ref": f"made-up-{number}",
                "municipality": municipality,
                "born": GROWN_UP,
                "acts_from": GROWN_UP,
                "source": source,
                "checked_at": yesterday,
                "stale_on": today + timedelta(source.fresh_for - 1),
                **example.columns,
            },
        )
        for number, example in enumerate(examples, start=1)
    )
    FactReport.objects.bulk_create(
        FactReport(
            resident=person,
            kind=report.kind,
            key=report.key,
            source=source,
            checked_at=_noon(today, days_ago=report.days_ago),
            value=report.value,
        )
        for example, person in zip(examples, people, strict=True)
        for report in example.reports
    )
    return people


def _noon(today: date, *, days_ago: int) -> datetime:
    noon = datetime.combine(today - timedelta(days_ago), time(12))
    return timezone.make_aware(noon)
