"""The fewest visits in which the next doses can be had, each inside its window. Pure.

Everything may be given on one day. Two injected live vaccines come on the same day or far enough
apart (27 full days). Of alternatives, such as the two rotavirus products, one is enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from operator import attrgetter
from typing import NamedTuple

from childcare.forecast import Dose
from childcare.schedule import the_schedule


@dataclass(frozen=True, slots=True)
class Visit:
    """Any day from `on_from` to `on_until` will do, whatever day the other visits take."""

    on_from: date
    on_until: date
    doses: tuple[Dose, ...]


class Window(NamedTuple):
    """The days, both included, between which one dose should be had."""

    first: date
    last: date
    dose: Dose

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def plan(doses: Iterable[Dose], *, today: date) -> list[Visit]:
    """Return the fewest visits that give each dose once, in the order of their days.

    A dose is put into its recommended period where that has not passed, else into the free period;
    where injected live vaccines would come too close, theirs is widened to the free period, then
    everybody's. A dose that another one of the plan contains is left out, and so is one whose free
    period has passed or in which the live vaccines leave no day; nothing is planned before `today`.
    """
    possible = [dose for dose in doses if dose.legal_until >= max(dose.earliest, today)]
    coming = {dose.vaccine for dose in possible}
    groups: dict[tuple[str, int], list[Dose]] = {}
    for dose in possible:
        if dose.covered_by not in coming:
            groups.setdefault((dose.series, dose.dose), []).append(dose)
    plans = [_plan(choice, today) for choice in product(*groups.values())]
    _rank, visits = min(plans, key=lambda found: found[0])
    alternatives = [dose for group in groups.values() if len(group) > 1 for dose in group]
    return [_with_alternatives(visit, alternatives) for visit in visits]


def _plan(doses: Sequence[Dose], today: date) -> tuple[tuple[int, int, int], list[Visit]]:
    """Return the visits with their rank; the lower, the better."""
    interval = the_schedule().on(today).live_interval
    apart = timedelta(days=interval.days + 1 if interval else 0)
    left_out = 0
    while True:
        for widened, is_free in enumerate(
            (lambda dose: False, attrgetter("live_injected"), lambda dose: True)
        ):
            windows = [window(dose, today, free=is_free(dose)) for dose in doses]
            days = _fewest_days(windows, apart)
            if days is not None:
                visits = _visits(windows, *days, apart)
                return (left_out, widened, len(visits)), visits
        live = [dose for dose in doses if dose.live_injected]
        last = max(live, key=attrgetter("earliest", "legal_until"))
        doses = [dose for dose in doses if dose is not last]
        left_out += 1


def window(dose: Dose, today: date, *, free: bool = False) -> Window:
    """Return the rest of the recommended period, or of the free one if that is asked or none."""
    if dose.recommended_from and not free:
        first = max(dose.recommended_from, today)
        last = dose.recommended_until or dose.legal_until
        if first <= last:
            return Window(first, last, dose)
    return Window(max(dose.earliest, today), dose.legal_until, dose)


def _fewest_days(
    windows: Sequence[Window], apart: timedelta
) -> tuple[list[date], list[date]] | None:
    """Return days of live vaccines and further days that reach every window; None if none do.

    Each visit can be moved later until a window ends or the next live visit stands in the way, so
    only the ends of windows, less some times the distance, need be tried. The live vaccine that
    must come first is in the first of these visits: an earlier one without it could wait for it.
    """
    live = [window for window in windows if window.dose.live_injected]
    rest = [window for window in windows if not window.dose.live_injected]
    ends = sorted(
        {window.last - apart * times for window in windows for times in range(max(1, len(live)))}
    )
    fewest = len(_stab(windows))
    best: tuple[list[date], list[date]] | None = None

    def search(waiting: list[Window], days: list[date]) -> None:
        nonlocal best
        if best and sum(map(len, best)) <= max(fewest, len(days) + bool(waiting)):
            return
        if not waiting:
            further = _stab([each for each in rest if not any(map(each.holds, days))])
            if best is None or len(days) + len(further) < sum(map(len, best)):
                best = (days, further)
            return
        urgent = min(waiting, key=attrgetter("last"))
        for day in ends:
            if urgent.holds(day) and (not days or day >= days[-1] + apart):
                search([each for each in waiting if not each.holds(day)], [*days, day])

    search(live, [])
    return best


def _stab(windows: Iterable[Window]) -> list[date]:
    """Return the fewest days such that each window has one."""
    days: list[date] = []
    for each in sorted(windows, key=attrgetter("last")):
        if not days or days[-1] < each.first:
            days.append(each.last)
    return days


def _visits(
    windows: Sequence[Window], live_days: list[date], further: list[date], apart: timedelta
) -> list[Visit]:
    """Return a visit for each day, widened to all days on which its doses can be had."""
    taken: dict[date, list[Window]] = {day: [] for day in sorted({*live_days, *further})}
    for each in windows:
        days = live_days if each.dose.live_injected else taken
        taken[next(day for day in days if each.holds(day))].append(each)
    visits: list[Visit] = []
    live: Visit | None = None
    for day, together in taken.items():
        if not together:
            continue
        visit = Visit(
            max(each.first for each in together),
            min(each.last for each in together),
            tuple(each.dose for each in together),
        )
        if day in live_days:
            if live is not None:
                visit = replace(visit, on_from=max(visit.on_from, live.on_from + apart))
                place = visits.index(live)
                until = min(live.on_until, visit.on_from - apart)
                visits[place] = replace(live, on_until=until)
            live = visit
        visits.append(visit)
    return sorted(visits, key=attrgetter("on_from", "on_until"))


def _with_alternatives(visit: Visit, alternatives: Iterable[Dose]) -> Visit:
    """Add to a visit with one of several products those others that its days suit as well."""
    planned = {(dose.series, dose.dose) for dose in visit.doses}
    others = [
        dose
        for dose in alternatives
        if (dose.series, dose.dose) in planned
        and dose not in visit.doses
        and dose.earliest <= visit.on_from
        and visit.on_until <= dose.legal_until
    ]
    return replace(visit, doses=(*visit.doses, *others)) if others else visit
