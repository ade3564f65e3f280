"""The line at the foot of every page that asks whether it was clear."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html

from feedback.models import Opinion
from feedback.on_screen import on_screen, signed
from feedback.page_names import page_name, rule_title
from portal.fragments import fragment

register = template.Library()
register.filter(page_name)
register.filter(rule_title)


@register.simple_tag
def opinions_where(words, **asked):
    """Return `words` with a link to all opinions that have this in common."""
    query = urlencode({"state": "all", **asked})
    address = reverse("admin:feedback_opinion_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, query, words)


@register.simple_tag(takes_context=True)
def ask_opinion(context):
    """Ask about the page that is being shown.

    A view says in `opinion_about` what the page is about, by the fields of
    feedback.on_screen.OnScreen, and in its "texts" what stands there beside the template's own.
    """
    if (shown := note_screen(context)) is None:
        return ""
    request = context["request"]
    return fragment(
        "feedback/_ask.html",
        same=(("applying", shown.kind == Opinion.Kind.APPLYING),),
        shown=signed(shown),
        back=request.get_full_path() if request.method == "GET" else "",
        csrf_token=context.get("csrf_token"),
    )


@register.simple_tag(takes_context=True)
def ask_opinion_anew(context):
    """Of a part that htmx brings: let the line at the foot be about what is shown now."""
    if (shown := note_screen(context)) is None:
        return ""
    field = '<input type="hidden" id="opinion-shown" name="shown" value="{}" hx-swap-oob="true">'
    return format_html(field, signed(shown))


@register.simple_tag(takes_context=True)
def count_errors(context):
    """Of a page that asks for no opinion: let the errors that it shows be counted."""
    note_screen(context)
    return ""


def note_screen(context):
    """Return what is on the screen, noted for who counts it (portal.insights.middleware)."""
    if (request := context.get("request")) is None:
        return None
    match = request.resolver_match
    template = context.template.origin.template_name  # a part's own name is that of the part
    about = {"route": match.view_name if match else "", **(context.get("opinion_about") or {})}
    form = context.get("form") or context.get("formset")
    request.on_screen = on_screen(template=template or "", form=form, **about)
    return request.on_screen
