"""What would fail only when the first notification is sent."""

from django.conf import settings
from django.core.checks import Error, register
from py_vapid.utils import b64urldecode

from tasks.reminders.push import is_offered, signer


@register
def vapid_key_is_one(app_configs, **kwargs):
    if not is_offered() or _is_key(settings.VAPID_PRIVATE_KEY):
        return []
    return [
        Error(
            "VAPID_PRIVATE_KEY is not the 32 bytes of a P-256 key in URL-safe base64.",
            hint="Make one as docs/reminders.md says, or leave it out to offer no notifications.",
            id="reminders.E001",
        )
    ]


def _is_key(text: str) -> bool:
    try:
        return len(b64urldecode(text.encode())) == 32 and signer(text) is not None
    except ValueError:
        return False
