"""Reading what was written: each text gets its words, for what is rising."""

from collections.abc import Callable

from django.db import transaction

from feedback.models import Opinion
from feedback.words import terms

BATCH = 200


def read(*, until: Callable[[], bool] = lambda: False, most: int = BATCH) -> int:
    """Give every text its words, `most` in a batch, until `until()`; return how many were read.

    The newest come first. Two at once read different ones, and what is killed has written whole
    batches or nothing.
    """
    total = 0
    while not until() and (found := read_some(most)):
        total += found
    return total


@transaction.atomic
def read_some(most: int = BATCH) -> int:
    """Read a batch of the texts that nobody reads just now; return how many it had."""
    unread = Opinion.objects.filter(terms__isnull=True).exclude(text="").order_by("-given_at")
    texts = list(unread.select_for_update(skip_locked=True, of=["self"]).only("text")[:most])
    for one in texts:
        one.terms = terms(one.text)
    Opinion.objects.bulk_update(texts, ["terms"])
    return len(texts)
