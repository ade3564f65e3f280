"""What follows for children from their records and the schedule, written by the set."""

from collections.abc import Iterable
from datetime import date


def replan(ids: Iterable[int], *, today: date) -> set[int]:
    """Work out the plans of people (ids) anew, and return those whose plan changed.

    Call it in a transaction that holds the people (tasks.reconcile.hold).
    """
    return set()


def out_of_date(ids: Iterable[int], *, today: date) -> set[int]:
    """Return those of the people (ids) whose plan is missing or was made of other facts."""
    return set()
