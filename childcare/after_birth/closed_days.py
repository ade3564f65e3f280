"""On which days the offices of a municipality are closed, and when they open again.

Saturdays, Sundays, the national holidays with their substitutes, and 29 December to 3 January
(what the Act on Holidays of Administrative Organs says of the State's offices, and by-laws of
nearly all municipalities of theirs). A municipality may open or close on other days: confirm.
"""

from datetime import date, timedelta

import jpholiday

SATURDAY = 5
TURN_OF_THE_YEAR = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}  # month, day


def is_closed(day: date) -> bool:
    return (
        day.weekday() >= SATURDAY
        or (day.month, day.day) in TURN_OF_THE_YEAR
        or jpholiday.is_holiday(day)
    )


def next_opening_day(day: date) -> date:
    """Return `day`, or the first day after it on which the offices are open."""
    while is_closed(day):
        day += timedelta(days=1)
    return day
