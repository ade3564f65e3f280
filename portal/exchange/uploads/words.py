"""Why nothing of an upload was merged, in words for staff."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.exchange.uploads import body, merging, receive

WHY_FAILED: dict[str, str | Promise] = {
    body.CUT_OFF: _("It broke off on its way. The source has to send it again."),
    body.TOO_SLOW: _("It came too slowly. The source can pack it with gzip, or split it."),
    body.TOO_LARGE: _("It is too large. The source can split it."),
    body.TOO_TIGHT: _("It unpacks to far more than facts do, so it was not unpacked to its end."),
    body.NOT_GZIP: _("It is said to be packed with gzip, and is not, or is damaged."),
    receive.WORKER_GONE: _(
        "The portal was stopped while it came. The source has to send it again."
    ),
    merging.GAVE_UP: _("The portal could not merge it. The error is in the worker’s log."),
}
