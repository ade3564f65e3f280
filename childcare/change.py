"""A change that a person makes, and all that follows from it for children, at once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction

from childcare.checkups.calendars import children_of
from childcare.models import CheckupCalendar
from childcare.plan import replan
from portal import clock
from tasks.reconcile import hold, reconcile_people

AT_ONCE = 2000  # children whom a changed calendar reaches within the clerk's click, about a second


@contextmanager
def changing(child_id: int, *, today: date | None = None) -> Iterator[None]:
    """Within, write what the person said; on leaving, the plan and the tasks follow.

    One transaction, in which nobody else changes this child. `today` is a date in Japan. What is
    raised within takes everything back.
    """
    today = today or clock.today()
    with transaction.atomic():
        hold([child_id])
        yield
        replan([child_id], today=today)
        reconcile_people([child_id], today=today)


def follow_calendars(calendars: Iterable[CheckupCalendar], *, today: date) -> bool:
    """Let the children follow these calendars, as they stood before a change and stand after it.

    Return False where they are so many that they follow with the next night.
    """
    ids: set[int] = set()
    for calendar in calendars:
        ids.update(children_of(calendar, today=today).values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(ids) > AT_ONCE:
        return False
    with transaction.atomic():
        hold(ids)
        replan(ids, today=today)
        reconcile_people(ids, today=today)
    return True
