"""Which state of an opinion follows which, in one place."""

from django.utils.translation import gettext as _

from feedback.models import Opinion

NEW, LOOKING, PLANNED = Opinion.State.NEW, Opinion.State.LOOKING, Opinion.State.PLANNED
DONE, DECLINED = Opinion.State.DONE, Opinion.State.DECLINED

FOLLOWS = {
    NEW: [LOOKING, PLANNED, DECLINED],
    LOOKING: [PLANNED, DONE, DECLINED, NEW],
    PLANNED: [DONE, DECLINED, LOOKING],
    DONE: [LOOKING],
    DECLINED: [LOOKING],
    Opinion.State.COUNTED: [],
}
OPEN = [NEW, LOOKING, PLANNED]


class CannotReview(Exception):
    """What cannot be done with an opinion, in words that say what next."""


def check_follows(before: str, after: str) -> None:
    """Raise CannotReview where `after` does not follow `before`."""
    if after not in FOLLOWS[before]:
        names = {"before": Opinion.State(before).label, "after": Opinion.State(after).label}
        raise CannotReview(_("Open it again. “%(after)s” does not follow “%(before)s”.") % names)
