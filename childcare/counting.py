"""How the law counts ages, intervals, fiscal years and school years. Pure: dates in, dates out.

Ages and intervals round in opposite directions where a month has no like day, so they share no
code: an age is reached on the month's last day, an interval ends on the first of the next month.
Dates are calendar dates in Japan; nothing here adds 30 days for a month.
"""

from calendar import monthrange
from datetime import date, timedelta

DAY = timedelta(days=1)


def reach(born: date, months: int) -> date:
    """Return the day on whose end the age of `months` (1 or more) is reached.

    That is the day before the like day, or the month's last day where there is no like day. The
    whole of it counts: as reached for a lower bound, as still inside for an upper one. A year is
    12 months, so whoever is born on 29 February reaches every age on 28 February.

    Source: 年齢計算ニ関スル法律; 民法第143条.
    """
    year, month = _months_on(born, months)
    if not _has_day(year, month, born.day):
        return date(year, month, monthrange(year, month)[1])
    return date(year, month, born.day) - DAY


def weeks_after(born: date, weeks: int, days: int) -> date:
    """Return the day that is `weeks` weeks `days` days old; the day of birth is 0週0日."""
    return born + timedelta(days=7 * weeks + days)


def after_days(previous: date, days: int) -> date:
    """Return the first day with `days` full days between: 「{days}日以上の間隔をおいて」."""
    return previous + timedelta(days=days + 1)


def after_months(previous: date, months: int) -> date:
    """Return the first day for 「{months}月以上の間隔をおいて」: the like day.

    Where that month has none, the first day of the following month.
    """
    year, month = _months_on(previous, months)
    if not _has_day(year, month, previous.day):
        return date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, previous.day)


def fiscal_year(day: date) -> int:
    """Return the year in whose April the fiscal year (年度) of `day` begins."""
    return day.year if day.month >= 4 else day.year - 1


def fiscal_year_first(day: date) -> date:
    return date(fiscal_year(day), 4, 1)


def fiscal_year_last(day: date) -> date:
    return date(fiscal_year(day) + 1, 3, 31)


def enters_school_on(born: date) -> date:
    """Return the 1 April after the day on which the age of 6 is reached.

    A child born on 1 April reaches 6 on 31 March and so enters the very next day.
    """
    return date(fiscal_year(reach(born, 72)) + 1, 4, 1)


def _months_on(day: date, months: int) -> tuple[int, int]:
    """Return year and month of the month that lies `months` after that of `day`."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.year + years, month + 1


def _has_day(year: int, month: int, day: int) -> bool:
    return day <= 28 or day <= monthrange(year, month)[1]
