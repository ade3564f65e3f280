"""“You said, we did”, as everyone reads it: the newest, with what the figures say."""

from feedback.before_after import before_and_after
from feedback.models import Improvement


def newest(most: int) -> list[dict]:
    """Return the newest published ones in the language of the page, in two statements.

    Each with what was said and done, and its shares of “not clear” before and after.
    """
    published = Improvement.objects.exclude(published_at=None).order_by("-changed_at", "-pk")[:most]
    shares = before_and_after(published)
    return [
        {
            "improvement": one,
            "said": one.said,
            "done": one.done,
            "before": shares[one.pk][0],
            "after": shares[one.pk][1],
        }
        for one in published
    ]
