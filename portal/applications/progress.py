"""How an application stands, as a time-line: what happened, what is happening, what comes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.applications.called import in_language
from portal.applications.definition import Definition
from portal.applications.models import (
    Application,
    ApplicationEvent,
    State,
    Turn,
    UsualDuration,
)
from portal.applications.usual import FEWEST_CASES


@dataclass(frozen=True)
class Line:
    """One line of the time-line; `at` of what happened, `usual` of what is on or comes."""

    name: str
    status: str  # done, now or next
    at: datetime | None = None
    note: str = ""
    usual: str = ""


@dataclass(frozen=True)
class Progress:
    lines: list[Line]
    slower: bool
    usual: str
    whole: str


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


def durations_of(application: Application) -> dict[str, UsualDuration]:
    """Return the municipality's own durations of the procedure, by step."""
    counted = UsualDuration.objects.filter(
        municipality=application.municipality_id, procedure_key=application.procedure_key
    )
    return {one.step: one for one in counted}


def usual_words(duration: UsualDuration | None, defined: tuple[int, int] | None) -> str:
    """Say how long a step usually takes, and from what that is known; "" where nobody can say."""
    if duration and duration.cases >= FEWEST_CASES:
        return _(
            "usually takes %(median)d to %(ninetieth)d days (from %(cases)d cases of this "
            "municipality)"
        ) % {
            "median": duration.median_days,
            "ninetieth": duration.ninetieth_days,
            "cases": duration.cases,
        }
    if defined:
        return _(
            "about %(least)d to %(most)d days (an estimate: too few finished cases to say)"
        ) % {"least": defined[0], "most": defined[1]}
    return ""


def progress_of(
    application: Application,
    definition: Definition,
    events: Iterable[ApplicationEvent],
    durations: dict[str, UsualDuration],
    *,
    today: date,
) -> Progress:
    """Return the time-line; `events` are the changes of state, the oldest first."""
    changes = [one for one in events if one.what == ApplicationEvent.What.STATE]
    lines = [_happened(before, one) for before, one in zip([None, *changes], changes, strict=False)]
    present = definition.step(application.step)
    on = ""
    if lines and application.turn != Turn.NOBODY:
        on = _usual_of(application.step, durations, definition)
        last = lines[-1]
        lines[-1] = Line(last.name, "now", at=last.at, note=last.note, usual=on)
        lines += [
            Line(in_language(step.name), "next", usual=_usual_of(step.key, durations, definition))
            for step in _to_come(definition, present, application.state)
        ]
    return Progress(
        lines=lines,
        slower=is_slower(application, today),
        usual=on,
        whole=usual_words(durations.get(""), None),
    )


def is_slower(application: Application, today: date) -> bool:
    """Tell whether the office takes longer than usual: past the 90th percentile."""
    until = application.usual_until
    return application.turn in (Turn.OFFICE, Turn.OTHER) and until is not None and until < today


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


def _to_come(definition: Definition, present, state) -> list:
    """Return the steps after the present one; somebody else's only where it goes there for sure."""
    keys = [step.key for step in definition.steps]
    later = definition.steps[keys.index(present.key) + 1 :] if present else definition.steps
    return [step for step in later if step.state != state]
