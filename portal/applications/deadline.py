"""By when to apply, counted for one person where what it is counted from is known."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from portal.applications.definition import Deadline
from portal.residents.models import Resident
from tasks.words import day


def last_day(deadline: Deadline | None, *, resident: Resident, about: Resident) -> date | None:
    """Return the last day, or None where there is none or it cannot be counted.

    The day after the event is the first of `deadline.days`. Whether the office is open on the last
    day is not looked at: the page says to confirm it.
    """
    if deadline is None:
        return None
    if deadline.on:
        return date.fromisoformat(deadline.on)
    if deadline.after is None:  # only its words: what it is counted from is not known here
        return None
    event = {"born": about.born, "moved": resident.identity_changed_on}[deadline.after]
    return event + timedelta(days=deadline.days) if event else None


def closed_since(
    deadline: Deadline | None, *, resident: Resident, about: Resident, today: date
) -> date | None:
    """Return the last day where it has passed and nothing is taken afterwards, else None."""
    last = last_day(deadline, resident=resident, about=about)
    return last if last and last < today and deadline.late == "stop" else None


def why_closed(last: date) -> str:
    """Say, before somebody fills it in, that it is too late, and what next."""
    return _("The last day for this was %(day)s. Ask your municipality what to do.") % {
        "day": day(last)
    }
