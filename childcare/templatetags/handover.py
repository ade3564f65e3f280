from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from childcare.checkups import windows as checkups
from childcare.growth.standard import Measure
from childcare.handover import words as handover_words
from childcare.words import language

register = template.Library()


@register.simple_tag
def measures_of(measures) -> str:
    """Return what was measured, in words; empty where nothing was."""
    taken = []
    if measures.weight_g is not None:
        weight = handover_words.amount(Measure.WEIGHT, measures.weight_g / 1000)
        taken.append(_("weight %(amount)s") % {"amount": weight})
    if measures.height_cm is not None:
        height = handover_words.amount(Measure.HEIGHT, measures.height_cm)
        taken.append(_("height %(amount)s") % {"amount": height})
    if measures.head_cm is not None:
        head = handover_words.amount(Measure.HEAD, measures.head_cm)
        taken.append(_("head circumference %(amount)s") % {"amount": head})
    return _(", ").join(taken)


@register.filter
def checkup_name(code: str) -> str:
    return checkups.name_of(code, language())


@register.filter
def source_name(source) -> str:
    return handover_words.source(source)


register.filter("side", handover_words.side)
register.filter("doubt", handover_words.doubt)


@register.filter
def plain_day(value) -> str:
    """Return a date as authorities of every country read it: 2026-11-15."""
    return format_html('<time datetime="{0}">{0}</time>', value.isoformat())


@register.filter
def in_kg(measurement) -> str:
    weight = measurement.amount(Measure.WEIGHT)
    return "–" if weight is None else number_format(f"{weight:.3f}".rstrip("0").rstrip("."))


@register.filter
def webcal(address: str) -> str:
    """Return an address as calendar programs take it up: webcal://…"""
    return f"webcal://{address.partition('://')[2]}"
