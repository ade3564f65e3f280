"""Which state follows which, by whom, and whose turn it then is: the one place that says so."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.applications.models import State, Turn

RESIDENT, OFFICE = "resident", "office"

TURN = {
    State.DRAFT: Turn.YOU,
    State.RECEIVED: Turn.OFFICE,
    State.UNDER_REVIEW: Turn.OFFICE,
    State.CORRECTION: Turn.YOU,
    State.WITH_OTHERS: Turn.OTHER,
    State.GRANTED: Turn.OFFICE,  # until what was granted has been carried out
    State.REFUSED: Turn.NOBODY,
    State.COMPLETED: Turn.NOBODY,
    State.WITHDRAWN: Turn.NOBODY,
}

CHANGES = {
    (State.DRAFT, State.RECEIVED): RESIDENT,
    (State.DRAFT, State.WITHDRAWN): RESIDENT,
    (State.RECEIVED, State.UNDER_REVIEW): OFFICE,
    (State.RECEIVED, State.WITHDRAWN): RESIDENT,
    (State.UNDER_REVIEW, State.CORRECTION): OFFICE,
    (State.UNDER_REVIEW, State.WITH_OTHERS): OFFICE,
    (State.UNDER_REVIEW, State.GRANTED): OFFICE,
    (State.UNDER_REVIEW, State.REFUSED): OFFICE,
    (State.UNDER_REVIEW, State.WITHDRAWN): RESIDENT,
    (State.CORRECTION, State.UNDER_REVIEW): RESIDENT,
    (State.CORRECTION, State.REFUSED): OFFICE,  # nobody answered
    (State.CORRECTION, State.WITHDRAWN): RESIDENT,
    (State.WITH_OTHERS, State.UNDER_REVIEW): OFFICE,
    (State.WITH_OTHERS, State.WITHDRAWN): RESIDENT,
    (State.GRANTED, State.COMPLETED): OFFICE,
}


class CannotChange(ValueError):
    """The application is in a state that this does not follow; the text says what stands now."""


@dataclass(frozen=True)
class Change:
    state: State
    turn: Turn


def change(before: str, after: str, *, side: str) -> Change:
    """Return what stands after the change. Raises CannotChange with a sentence for the page."""
    if CHANGES.get((State(before), State(after))) != side:
        raise CannotChange(
            _(
                "This application is “%(before)s” now, so it cannot become “%(after)s”. Somebody "
                "may have changed it in the meantime: look at it again."
            )
            % {"before": State(before).label, "after": State(after).label}
        )
    return Change(State(after), TURN[State(after)])
