"""What people write by hand in a case: checked in one way, whoever writes it and where."""

from django.utils.translation import gettext as _

from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number

LONGEST = 4000  # characters


def why_not_kept(text: str) -> str:
    """Say why a text cannot be kept, and what next; "": it can."""
    if len(text) > LONGEST:
        return _("This is too long. Write at most %(most)d characters.") % {"most": LONGEST}
    return str(HOLDS_MY_NUMBER) if holds_my_number(text) else ""
