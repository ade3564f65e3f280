"""What would tell who somebody is, taken out of a text before it is stored.

Only what has a form can be found: e-mail addresses, telephone numbers, My Numbers and card numbers
whose check digit is right. Names and addresses cannot, so the page asks to leave them out.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import luhn

from portal.residents.codes import my_number_check_digit

KINDS = {
    "e-mail": _("an e-mail address"),
    "telephone": _("a telephone number"),
    "my-number": _("a My Number"),
    "card": _("a card number"),
}
IN_ITS_PLACE = {
    "e-mail": _("[e-mail address]"),
    "telephone": _("[telephone number]"),
    "my-number": _("[My Number]"),
    "card": _("[card number]"),
}

_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
# Digits in groups, as people write them: with spaces, dots, and all that looks like a dash.
_GROUPS = re.compile(r"\d+(?:[\s._ー−\u2010-\u2015-]{1,3}\d+)*")
_GROUP = re.compile(r"\d+")
LONGEST_CARD = 19


@dataclass(frozen=True)
class Masked:
    """A text that can be stored, and the `kinds` of what was taken out of it, each once."""

    text: str
    kinds: list[str]


def mask(text: str) -> Masked:
    """Put words in the place of what would tell who somebody is, in the reader's language."""
    plain = _narrow(text)
    kinds = []
    # What stands alone is what it looks like; only then what stands among other digits.
    for find in (_mails, _numbers_alone, _telephones, _numbers_among_others):
        # From the end, so that what comes before keeps its place.
        for start, end, kind in sorted(find(plain), reverse=True):
            said = str(IN_ITS_PLACE[kind])
            text = text[:start] + said + text[end:]
            plain = plain[:start] + said + plain[end:]
            kinds.append(kind)
    return Masked(text, sorted(set(kinds)))


def _narrow(text: str) -> str:
    """Return `text` letter by letter as ASCII where a letter is a wide or another script's one."""
    return "".join(map(_narrow_letter, text))


def _narrow_letter(letter: str) -> str:
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    narrow = unicodedata.normalize("NFKC", letter)
    return narrow if len(narrow) == 1 else letter


def _mails(text: str) -> Iterator[tuple[int, int, str]]:
    return ((one.start(), one.end(), "e-mail") for one in _MAIL.finditer(text))


def _numbers_alone(text: str) -> Iterator[tuple[int, int, str]]:
    for one in _GROUPS.finditer(text):
        if kind := _kind_of(re.sub(r"\D", "", one[0])):
            yield one.start(), one.end(), kind


def _numbers_among_others(text: str) -> Iterator[tuple[int, int, str]]:
    for run in _GROUPS.finditer(text):
        groups = list(_GROUP.finditer(text, *run.span()))
        at = 0
        while at < len(groups):
            taken, kind = _number_at(groups, at)
            if kind:
                yield groups[at].start(), groups[at + taken - 1].end(), kind
            at += taken


def _number_at(groups: list[re.Match], at: int) -> tuple[int, str]:
    """Return how many groups from `at` on make a number, and its kind; else (1, "")."""
    digits = ""
    for taken, group in enumerate(groups[at:], start=1):
        digits += group[0]
        if len(digits) > LONGEST_CARD:
            break
        if kind := _kind_of(digits):
            return taken, kind
    return 1, ""


def _kind_of(digits: str) -> str:
    if len(digits) == 12 and my_number_check_digit(digits[:11]) == digits[11]:
        return "my-number"
    # Cards begin with 2 to 6 (ISO/IEC 7812); with 0 begin telephone numbers.
    card = 13 <= len(digits) <= LONGEST_CARD and digits[0] in "23456" and luhn.is_valid(digits)
    return "card" if card else ""


def _telephones(text: str) -> Iterator[tuple[int, int, str]]:
    matches = PhoneNumberMatcher(text, "JP", leniency=Leniency.VALID, max_tries=1000)
    return ((one.start, one.end, "telephone") for one in matches)
