"""Parts of a page that are the same for everyone, but for some places: rendered once a process."""

from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language


def fragment(template: str, *, same: tuple[tuple[str, object], ...] = (), **places) -> SafeString:
    """Render a template with `same`, names and values that many requests have in common.

    `places` are of one request: they are escaped and put in afterwards, so the template can only
    show them, as in `value="{{ next }}"`, and neither test nor format them.
    """
    rendered = _rendered.__wrapped__ if settings.DEBUG else _rendered  # else an edit is not seen
    found = rendered(template, get_language(), same, tuple(places))
    return format_html(found, **places) if places else found


@lru_cache(maxsize=1000)
def _rendered(template: str, _language: str, same: tuple, places: tuple[str, ...]) -> SafeString:
    return render_to_string(template, dict(same) | {place: f"{{{place}}}" for place in places})
