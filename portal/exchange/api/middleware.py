"""The API's requests go straight to their call: past sessions, cookies, CSRF and pages' languages.

Stands behind the middleware that gives each request its id and tells of it, so that calls are in
logs and metrics by their route as pages are. They are no pages, so the counts of use lack them.
"""

import logging

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from portal.errors import RETRY_AFTER
from portal.exchange.api import problems
from portal.exchange.api.problems import Problem
from portal.exchange.api.receiving import read_small

logger = logging.getLogger(__name__)

BEGINS, PAGES = "/api/", "api-pages"
WITH_VALUES = {"api-token", "replay_webhook"}  # the others have no body, or read it by themselves
# No browser shows these answers, and none should take them for a page of ours.
POLICY = "default-src 'none'; frame-ancestors 'none'"


class ApiMiddleware:
    """Answers everything under /api/ but the pages there."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(BEGINS):
            return self.get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            match = None
        if match and match.namespace == PAGES:
            return self.get_response(request)
        request.resolver_match = match
        with translation.override(language_of(request)):
            return finished(request, answered(request, match))


def language_of(request) -> str:
    """Return in which language problems are told: as asked for, else the portal's own."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if (language := code.partition("-")[0]) in dict(settings.LANGUAGES):
            return language
    return settings.LANGUAGE_CODE


def answered(request, match):
    try:
        request.get_host()  # raises where it is not ours, as for pages
        if match is None:
            raise Http404
        if match.url_name in WITH_VALUES and request.method == "POST":
            read_small(request)
        response = match.func(request, *match.args, **match.kwargs)
    except Exception as error:
        return problem_of(request, error)
    if response.status_code < 400 or is_told(response):
        return response
    return told(request, response)


def is_told(response) -> bool:
    """Tell whether an answer is a problem document already, or an error in OAuth's own form."""
    return response.headers.get("Content-Type") == problems.CONTENT_TYPE or getattr(
        response, "in_oauths_form", False
    )


def told(request, response):
    """Return the problem for an answer of another form, with its headers: a 405 of ninja's, say."""
    document = problems.answer(request, Problem(problems.of_status(response.status_code)))
    document.status_code = response.status_code
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            document.headers[name] = response.headers[name]
    return document


def finished(request, response):
    """Add what every answer has. No cookie is set, and nothing is kept by whoever passes it on."""
    response.cookies.clear()
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if not response.streaming and "Content-Length" not in response.headers:
        response.headers["Content-Length"] = str(len(response.content))
    return response


def problem_of(request, error: Exception):
    """Return the document for what was raised; what nobody foresaw is logged, and 500."""
    problem = known(error)
    if problem is None:
        got_request_exception.send(sender=None, request=request)
        logger.error("A call failed", exc_info=error)
        problem = Problem(problems.FAILED)
    return problems.answer(request, problem)


def known(error: Exception) -> Problem | None:
    match error:
        case Problem():
            return error
        case Throttled():
            return Problem(problems.TOO_MANY, headers={"Retry-After": error.wait or 1})
        case AuthenticationError():
            return Problem(problems.NOT_SIGNED_IN, headers={"WWW-Authenticate": "Bearer"})
        case ValidationError():
            return Problem(problems.NOT_VALID, errors=[said(one) for one in error.errors])
        case HttpError():
            return Problem(problems.of_status(error.status_code))
        case Http404():
            return Problem(problems.NOT_FOUND)
        case PermissionDenied():
            return Problem(problems.MAY_NOT)
        case RequestDataTooBig():
            return Problem(problems.TOO_LARGE)
        case SuspiciousOperation() | UnreadablePostError():
            return Problem(problems.BAD_REQUEST)
        case InterfaceError() | OperationalError():
            logger.warning("The database did not answer", extra={"why": type(error).__name__})
            return Problem(problems.NOT_AVAILABLE, headers={"Retry-After": RETRY_AFTER})
    return None


def said(error: dict) -> dict:
    """Return one error of a value: where it stands and what is wrong, never what it was."""
    place, *path = error["loc"]
    if place == "body":
        # The first is the name of the call's own parameter, which no sender knows.
        where = {"pointer": "#" + "".join(f"/{part}" for part in path[1:])}
    else:
        where = {"in": place, "name": ".".join(map(str, path))}
    return {**where, "detail": error["msg"]}
