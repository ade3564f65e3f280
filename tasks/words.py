"""Dates and facts in words, the same on every page, mail and command."""

from collections.abc import Mapping
from datetime import date, datetime
from string import Formatter

from django.utils import formats, timezone
from django.utils.translation import pgettext


def day(value: date) -> str:
    """Return a date as people read it, with its weekday: 2027年5月20日（木）."""
    # Translators: a date with its weekday, in Django's date format letters
    return formats.date_format(value, pgettext("date format", "j F Y (D)"))


def moment(value: datetime) -> str:
    """Return a moment's date and time in Japan: 2027年5月20日（木） 14:02."""
    local = timezone.localtime(value)
    return f"{day(local)} {local:%H:%M}"


def short_day(value: date) -> str:
    """Return a date without year and weekday: 11月3日."""
    # Translators: a date without its year, in Django's date format letters
    return formats.date_format(value, pgettext("date format", "j F"))


def month(value: date) -> str:
    """Return the month of a date: 2027年8月."""
    # Translators: a month with its year, in Django's date format letters
    return formats.date_format(value, pgettext("date format", "F Y"))


def columns_in(text) -> set[str]:
    """Return the names of the facts that a rule's sentence has places for."""
    return {name for _literal, name, _spec, _conversion in Formatter().parse(str(text)) if name}


def fill(text, row: Mapping) -> str:
    """Return a rule's sentence with the row's facts in their places, dates in words."""
    return str(text).format_map({name: _shown(value) for name, value in row.items()})


def _shown(value) -> str:
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return day(value) if isinstance(value, date) else str(value if value is not None else "–")
