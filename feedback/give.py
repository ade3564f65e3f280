"""Giving an opinion: a mark first, kept at once, and then, if somebody likes, why."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import count
from unicodedata import category
from uuid import UUID

import msgspec
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.template import TemplateDoesNotExist
from django.utils import timezone
from django.utils.crypto import salted_hmac

from feedback.mask import Masked, mask
from feedback.models import Opinion, Wording
from feedback.on_screen import OnScreen
from feedback.pairs import pairs
from feedback.wording import messages
from portal.readable import readable

MAY_BE_ADDED_TO = timedelta(hours=1)
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs without a shape
_ON_A_LETTER = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILED = re.compile(f"({_ON_A_LETTER}{{4}}){_ON_A_LETTER}+")
# Marks of direction too: an opinion is read by somebody else, beside others.
_MARKS = dict.fromkeys(map(ord, "\u061c\u200e\u200f")) | {ord("\t"): " "}


@transaction.atomic
def mark(
    shown: OnScreen,
    *,
    browser: str,
    day: date,
    clear: bool | None = None,
    rating: int | None = None,
    width: str = "",
    municipality_id: int | None = None,
) -> Opinion:
    """Keep “yes”, “no”, or a mark from 1 to 5.

    Pressed again in the same browser on the same page on one day, the last one counts; once
    something was written, the next press is another opinion.
    """
    marks = {"clear": clear, "rating": rating}
    about = _about(shown) | {"width": width, "municipality_id": municipality_id}
    for time in count():
        opinion, new = Opinion.objects.select_for_update(of=["self"]).get_or_create(
            once=once_of(browser, shown, day, time),
            defaults=marks | about | {"state": Opinion.State.COUNTED},
        )
        if new or opinion.state == Opinion.State.COUNTED:
            break
    if not new and (opinion.clear, opinion.rating) != (clear, rating):
        opinion.clear, opinion.rating, opinion.reasons = clear, rating, []
        opinion.save(update_fields=["clear", "rating", "reasons"])
    return opinion


def once_of(browser: str, shown: OnScreen, day: date, time: int) -> UUID:
    """Return what is the same when one browser presses again, and tells nobody which it was.

    `browser` is the secret of its cookie against forged posts, which is stored nowhere here.
    """
    pressed = f"{browser} {day} {time} {msgspec.json.encode(shown).decode()}"
    return UUID(bytes=salted_hmac("feedback.give", pressed, algorithm="sha256").digest()[:16])


def _about(shown: OnScreen) -> dict:
    return {
        "kind": shown.kind,
        "route": shown.route,
        "rule": shown.rule,
        "rule_version": shown.rule_version,
        "procedure": shown.procedure,
        "procedure_version": shown.procedure_version,
        "question": shown.question,
        "errors": list(shown.errors),
        "language": shown.language,
        "wording": wording_of(shown),
    }


def wording_of(shown: OnScreen) -> Wording | None:
    """Return the row of a wording, made when the first opinion of it comes in.

    Its messages are kept where they can be said again: not where the portal has changed since the
    page was shown, and that is no reason to lose the opinion.
    """
    if not shown.wording:
        return None
    try:
        said = messages(shown.template, shown.language) if shown.template else []
    except (TemplateDoesNotExist, SuspiciousOperation):
        said = []
    return Wording.objects.get_or_create(
        version=shown.wording,
        defaults={"route": shown.route, "language": shown.language, "messages": said},
    )[0]


def cleaned(text: str) -> Masked:
    """Return a text as it is stored: without what cannot be seen, and masked.

    Marks piled on a letter would cover what stands above it, an opinion of somebody else.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _PILED.sub(r"\1", readable(text).translate(_MARKS)).strip()
    return mask(text if any(map(_is_seen, text)) else "")


def _is_seen(character: str) -> bool:
    """Tell whether it is a letter, number or sign with a shape: joiners and the like have none."""
    return category(character)[0] in "LNPS" and character not in _BLANKS


@transaction.atomic
def say_more(
    opinion_uuid: UUID, *, text: str, reasons: Iterable[str], asker=None
) -> tuple[Opinion, list[str]]:
    """Add why, and whether an answer is wanted; return it and the kinds of what was masked.

    Said again, what was said last counts. Raises Opinion.DoesNotExist an hour after the mark, and
    when somebody has begun to look at it.
    """
    opinion = Opinion.objects.select_for_update(of=["self"]).get(
        uuid=opinion_uuid,
        given_at__gt=timezone.now() - MAY_BE_ADDED_TO,
        state__in=[Opinion.State.COUNTED, Opinion.State.NEW],
    )
    said = cleaned(text)
    opinion.text, opinion.masked, opinion.pairs = said.text, said.kinds, pairs(said.text)
    opinion.terms = None  # to be read again (feedback.read)
    opinion.reasons, opinion.asker = list(reasons), asker
    opinion.state = Opinion.State.NEW if said.text or asker else Opinion.State.COUNTED
    opinion.save()
    return opinion, said.kinds


def say_freely(*, once: UUID, text: str, language: str, municipality_id=None, asker=None):
    """Keep an opinion about anything, once; return it and the kinds of what was masked."""
    said = cleaned(text)
    opinion, _new = Opinion.objects.get_or_create(
        once=once,
        defaults={
            "kind": Opinion.Kind.FREE,
            "text": said.text,
            "masked": said.kinds,
            "pairs": pairs(said.text),
            "language": language,
            "municipality_id": municipality_id,
            "asker": asker,
        },
    )
    return opinion, said.kinds
