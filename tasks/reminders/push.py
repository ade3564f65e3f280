"""Reminders as notifications on a device, through the browser's push service (RFC 8030, 8291).

It is a browser that says where its push service is. So the address is looked at when it is given
and again whenever something is sent: no host but those of settings.PUSH_SERVICES is contacted.
"""

import json
import re
import ssl
import time
from contextlib import closing
from datetime import datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from py_vapid import Vapid02
from py_vapid.utils import b64urlencode
from pywebpush import WebPusher

from portal.deadline import hung_up_after
from tasks.reminders.delivery import Answer, Letter, Verdict
from tasks.reminders.models import PushSubscription

LEFT_ALONE_FOR = 60  # seconds
SIGNED_FOR = 12 * 60 * 60  # seconds; a service takes 24 hours at most, by its own clock

# ---- whom to send to, and signed by whom


def at_push_service(address: str) -> tuple[str, str] | None:
    """Return the service and the path of an address, or None if it is at none of PUSH_SERVICES.

    The scheme, host and port have to be the same; `*.` stands for subdomains.
    """
    for service in settings.PUSH_SERVICES:
        named = re.escape(service).replace(r"\*\.", r"(?:[a-z0-9-]+\.)+")
        if found := re.fullmatch(f"({named})(/[!-~]*)", address):
            return found.group(1), found.group(2)
    return None


def is_offered() -> bool:
    """Tell whether this installation has a key to sign notifications with."""
    return bool(settings.VAPID_PRIVATE_KEY)


@cache
def signer(key: str) -> Vapid02:
    return Vapid02.from_raw(key.encode())


def public_key() -> str:
    """Return the key by which a push service knows us, as browsers take it."""
    public = signer(settings.VAPID_PRIVATE_KEY).public_key
    return b64urlencode(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


# ---- sending


def compose(letter: Letter) -> bytes:
    """Return what the device shows, as JSON: nothing private, since others may see its screen.

    A notification repeated after a crash has the same tag, so that it takes the other's place.
    """
    with translation.override(letter.language):
        text = {
            "title": _("Annai"),
            "body": _("There is something to do. Open Annai to see what, and by when."),
            "lang": letter.language,
            "tag": str(letter.uuid),
        }
    return json.dumps(text).encode()


class PushDelivery:
    """Sends to all devices of a resident. A service that gave no answer is left alone for a minute.

    Else each reminder would wait for it anew, and the mails behind them too.
    """

    def __init__(self):
        self.tls = ssl.create_default_context()
        self.silent_until: dict[str, float] = {}  # service: a time of time.monotonic()

    def send(self, letter: Letter) -> Answer:
        """Send to every device; it is accepted when one of them takes it."""
        if not is_offered():
            return Answer(Verdict.LATER, "no-key")
        text, ends_at = compose(letter), time.monotonic() + settings.PUSH_TAKES_AT_MOST
        devices = PushSubscription.objects.filter(resident=letter.resident).order_by("pk")
        answers = [self._to(device, text, ends_at) for device in devices]
        by_verdict = {answer.verdict: answer for answer in answers}
        for verdict in (Verdict.ACCEPTED, Verdict.LATER, Verdict.REFUSED):
            if verdict in by_verdict:
                return by_verdict[verdict]
        return Answer(Verdict.NOBODY)

    def _to(self, device: PushSubscription, text: bytes, ends_at: float) -> Answer:
        known = at_push_service(device.endpoint)
        if known is None:
            return Answer(Verdict.REFUSED, "no-service")
        service, path = known
        if time.monotonic() >= ends_at or self._is_silent(service):
            return Answer(Verdict.LATER, "no-answer")
        try:
            status = self._post(service, path, *sealed(text, device, service), ends_at)
        except (OSError, HTTPException):
            self.silent_until[service] = time.monotonic() + LEFT_ALONE_FOR
            return Answer(Verdict.LATER, "no-answer")
        if status in (404, 410):  # the browser has given the address up: RFC 8030, section 7.3
            device.delete()
        return read_status(status)

    def _is_silent(self, service: str) -> bool:
        return time.monotonic() < self.silent_until.get(service, 0)

    def _post(self, service: str, path: str, body: bytes, headers: dict, ends_at: float) -> int:
        """Post to a service and return the status; no redirect is followed.

        Over a connection of its own: of a kept one that ends, nobody knows whether the service
        took the notification before. Raises OSError, HTTPException.
        """
        scheme, host = service.split("://")
        if scheme == "https":
            connection = HTTPSConnection(host, timeout=settings.EMAIL_TIMEOUT, context=self.tls)
        else:
            connection = HTTPConnection(host, timeout=settings.EMAIL_TIMEOUT)
        with closing(connection):
            connection.connect()
            left = max(ends_at - time.monotonic(), 0.001)
            connection.sock.settimeout(left)
            with hung_up_after(left, connection):
                connection.request("POST", path, body, headers)
                return connection.getresponse().status

    def close(self):
        """Nothing is kept open."""


def sealed(text: bytes, device: PushSubscription, service: str) -> tuple[bytes, dict[str, str]]:
    """Return a text that only this device can read, and the headers that say who sends it."""
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    body = WebPusher({"endpoint": device.endpoint, "keys": keys}).encode(text)["body"]
    claims = {
        "aud": service,
        "sub": settings.VAPID_CONTACT,
        "exp": int(time.time()) + SIGNED_FOR,
    }
    headers = {"Content-Encoding": "aes128gcm", "TTL": str(kept_for())}
    return body, headers | signer(settings.VAPID_PRIVATE_KEY).sign(claims)


def read_status(status: int) -> Answer:
    """Return what the service's answer means for this device."""
    if 200 <= status < 300:
        return Answer(Verdict.ACCEPTED)
    if status in (404, 410):
        return Answer(Verdict.NOBODY)
    if status == 429 or status >= 500:
        return Answer(Verdict.LATER, str(status))
    return Answer(Verdict.REFUSED, str(status))


def kept_for() -> int:
    """Return for how many seconds the service keeps it for a device that is off: until the night.

    A device turned on at night makes no sound for a reminder of the day before.
    """
    now = timezone.localtime()
    night = datetime.combine(now.date(), settings.REMINDERS_UNTIL, now.tzinfo)
    return max(int((night - now).total_seconds()), 60)
