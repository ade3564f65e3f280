"""The portal as the source of what it knows by itself: nobody else could say it anew."""

from datetime import date

from django.utils import timezone

from portal.residents.models import Source

SOURCE = "applications"
NEVER_STALE = date(2200, 1, 1)


def own_fact() -> dict:
    """Return who says it, since when, and until when it holds: the columns of a fact."""
    names = {"name": "この案内", "name_en": "this portal"}
    source, _made = Source.objects.get_or_create(key=SOURCE, defaults=names)
    return {"source": source, "checked_at": timezone.now(), "stale_on": NEVER_STALE}
