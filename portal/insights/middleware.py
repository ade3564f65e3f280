"""Counts what was answered: by measure, route and language, and by nothing of who asked."""

import time

from django.conf import settings

from portal.insights.counter import counter, field
from portal.insights.models.use import Measure

ASKED_ALL_THE_TIME = {"livez", "healthz", "metrics", "service-worker"}
SIGN_IN = {"account_login", "demo:sign-in"}
TASK_PAGE = "tasks:task"
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
    """Return what the answer adds to: at most three fields, and one for each error shown."""
    match = request.resolver_match
    if not match or match.view_name in ASKED_ALL_THE_TIME:
        return []
    language = response.headers.get("Content-Language", "")
    language = language if language in LANGUAGES else ""
    shown = getattr(request, "on_screen", None)  # feedback.templatetags.opinions
    return [
        field(measure, about, language)
        for measure, about in [
            *of_the_answer(request, response, match.view_name),
            *of_the_screen(request, response, shown),
        ]
    ]


def of_the_answer(request, response, route: str) -> list[tuple[str, str]]:
    return [
        (measure, route)
        for measure, happened in (
            (Measure.PAGE, shows_a_page(request, response)),
            (Measure.SENT, request.method == "POST" and response.status_code in (302, 303)),
            (Measure.SIGN_IN, signs_in(request, response)),
        )
        if happened
    ]


def of_the_screen(request, response, shown) -> list[tuple[str, str]]:
    """Return what stood on the page that was made, if one was: a task's rule, and the errors."""
    if shown is None:
        return []
    errors = [(Measure.ERROR_SHOWN, error_about(shown, error)) for error in shown.errors]
    if shown.route == TASK_PAGE and shows_a_page(request, response):
        return [(Measure.TASK_SEEN, shown.rule), *errors]
    return errors


def error_about(shown, error: str) -> str:
    """Return where an error was shown, and which: route, question of a procedure, field and code.

    "account_login login:invalid", "applications:question child-allowance/account answer:required".
    """
    place = f"{shown.procedure}/{shown.question}" if shown.question else ""
    return " ".join(part for part in (shown.route, place, error) if part)


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
