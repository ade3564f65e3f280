"""To whom a page belongs: who is told when it has become less clear."""

from collections.abc import Iterator
from functools import lru_cache

from django.urls import URLResolver, get_resolver

from feedback.models import PageOwner
from portal.accounts.models import User

NO_PAGES = {"admin", "demo"}  # rooms on whose pages nobody's opinion is asked


def reviewers():
    """Return who reviews opinions, by their groups."""
    return User.objects.filter(
        is_active=True, groups__permissions__codename="review_opinion"
    ).distinct()


def owner_of(*, route: str, rule: str) -> User | None:
    """Return the owner of what a rule says on a page, else that of the page, if still a reviewer.

    None: it belongs to all who publish.
    """
    owned = PageOwner.objects.filter(route=route, rule__in={rule, ""}, user__in=reviewers())
    owner = owned.select_related("user").order_by("-rule").first()
    return owner.user if owner else None


@lru_cache(maxsize=1)
def known_routes() -> list[str]:
    """Return the names of the portal's addresses that may be pages, in order."""
    names = {name for name in _names(get_resolver()) if name.partition(":")[0] not in NO_PAGES}
    return sorted(name for name in names if ":" in name or name.startswith("account_"))


def _names(below: URLResolver, room: str = "") -> Iterator[str]:
    for one in below.url_patterns:
        if isinstance(one, URLResolver):
            yield from _names(one, f"{one.namespace}:" if one.namespace else room)
        elif one.name:
            yield room + one.name
