"""The calendar of the children's dates: at a secret address, as a file, and the addresses' page."""

from hashlib import sha256
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from childcare.access import children_of, for_child
from childcare.handover import calendar_feed
from portal import clock
from tasks.acts import Refused
from tasks.views import for_residents, page

CALENDAR = "text/calendar; charset=utf-8"


@cache_control(private=True, no_cache=True)
@require_safe
def feed(request, token):
    """Answer a calendar program, which has no sign-in: the address is the key.

    It asks again and again, so an unchanged calendar is told by its hash. There is no date of the
    last change: what goes away, such as a dose that was given, leaves none.
    """
    found = calendar_feed.feed_of(token)
    if found is None:
        raise Http404
    today = clock.today()
    with translation.override(found.resident.user.language):
        response = calendar(request, children_of(found.resident, today))
        response.headers["Content-Language"] = translation.get_language()
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    etag = f'"{sha256(response.content).hexdigest()}"'
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response)


@for_child
@require_safe
def file(request, resident, child):
    response = calendar(request, [child])
    response.headers["Content-Disposition"] = 'attachment; filename="annai.ics"'
    return response


def calendar(request, children) -> HttpResponse:
    entries = calendar_feed.entries_of(children, today=clock.today())
    url = request.build_absolute_uri(reverse("childcare:children"))
    return HttpResponse(calendar_feed.written(entries, url=url), content_type=CALENDAR)


@for_residents
def addresses(request, resident):
    if request.method == "POST":
        try:
            calendar_feed.create(resident=resident, by=request.user)
            messages.success(request, _("The address is made. Give it to your calendar program."))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("childcare:calendar-settings")
    today = clock.today()
    children = list(children_of(resident, today))
    context = {
        "resident": resident,
        "children": children,
        "feeds": [(one, address(request, one)) for one in calendar_feed.feeds_of(resident)],
        "most": calendar_feed.MOST_ADDRESSES,
        "entries": calendar_feed.entries_of(children, today=today),
    }
    return page(request, "childcare/calendar.html", context)


def address(request, feed) -> str:
    token = calendar_feed.token_of(feed)
    return request.build_absolute_uri(reverse("childcare:feed", args=[token]))


@for_residents
def revoke(request, resident, feed: UUID):
    if request.method == "POST":
        calendar_feed.revoke(resident=resident, feed=feed, by=request.user)
        messages.success(request, _("The address is revoked: it no longer works."))
    return redirect("childcare:calendar-settings")
