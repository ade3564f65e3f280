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
    request = context.get("request")
    if request is None:
        return ""
    match = request.resolver_match
    about = dict(context.get("opinion_about") or {})
    shown = on_screen(
        route=match.view_name if match else "",
        template=context.template.name or "",
        form=context.get("form"),
        **about,
    )
    request.on_screen = shown  # for who counts what is shown (portal.insights.middleware)
    return fragment(
        "feedback/_ask.html",
        same=(("applying", shown.kind == Opinion.Kind.APPLYING),),
        shown=signed(shown),
        back=request.get_full_path() if request.method == "GET" else "",
        csrf_token=context.get("csrf_token"),
    )
