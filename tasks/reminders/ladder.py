"""On which days a task is reminded of: pure, from its rule, its dates and today.

A reminder is numbered by its *step*. With a due date: the days before it (90, 30, 7, 1). Without
one: the days since the task was opened (180, 360, ...). For a task that was put off and is open
again: a number below zero, minus the days since it was opened, so that no two steps are equal.
Of several steps that have passed only the latest counts.
"""

from datetime import date, timedelta

from tasks.rules import Rule


def latest_step(rule: Rule, *, opened_on: date, due_on: date | None, today: date) -> int | None:
    """Return the step that `today` has reached, or None before the first."""
    if rule.remind and due_on:
        left = (due_on - today).days
        return min((step for step in rule.remind if left <= step), default=None)
    if rule.remind_every:
        periods = max((today - opened_on).days // rule.remind_every, 0)
        return periods * rule.remind_every or None
    return None


def next_day(rule: Rule, *, opened_on: date, due_on: date | None, today: date) -> date | None:
    """Return the first day after `today` on which another step is reached."""
    if rule.remind and due_on:
        days = (due_on - timedelta(days=step) for step in rule.remind)
        return min((day for day in days if day > today), default=None)
    if rule.remind_every:
        periods = max((today - opened_on).days // rule.remind_every, 0)
        return opened_on + timedelta(days=(periods + 1) * rule.remind_every)
    return None


def day_of(rule: Rule, step: int, *, opened_on: date, due_on: date | None) -> date:
    """Return the day on which a step of 1 or more, or 0, is reached."""
    if rule.remind and due_on:
        return due_on - timedelta(days=step)
    return opened_on + timedelta(days=step)


def latest_step_in_sql(rule: Rule, today: str) -> str:
    """Return `latest_step` as SQL over the columns opened_on and due_on of a task."""
    every = "NULL::int"
    if rule.remind_every:
        days = rule.remind_every
        every = f"nullif(greatest(({today} - opened_on) / {days}, 0) * {days}, 0)"
    if not rule.remind:
        return every
    reached = " ".join(
        f"WHEN due_on - {today} <= {step} THEN {step}" for step in sorted(rule.remind)
    )
    return f"CASE WHEN due_on IS NULL THEN {every} {reached} END"


def day_of_in_sql(rule: Rule) -> str:
    """Return `day_of` as SQL over the columns opened_on, due_on and step."""
    since = "opened_on + step"
    return f"CASE WHEN due_on IS NULL THEN {since} ELSE due_on - step END" if rule.remind else since
