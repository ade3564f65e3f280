"""What the nights did, day by day, from the rows of their ranges."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from portal import clock
from portal.database import run
from tasks.models import Sweep, SweepRange
from tasks.reconcile import Reconciled


@dataclass(frozen=True)
class NightOf:
    """What the runs of one day's night did together. Without a run, the night did not happen.

    `by_rule` is None where a range was done before counts by rule were kept.
    """

    day: date
    runs: list[Sweep] = field(default_factory=list)
    done: Reconciled = field(default_factory=Reconciled)
    ranges: int = 0
    ranges_done: int = 0
    by_rule: Mapping[int, Reconciled] | None = None

    @property
    def finished(self) -> bool:
        return all(one.finished_at for one in self.runs)

    @property
    def seconds(self) -> float | None:
        """From a run's start to its end, of all runs together; None where one has not ended."""
        if not self.runs or not self.finished:
            return None
        spent = (one.finished_at - one.started_at for one in self.runs)
        return round(sum(spent, timedelta()).total_seconds(), 1)

    def of_rule(self, rule_id: int) -> Reconciled | None:
        return None if self.by_rule is None else self.by_rule.get(rule_id, Reconciled())


def nights(*, since: date, until: date) -> list[NightOf]:
    """Return the nights of the days that `starts_by_day` has, the oldest first: four statements."""
    runs = starts_by_day(Sweep, since=since, until=until, due_at=settings.NIGHT_STARTS_AT)
    sums = _sums(sweep__day__range=(since, until))
    by_rule = _by_rule("night.day BETWEEN %(since)s AND %(until)s", since=since, until=until)
    return [_night(day, started, sums.get(day), by_rule[day]) for day, started in runs.items()]


def starts_by_day(model, *, since: date, until: date, due_at: time) -> dict[date, list]:
    """Return what was started on each day from `since` to `until`, the oldest first.

    `model` is of nights or of rounds of reminders: its rows have a day and a run. A day on which
    none was started has an empty list. Days before the first of all are left out, and today
    while none is started and `due_at` has not come. Takes two statements.
    """
    first = model.objects.aggregate(first=Min("day"))["first"]
    if first is None:
        return {}
    starts = defaultdict(list)
    for one in model.objects.filter(day__range=(since, until)).order_by("run"):
        starts[one.day].append(one)
    now = clock.localtime()
    if until == now.date() and until not in starts and now.time() < due_at:
        until -= timedelta(days=1)
    since = max(since, first)
    days = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return {day: starts[day] for day in days}


def of_run(night: Sweep) -> NightOf:
    """Return what one run alone did so far."""
    by_rule = _by_rule("night.id = %(run)s", run=night.pk)
    return _night(night.day, [night], _sums(sweep=night).get(night.day), by_rule[night.day])


def _night(day, runs, sums, by_rule) -> NightOf:
    if sums is None:  # nobody was there to do it for, or it did not run
        return NightOf(day, runs, by_rule={})
    return NightOf(
        day,
        runs,
        done=Reconciled(sums["opened"], sums["updated"], sums["closed"]),
        ranges=sums["ranges"],
        ranges_done=sums["done"],
        by_rule=by_rule if sums["done"] == sums["counted"] else None,
    )


def _sums(**of_ranges) -> dict[date, dict]:
    rows = SweepRange.objects.filter(**of_ranges).order_by().values("sweep__day")
    rows = rows.annotate(
        opened=Sum("opened"),
        updated=Sum("updated"),
        closed=Sum("closed"),
        ranges=Count("pk"),
        done=Count("pk", filter=Q(finished_at__isnull=False)),
        counted=Count("by_rule"),
    )
    return {row.pop("sweep__day"): row for row in rows}


def _by_rule(where: str, **params) -> dict[date, dict[int, Reconciled]]:
    """Return {day: {rule: what was done}}, of rules alone that had something to do."""
    rows = run(
        f"""
        SELECT night.day, told.key::int, sum((told.value->>0)::int), sum((told.value->>1)::int),
            sum((told.value->>2)::int)
        FROM {Sweep._meta.db_table} night
        JOIN {SweepRange._meta.db_table} part ON part.sweep_id = night.id
        CROSS JOIN LATERAL jsonb_each(part.by_rule) told
        WHERE {where}
        GROUP BY night.day, told.key""",
        params,
    )
    found = defaultdict(dict)
    for day, rule_id, *counts in rows:
        found[day][rule_id] = Reconciled(*map(int, counts))
    return found
