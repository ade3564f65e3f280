"""Dates, ages and icons as every page shows them."""

from datetime import date, datetime
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.fragments import fragment
from portal.residents.ages import first_day_at_age
from tasks import words
from tasks.models import Priority
from tasks.rules import registry

register = template.Library()


@register.filter
def day(value: date | datetime):
    """Return a date in words as a <time>; of a moment, its date in Japan."""
    return _time(value, words.day)


@register.filter
def short_day(value: date | datetime):
    return _time(value, words.short_day)


@register.filter
def moment(value: datetime):
    """Return a moment's date and time in Japan as a <time>."""
    local = timezone.localtime(value)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), words.moment(local))


def _time(value, in_words):
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return _date(value, in_words, get_language())


@lru_cache(maxsize=10_000)  # two years of days, each in some ways and languages
def _date(value: date, in_words, _language):
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), in_words(value))


@register.filter
def month(value: date):
    return format_html('<time datetime="{}">{}</time>', f"{value:%Y-%m}", words.month(value))


@register.filter
def age(born: date, today: date) -> int:
    """Return the age in whole years on `today`."""
    years = today.year - born.year
    return years if first_day_at_age(born, years) <= today else years - 1


@register.filter
def japanese(value):
    """Mark a name that stands in Japanese on every page, so that it is read out as such."""
    return format_html('<span lang="ja">{}</span>', value)


@register.filter
def lookup(mapping, key):
    """Return `mapping[key]`, or the key itself where it is missing."""
    return mapping.get(key, key)


@register.filter
def grouped(count: int) -> str:
    """Return a count as people read it: 627,799."""
    return number_format(count, force_grouping=True)


@register.simple_tag
def icon(name: str):
    """Return a picture that repeats what the words beside it say."""
    return fragment(f"tasks/icons/{name}.svg")


@register.simple_tag(takes_context=True)
def languages(context):
    """Return the switch of languages, which leads back to the page."""
    request = context.get("request")
    if request is None:
        return ""
    return fragment(
        "_languages.html", next=request.get_full_path(), csrf_token=context.get("csrf_token")
    )


@register.simple_tag
def due(task, today: date):
    """Say by when, whether that is urgent, and the days left when they are fewer than 60.

    Not a template, since it stands in every card: of that size one takes three times as long.
    """
    if task.due_on is None:
        return _("No due date")
    days_left = (task.due_on - today).days
    urgent = format_html("{} ", _chip(_("Urgent"))) if task.priority == Priority.URGENT else ""
    if days_left >= 0:
        return format_html("{}<span>{}</span>", urgent, _by(day(task.due_on), days_left))
    date = day(task.due_on)
    if registry.by_id(task.rule_id).urgent_until:  # there a date that has passed presses nobody yet
        still = mark_safe(_("Still possible, best by %(date)s") % {"date": date})  # noqa: S308
        return format_html("{}<span>{}</span>", urgent, still)
    return format_html("{} <span>{}</span>", _chip(_("The date has passed")), date)


def _chip(text):
    return format_html('<span class="chip chip-urgent">{}{}</span>', icon("alert"), text)


def _by(date, days_left):
    if days_left == 0:
        sentence = _("By %(date)s (today)")
    elif days_left < 60:
        sentence = ngettext(
            "By %(date)s (%(days)s day left)", "By %(date)s (%(days)s days left)", days_left
        )
    else:
        sentence = _("By %(date)s")
    return mark_safe(sentence % {"date": date, "days": days_left})  # noqa: S308 - of our own parts
