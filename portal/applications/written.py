"""What people write by hand in a case: checked in one way, whoever writes it and where."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from portal.readable import readable
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number

LONGEST = 4000  # characters
FURTHEST = timedelta(days=365)


class Refused(ValueError):
    """What somebody wrote is not taken; the text says why, and what next.

    `field` is the part of the form that it is about, by its name, or "".
    """

    def __init__(self, text, *, field: str = ""):
        super().__init__(text)
        self.field = field


def as_kept(text: str) -> str:
    """Return the text as it is stored: without white space around it, or what nobody sees."""
    return readable(text).strip()


def why_not_kept(text: str) -> str:
    """Say why a text cannot be kept, and what next; "": it can."""
    if len(text) > LONGEST:
        return _("This is too long. Write at most %(most)d characters.") % {"most": LONGEST}
    return str(HOLDS_MY_NUMBER) if holds_my_number(text) else ""


def why_no_day_to_answer_by(day: date, *, today: date) -> str:
    """Say why nobody can be asked to answer by that day; "": one can.

    The mail about it may be read tomorrow, and a year with a wrong digit lies far off.
    """
    if day <= today:
        return _("Choose a day to answer by that is still to come, tomorrow at the earliest.")
    if day > today + FURTHEST:
        return _("Choose a day to answer by that is within a year.")
    return ""
