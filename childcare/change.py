"""A change that a person makes to a child's record, and all that follows from it, at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction

from childcare.plan import replan
from portal import clock
from tasks.reconcile import hold, reconcile_people


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
