"""Vaccines, diseases and sources as the pages call them."""

from django import template

from childcare import words
from portal.residents.models import Source

register = template.Library()

register.filter("said", words.said)
register.filter("vaccine", words.vaccine_name)
register.filter("series", words.series_name)
register.filter("had", words.had_name)


@register.filter
def source(value: Source) -> str:
    """Return what to call who reported a fact."""
    named = value.name if words.language() == "ja" else value.name_en
    return named or value.name or value.key
