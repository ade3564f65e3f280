"""Facts that the portal derives from other facts, up to date before the rules are asked.

A room registers how in its `task_rules`, as it does its rules. The night does it range by range;
at an event the room does it itself, before it has the person reconciled.
"""

from collections.abc import Callable
from datetime import date

from django.db import transaction

from tasks.reconcile import hold_range

refreshes: list[Callable] = []


def register_derived(refresh: Callable[..., None]) -> Callable[..., None]:
    """Have `refresh(low=…, high=…, today=…)` called before the rules are asked about these people.

    The people are those with ids from `low` up to but without `high`. It is called in a transaction
    that holds them alone, against other loads and reconciliations.
    """
    refreshes.append(refresh)
    return refresh


def refresh_range(*, low: int, high: int, today: date) -> None:
    """Bring what is derived about a range of people up to date; nothing where nothing is."""
    if not refreshes:
        return
    with transaction.atomic():
        hold_range(low, high)
        for refresh in refreshes:
            refresh(low=low, high=high, today=today)
