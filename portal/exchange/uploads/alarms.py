"""What the staff pages say of uploads: what is held, and what has to be loaded again."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import User
from portal.exchange.models import TakingBack, Upload
from portal.exchange.uploads.merging import ATTEMPTS
from portal.exchange.uploads.taking_back import WITHIN
from portal.exchange.uploads.whole_lists import percent_fewer
from tasks.alarms import Alarm
from tasks.templatetags.annai import grouped

LIST = "admin:exchange_upload_changelist"


def of_held_uploads(at: datetime, whom: User | None) -> Iterator[Alarm]:
    """Yield what waits for somebody’s yes or no, and what could not be merged again."""
    held = list(Upload.objects.filter(state=Upload.State.HELD).select_related("connection__source"))
    if held:
        yield Alarm(
            what=_what(held),
            next=_("Ask who sends it whether that is right, then say yes or no on its page."),
            url=_address(held, "state__exact=held"),
            link=_("To the upload") if len(held) == 1 else _("To the uploads"),
            told_there=True,
        )
    stuck = list(Upload.objects.filter(again_since__isnull=False, attempts__gte=ATTEMPTS))
    if stuck:
        yield Alarm(
            what=ngettext(
                "%(uploads)s upload could not be merged again after another was taken back.",
                "%(uploads)s uploads could not be merged again after another was taken back.",
                len(stuck),
            )
            % {"uploads": grouped(len(stuck))},
            next=_("Tell whoever runs the servers: the error is in the worker’s log."),
            url=_address(stuck, "state__exact=done"),
            link=_("To the upload") if len(stuck) == 1 else _("To the uploads"),
        )


def of_takings_back(at: datetime, whom: User | None) -> Iterator[Alarm]:
    """Yield what waits for a second person's yes, as long as it may be given."""
    waiting = TakingBack.objects.filter(agreed_at=None, upload__state=Upload.State.DONE)
    since = timezone.now() - WITHIN
    for asked in waiting.filter(upload__finished_at__gt=since).select_related("upload"):
        yield Alarm(
            what=_("That an upload is taken back (%(name)s) waits for a second person’s yes.")
            % {"name": asked.upload.name},
            next=_("Look at its page with whoever asked for it, then say yes there."),
            url=_address([asked.upload], ""),
            link=_("To the upload"),
            told_there=True,
        )


def _what(held: list[Upload]) -> str:
    if len(held) == 1:
        return _("An upload of %(source)s is held: %(percent)s%% fewer people than last time.") % {
            "source": held[0].connection.source.called(),
            "percent": percent_fewer(held[0]),
        }
    return _("%(uploads)s uploads are held, with far fewer people than last time.") % {
        "uploads": grouped(len(held))
    }


def _address(uploads: list[Upload], query: str) -> str:
    if len(uploads) == 1:
        return reverse("admin:exchange_upload_change", args=[uploads[0].pk])
    return f"{reverse(LIST)}?{query}"
