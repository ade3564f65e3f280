"""How an application stands, as a time-line: what happened, what is happening, what comes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.applications.called import in_language
from portal.applications.definition import Definition, Step
from portal.applications.models import (
    Application,
    ApplicationEvent,
    State,
    Turn,
    UsualDuration,
)
from portal.applications.usual import FEWEST_CASES
from portal.residents.models import FactReport
from tasks.templatetags.annai import grouped


@dataclass(frozen=True)
class Line:
    """One line of the time-line.

    `at` is when what happened began, `usual` how long what is on or comes takes, in words, and
    `until` the day after which what is on is slower than usual.
    """

    name: str
    status: str  # done, now or next
    at: datetime | None = None
    note: str = ""
    usual: str = ""
    until: date | None = None


@dataclass(frozen=True)
class Progress:
    """The time-line, and how long the present step (`usual`) and the `whole` usually take.

    `decision` is between which days it is usually decided, as long as that is to come.
    """

    lines: list[Line]
    slower: bool
    usual: str
    whole: str
    decision: tuple[date, date] | None = None


HAPPENED = {
    State.RECEIVED: gettext_lazy("Sent"),
    State.UNDER_REVIEW: gettext_lazy("The office began to check it"),
    State.CORRECTION: gettext_lazy("The office asked for a correction"),
    State.WITH_OTHERS: gettext_lazy("Passed on to somebody else"),
    State.GRANTED: gettext_lazy("Decided: granted"),
    State.REFUSED: gettext_lazy("Decided: not granted"),
    State.COMPLETED: gettext_lazy("Completed"),
    State.WITHDRAWN: gettext_lazy("Taken back"),
}
SAID = {
    (State.CORRECTION, State.UNDER_REVIEW): gettext_lazy("Sent again"),
    (State.WITH_OTHERS, State.UNDER_REVIEW): gettext_lazy("Back at the office"),
}


def durations_of(*, municipality: str, procedure: str) -> dict[str, UsualDuration]:
    """Return a municipality's own durations of a procedure (its code, its key), by step."""
    counted = UsualDuration.objects.filter(municipality=municipality, procedure_key=procedure)
    return {one.step: one for one in counted}


def usual_words(duration: UsualDuration | None, defined: tuple[int, int] | None) -> str:
    """Say how long something usually takes, and from what that is known.

    Of too few cases nothing is said but what its definition estimates, and that it is one.
    """
    if duration and duration.cases >= FEWEST_CASES:
        return ngettext(
            "Usually %(days)s day (from %(cases)s cases of this municipality)",
            "Usually %(days)s days (from %(cases)s cases of this municipality)",
            duration.ninetieth_days,
        ) % {
            "days": _range(duration.median_days, duration.ninetieth_days),
            "cases": grouped(duration.cases),
        }
    if defined:
        return ngettext(
            "About %(days)s day (an estimate: too few finished cases to say)",
            "About %(days)s days (an estimate: too few finished cases to say)",
            defined[1],
        ) % {"days": _range(*defined)}
    return ""


def _range(least: int, most: int) -> str:
    return str(most) if least == most else f"{least}–{most}"


def progress_of(
    application: Application,
    definition: Definition,
    events: Iterable[ApplicationEvent],
    durations: dict[str, UsualDuration],
    *,
    today: date,
) -> Progress:
    """Return the time-line; `events` are those of the application, the oldest first."""
    changes = [one for one in events if one.what == ApplicationEvent.What.STATE]
    lines = [_happened(before, one) for before, one in zip([None, *changes], changes, strict=False)]
    if not lines and application.state in HAPPENED:
        lines = [_happened(None, _as_it_stands(application))]
    waits = application.turn in (Turn.OFFICE, Turn.OTHER)
    on = _usual_of(application.step, durations, definition) if waits else ""
    if lines and application.turn != Turn.NOBODY:
        usual = on or (_("Too few finished cases to say how long it takes.") if waits else "")
        until = application.usual_until if waits else None
        lines[-1] = replace(lines[-1], status="now", usual=usual, until=until)
        been = {change.state for change in changes}
        lines += [
            Line(in_language(step.name), "next", usual=_usual_of(step.key, durations, definition))
            for step in _to_come(definition, application.step, been)
        ]
    return Progress(
        lines=lines,
        slower=is_slower(application, today),
        usual=on,
        whole=usual_words(durations.get(""), None),
        decision=_decision(application, durations.get(""), today),
    )


def reported_lines(application: Application, reports: Iterable[FactReport]) -> list[Line]:
    """Return what a source told of an application made elsewhere, the oldest first.

    `reports` are the resident's reports of that kind, of any application. A state told again is
    one line, since when it was first told.
    """
    own = [
        one
        for one in reports
        if one.source_id == application.source_id and one.value.get("ref") == application.ref
    ]
    lines, before = [], None
    for one in sorted(own, key=lambda one: (one.value["seq"], one.checked_at, one.pk)):
        told = ApplicationEvent(state=one.value["status"], at=one.checked_at)
        if before is None or told.state != before.state:
            lines.append(_happened(before, told))
            before = told
    if not lines:
        lines = [_happened(None, _as_it_stands(application))]
    if application.turn != Turn.NOBODY:
        lines[-1] = replace(lines[-1], status="now")
    return lines


def is_slower(application: Application, today: date) -> bool:
    """Tell whether the office takes longer than usual: past the 90th percentile."""
    until = application.usual_until
    return application.turn in (Turn.OFFICE, Turn.OTHER) and until is not None and until < today


def _decision(application, whole: UsualDuration | None, today: date) -> tuple[date, date] | None:
    waits = application.sent_at and not application.outcome and application.turn != Turn.NOBODY
    if not waits or whole is None or whole.cases < FEWEST_CASES:
        return None
    sent = timezone.localdate(application.sent_at)
    first, last = (sent + timedelta(days) for days in (whole.median_days, whole.ninetieth_days))
    return (first, last) if today <= last else None


def _happened(before: ApplicationEvent | None, event: ApplicationEvent) -> Line:
    words = SAID.get((before.state, event.state)) if before else None
    return Line(
        str(words or HAPPENED[State(event.state)]),
        "done",
        at=timezone.localtime(event.at),
        note=event.note if event.state == State.WITH_OTHERS else "",
    )


def _usual_of(step: str, durations, definition: Definition) -> str:
    known = definition.step(step)
    return usual_words(durations.get(step), known.usual_days if known else None)


def _to_come(definition: Definition, present: str, been: set[str]) -> list[Step]:
    """Return the steps after the present one, without another's that has been there already."""
    keys = [step.key for step in definition.steps]
    later = definition.steps[keys.index(present) + 1 :] if present in keys else definition.steps
    return [step for step in later if step.who != "other" or step.state not in been]


def _as_it_stands(application: Application) -> ApplicationEvent:
    return ApplicationEvent(state=application.state, at=application.state_since)
