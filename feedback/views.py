"""Giving an opinion: from the foot of a page, or about anything. Without signing in too.

Each answers a post with a page of its own and does not send the browser on: where somebody came
from would else stand in an address, and so in logs. Posted again, it is the same opinion.
"""

import logging
from uuid import uuid4

from allauth.core import ratelimit
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from feedback.forms import FreeForm, MarkForm, MoreForm
from feedback.give import mark, say_freely, say_more
from feedback.improvements import newest
from feedback.mask import KINDS
from feedback.models import Opinion
from feedback.on_screen import read
from portal import clock

MOST_SHOWN = 50
logger = logging.getLogger(__name__)


@never_cache
def mark_page(request):
    """Keep a yes or no at once, and ask why."""
    if request.method != "POST":
        return redirect("feedback:free")  # the language was changed here, or the address typed in
    form = MarkForm(request.POST)
    shown = read(request.POST.get("shown", ""))
    marks = form.marks(shown.kind) if form.is_valid() and shown else {}
    if too_many(request):
        return refused(request, form, say_too_many(), status=429)
    if not marks:
        return refused(request, form, why_not_kept(form), status=422)
    opinion = mark(
        shown,
        **marks,
        browser=request.META.get("CSRF_COOKIE") or str(uuid4()),
        day=clock.today(),
        width=form.cleaned_data["width"],
        municipality_id=municipality_of(request),
    )
    more = MoreForm(may_ask=may_ask(request), initial={"opinion": opinion.uuid})
    return render(request, "feedback/more.html", more_context(request, more, opinion))


def why_not_kept(form) -> str:
    if "website" in form.errors:
        return form.errors["website"][0]
    return _(
        "Go back to the page and press again, or write here what you think. From what was sent, "
        "nobody can tell which page it is about."
    )


def refused(request, form, why: str, *, status: int):
    """Say why a mark was not kept, and offer to write instead."""
    context = {
        "form": FreeForm(may_ask=may_ask(request)),
        "mistakes": [("", why)],
        "back": safe_back(request),
    }
    return render(request, "feedback/free.html", context, status=status)


@never_cache
def more_page(request):
    """Add why to a mark."""
    if request.method != "POST":
        return redirect("feedback:free")  # the language was changed here, or the address typed in
    form = MoreForm(request.POST, may_ask=may_ask(request))
    if "opinion" in form.errors:
        return say_it_freely(request, request.POST.get("text", ""))
    if not form.is_valid():
        return more_again(request, form, mistakes(form), status=422)
    if too_many(request):
        return more_again(request, form, [("", say_too_many())], status=429)
    said = form.cleaned_data
    try:
        opinion, masked = say_more(
            said["opinion"],
            text=said["text"],
            reasons=said["reasons"],
            asker=asker(request, said),
        )
    except Opinion.DoesNotExist:
        return say_it_freely(request, said["text"])
    return thanks(request, opinion, masked)


def say_it_freely(request, text: str):
    """Offer to send what can no longer be added to its mark, or to none that is known."""
    why = _("Send it from here. More than an hour has passed, or it is being read already.")
    context = {
        "form": FreeForm(may_ask=may_ask(request), initial={"text": text}),
        "mistakes": [("", why)],
        "back": safe_back(request),
    }
    return render(request, "feedback/free.html", context, status=410)


def more_again(request, form, wrong, *, status: int):
    opinion = Opinion.objects.filter(uuid=form.cleaned_data.get("opinion")).first()
    context = more_context(request, form, opinion) | {"mistakes": wrong}
    return render(request, "feedback/more.html", context, status=status)


def more_context(request, form, opinion) -> dict:
    return {
        "form": form,
        "opinion": opinion,
        "asks_why": opinion is None or opinion.clear is False or (opinion.rating or 5) <= 2,
        "back": safe_back(request),
    }


@never_cache
def free_page(request):
    """Keep an opinion about anything."""
    if request.method != "POST":
        form = FreeForm(may_ask=may_ask(request))
        return render(request, "feedback/free.html", {"form": form})
    form = FreeForm(request.POST, may_ask=may_ask(request))
    context = {"form": form, "back": safe_back(request)}
    if not form.is_valid():
        return render(
            request, "feedback/free.html", context | {"mistakes": mistakes(form)}, status=422
        )
    if too_many(request):
        wrong = {"mistakes": [("", say_too_many())]}
        return render(request, "feedback/free.html", context | wrong, status=429)
    said = form.cleaned_data
    opinion, masked = say_freely(
        once=said["once"],
        text=said["text"],
        language=get_language(),
        municipality_id=municipality_of(request),
        asker=asker(request, said),
    )
    return thanks(request, opinion, masked)


@require_safe
def improvements(request):
    """“You said, we did”: the newest, with what the figures say."""
    return render(request, "feedback/improvements.html", {"shown": newest(MOST_SHOWN)})


def thanks(request, opinion, masked):
    kinds = [KINDS[kind] for kind in masked]
    context = {"opinion": opinion, "masked": kinds, "back": safe_back(request)}
    return render(request, "feedback/thanks.html", context)


def mistakes(form) -> list[tuple[str, str]]:
    return [
        (form[name].auto_id if name in ("text", "reasons") else "", error)
        for name, errors in form.errors.items()
        for error in errors
    ]


def too_many(request) -> bool:
    """Tell whether so much came from this address that a person would hardly have pressed it all.

    Without Valkey nobody counts, and the opinion is kept.
    """
    try:
        return not ratelimit.consume(request, action="opinion")
    except RedisError as error:
        logger.warning("Opinions are not counted", extra={"error": type(error).__name__})
        return False


def say_too_many() -> str:
    return _("Wait a minute, then send it again. Very many opinions came from your network.")


def safe_back(request) -> str:
    """Return the address of the page that somebody came from, on this portal; "" for none."""
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""


def may_ask(request) -> bool:
    """An answer reaches a resident in the inbox, so somebody who signed in."""
    return getattr(request.user, "resident", None) is not None


def asker(request, said: dict):
    return request.user.resident if said.get("answer") else None


def municipality_of(request) -> int | None:
    return request.user.resident.municipality_id if may_ask(request) else None
