"""Counts what was answered: by measure, route and language, and by nothing of who asked."""

import time

from django.conf import settings

from portal.insights.counter import counter, field
from portal.insights.models.use import Measure

ASKED_ALL_THE_TIME = {"livez", "healthz", "metrics", "service-worker"}
SIGN_IN = {"account_login", "demo:sign-in"}
LANGUAGES = set(dict(settings.LANGUAGES))


class UseMiddleware:
    """Adds each answer to the sums of its minute.

    Stands outside the session, so that it sees whether an answer begins one. Parts of a page that
    htmx asks for are not pages; what was refused or went wrong is in the metrics.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        counter.count(fields(request, response), now=time.time())
        return response


def fields(request, response) -> list[str]:
    """Return what the answer adds to: at most two fields."""
    match = request.resolver_match
    if not match or match.view_name in ASKED_ALL_THE_TIME:
        return []
    language = response.headers.get("Content-Language", "")
    language = language if language in LANGUAGES else ""
    return [
        field(measure, match.view_name, language)
        for measure, happened in (
            (Measure.PAGE, shows_a_page(request, response)),
            (Measure.SENT, request.method == "POST" and response.status_code in (302, 303)),
            (Measure.SIGN_IN, signs_in(request, response)),
        )
        if happened
    ]


def shows_a_page(request, response) -> bool:
    return (
        request.method == "GET"
        and response.status_code == 200
        and "HX-Request" not in request.headers
    )


def signs_in(request, response) -> bool:
    """Tell whether the sign-in page led on, with a session that the browser did not have."""
    if request.method != "POST" or response.status_code != 302:
        return False
    if request.resolver_match.view_name not in SIGN_IN:
        return False
    session = response.cookies.get(settings.SESSION_COOKIE_NAME)
    return bool(session and session.value)
