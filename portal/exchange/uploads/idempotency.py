"""The same call twice is one: by the sender's Idempotency-Key, for a day.

    free ─▶ held (it runs) ─▶ received (digest, upload) ─▶ answered (status, answer)
      ▲         │ the body could not be taken, or `held_until` has passed
      └─────────┘

The unique constraint of connection and key decides who comes first.
"""

import re
from datetime import timedelta
from math import ceil

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from portal.exchange.models import Connection, KeyedCall, Upload
from portal.exchange.uploads.body import TOO_SLOW, BodyRefused

KEPT_FOR = timedelta(hours=24)
HELD_FOR = timedelta(seconds=60)  # since it last gave a sign of life
ASK_AGAIN = 5  # seconds at most: a call seldom takes longer
# A string as in RFC 8941, or the same without its quotes.
KEY = re.compile(r'"([\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255})')


class Running(Exception):
    """The same call is running; `wait` is after how many seconds to ask again."""

    def __init__(self, wait: int):
        super().__init__(wait)
        self.wait = wait


class OtherBody(Exception):
    """The key has come with another body, or to another address."""


def key_in(header: str) -> str | None:
    """Return the key that a header gives, or None if it is not one."""
    found = KEY.fullmatch(header.strip())
    return found and (found[1] or found[2])


def begin(connection: Connection, *, key: str, path: str) -> KeyedCall:
    """Return the call of this key: a new one, held for us, or one whose body is known.

    Raises Running, or OtherBody where the address is another one.
    """
    now = timezone.now()
    calls = KeyedCall.objects.filter(connection=connection, key=key)
    calls.filter(as_if_never(now)).delete()
    call = calls.select_related("upload").first()
    if call is None:
        try:
            with transaction.atomic():
                return KeyedCall.objects.create(
                    connection=connection, key=key, path=path, held_until=now + HELD_FOR
                )
        except IntegrityError:  # another was a moment faster
            call = calls.select_related("upload").first()
            if call is None:  # and its call was a problem, so the key is free again
                raise Running(1) from None
    if call.path != path:
        raise OtherBody
    if call.status is None and call.held_until > now:
        raise Running(min(ceil((call.held_until - now).total_seconds()), ASK_AGAIN))
    return call


def as_if_never(now) -> Q:
    """Return which calls count no longer: old ones, and those killed before their body came."""
    return Q(made_at__lt=now - KEPT_FOR) | Q(digest="", held_until__lte=now)


def hold_on(call: KeyedCall | None) -> None:
    """Say that the call still runs."""
    if call is None:
        return
    KeyedCall.objects.filter(pk=call.pk).update(held_until=timezone.now() + HELD_FOR)


def received(call: KeyedCall | None, upload: Upload, *, digest: str = "") -> None:
    """Note which body came, in the transaction that makes it an upload.

    `digest` is the body's, where that is not the upload's. Raises BodyRefused where nothing came
    for so long that the key was free again: whoever has it now has sent the same, or something new.
    """
    if call is None:
        return
    call.digest, call.upload = digest or upload.digest, upload
    call.held_until = timezone.now() + HELD_FOR
    held = KeyedCall.objects.filter(pk=call.pk)
    if not held.update(digest=call.digest, upload=upload, held_until=call.held_until):
        raise BodyRefused(TOO_SLOW)


def answered(call: KeyedCall, status: int, answer: dict) -> None:
    """Keep the answer for whoever asks again."""
    KeyedCall.objects.filter(pk=call.pk).update(status=status, answer=answer)


def let_go(call: KeyedCall | None) -> None:
    """Free the key: what the call got was a problem, which is not kept."""
    if call:
        KeyedCall.objects.filter(pk=call.pk, status=None).delete()


def forget_old_calls() -> int:
    """Delete the calls that count no longer; return how many."""
    return KeyedCall.objects.filter(as_if_never(timezone.now())).delete()[0]
