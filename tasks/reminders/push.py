"""Reminders as notifications on a device, through the browser's push service (RFC 8030, 8291)."""

import json
import logging

import requests
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from pywebpush import WebPushException, webpush

from tasks.reminders.delivery import Answer, Letter, Verdict
from tasks.reminders.models import PushSubscription

logger = logging.getLogger(__name__)

KEPT_FOR = 24 * 60 * 60  # seconds that the service keeps it for a device that is off


def is_offered() -> bool:
    """Tell whether this installation has a key to sign notifications with."""
    return bool(settings.VAPID_PRIVATE_KEY)


def compose(letter: Letter) -> str:
    """Return what the device shows, as JSON: nothing private, since others may see its screen."""
    with translation.override(letter.language):
        return json.dumps(
            {
                "title": _("Annai"),
                "body": _("There is something to do. Open Annai to see what, and by when."),
                "language": letter.language,
                "url": reverse("tasks:home"),
            }
        )


class PushDelivery:
    def __init__(self):
        self.session = requests.Session()

    def send(self, letter: Letter) -> Answer:
        """Send to every device; it is accepted when one of them takes it."""
        answers = [
            self._to(device, compose(letter))
            for device in PushSubscription.objects.filter(resident=letter.resident)
        ]
        verdicts = [answer.verdict for answer in answers]
        for verdict in (Verdict.ACCEPTED, Verdict.LATER, Verdict.REFUSED):
            if verdict in verdicts:
                return answers[verdicts.index(verdict)]
        return Answer(Verdict.NOBODY)

    def _to(self, device: PushSubscription, text: str) -> Answer:
        try:
            webpush(
                {
                    "endpoint": device.endpoint,
                    "keys": {"p256dh": device.p256dh, "auth": device.auth},
                },
                text,
                vapid_private_key=settings.VAPID_PRIVATE_KEY,
                vapid_claims={"sub": settings.VAPID_CONTACT},
                ttl=KEPT_FOR,
                timeout=settings.MAIL_TAKES_AT_MOST,
                requests_session=self.session,
            )
        except requests.RequestException:
            return Answer(Verdict.LATER, "no-answer")
        except WebPushException as error:
            return self._refused(device, error.response)
        return Answer(Verdict.ACCEPTED)

    def _refused(self, device: PushSubscription, response) -> Answer:
        status = response.status_code if response is not None else 0
        if status in (404, 410):  # the browser has given the address up: RFC 8030, section 7.3
            device.delete()
            return Answer(Verdict.NOBODY)
        if status == 429 or status >= 500 or not status:
            return Answer(Verdict.LATER, str(status or "no-answer"))
        return Answer(Verdict.REFUSED, str(status))

    def close(self):
        self.session.close()
