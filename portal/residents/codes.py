"""Check digits of public numbers."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

# Between the groups as people write them: spaces, dots, commas, and all that looks like a dash.
_GAP = r"[\s._/|,:;、・ー−\u2010-\u2015-]{0,3}"
# Finds as much in plain text, and three times as fast; most texts end here.
_PERHAPS_TWELVE = re.compile(r"[0-9]{4}[\s._/|,:;-]{0,3}[0-9]{4}[\s._/|,:;-]{0,3}[0-9]{4}")
_TWELVE_DIGITS = re.compile(rf"(?<!\d)\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)")

# Seen by nobody between two digits: soft hyphens, zero-width spaces, marks of direction, and what
# makes a digit an emoji.
_NOT_SHOWN = re.compile(
    "[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u20e3]"
)

# The same question for bytes, a tenth of the time: with what may stand between taken out, and each
# digit a 0. What is of one group with something else finds more than there is, never less.
_DIGITS_AS_0 = bytes(ord("0") if chr(byte).isdecimal() else ord(" ") for byte in range(128)) + (
    b" " * 128
)
_BETWEEN = bytes(range(9, 14)) + bytes(range(28, 33)) + b"._/|,:;-"


def municipality_check_digit(five_digits: str) -> str:
    """Return the sixth digit of a municipality's code (全国地方公共団体コード).

    The first five digits are weighted 6, 5, 4, 3, 2; the check digit is the last digit of
    11 − (sum mod 11), or of 11 − sum where the sum is under 11. Source: the annex to the code
    table of the Ministry of Internal Affairs and Communications.
    """
    total = sum(int(d) * w for d, w in zip(five_digits, (6, 5, 4, 3, 2), strict=True))
    return str((11 - total % 11) % 10)


def is_municipality_code(code: str) -> bool:
    """Tell whether `code` has six digits, the last of them the right check digit."""
    return bool(re.fullmatch(r"[0-9]{6}", code)) and municipality_check_digit(code[:5]) == code[5]


def my_number_check_digit(eleven_digits: str) -> str:
    """Return the twelfth digit of a My Number. Source: MIC ordinance 85 of 2014, article 5."""
    total = sum(
        int(digit) * (n + 1 if n <= 6 else n - 5)
        for n, digit in enumerate(reversed(eleven_digits), start=1)
    )
    return str(11 - total % 11) if total % 11 > 1 else "0"


# What is said wherever such a text is refused.
HOLDS_MY_NUMBER = _("This holds twelve digits that may be a My Number. Leave them out.")


def may_hold_twelve_digits(text: bytes) -> bool:
    """Tell whether ASCII text could hold a My Number; where not, `holds_my_number` says no."""
    return b"000000000000" in text.translate(_DIGITS_AS_0, _BETWEEN)


def holds_my_number(text: str) -> bool:
    """Tell whether `text` holds twelve digits that could be a My Number.

    Used only to refuse the text: a My Number is never stored, shown or logged.
    """
    if text.isascii() and not _PERHAPS_TWELVE.search(text):
        return False
    shown = unicodedata.normalize("NFKC", _NOT_SHOWN.sub("", text))
    found = _TWELVE_DIGITS.findall(shown)
    digits = (re.sub(r"\D", "", one) for one in found)
    return any(my_number_check_digit(number[:11]) == number[11] for number in digits)
