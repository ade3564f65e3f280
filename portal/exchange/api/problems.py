"""What the API answers when something is wrong: problem details by RFC 9457, and nothing else.

Each kind of problem has a name, a status, a title, and an explanation on a page of its own; the
`type` of an answer is that page's address.
"""

import json
import logging
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from structlog.contextvars import bound_contextvars, get_contextvars

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
KINDS: dict[str, "Kind"] = {}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of problem. `what_to_do` is read on its page, `title` in every answer."""

    name: str
    status: int
    title: str | Promise
    what_to_do: str | Promise

    @property
    def address(self) -> str:
        return f"{settings.PORTAL_URL}/api/problems/{self.name}/"


class Problem(Exception):
    """A request that can't be answered as asked: raised anywhere below the API, answered by it.

    `detail` says what is wrong with this very request, never what a line or a body said.
    `more` are further members of the document, `headers` of the answer.
    """

    def __init__(self, kind: Kind, detail="", *, headers: dict | None = None, **more):
        super().__init__(kind.name, str(detail))
        self.kind, self.detail, self.headers, self.more = kind, detail, headers or {}, more


def kind(name: str, status: int, title, what_to_do) -> Kind:
    """Register a kind of problem. Raises ValueError for a name taken by another."""
    if name in KINDS:
        raise ValueError(f'The kind of problem "{name}" is registered twice. Rename one.')
    KINDS[name] = Kind(name=name, status=status, title=title, what_to_do=what_to_do)
    return KINDS[name]


def answer(request, problem: Problem) -> HttpResponse:
    """Return the problem document, in the language that is active."""
    document = {
        "type": problem.kind.address,
        "title": str(problem.kind.title),
        "status": problem.kind.status,
        "detail": str(problem.detail or problem.kind.what_to_do),
        "instance": escape_uri_path(request.path),
        "request_id": get_contextvars().get("request_id", ""),
        **problem.more,
    }
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False, default=str),
        status=problem.kind.status,
        content_type=CONTENT_TYPE,
    )
    for name, value in problem.headers.items():
        response.headers[name] = str(value)
    response.headers["Content-Language"] = get_language()
    return response


def unread(status: int) -> HttpResponse:
    """Return the document for a request that the web server could not read (gunicorn.conf.py)."""
    request = HttpRequest()
    request.path = "/api/v1/"
    with (
        bound_contextvars(request_id=uuid4().hex),
        translation.override(settings.LANGUAGE_CODE),  # which one it asked for was not read
    ):
        response = answer(request, Problem(of_status(status)))
        response.headers["X-Request-ID"] = get_contextvars()["request_id"]
        logger.info("A request could not be read", extra={"status": response.status_code})
    return response


def of_status(status: int) -> Kind:
    """Return what is said of a status where nobody said more."""
    return _OF_STATUS.get(status) or (FAILED if status >= 500 else BAD_REQUEST)


BAD_REQUEST = kind(
    "bad-request",
    400,
    _("The request can’t be read"),
    _("Check the address, the headers and the body against the description of the call."),
)
NOT_SIGNED_IN = kind(
    "not-signed-in",
    401,
    _("A key or token is missing"),
    _("Send it as “Authorization: Bearer …”. The office that runs the portal gives keys."),
)
NOT_GOOD = kind(
    "key-not-good",
    401,
    _("The key or token is not good, or no longer"),
    _(
        "A token lasts an hour: fetch a new one. A key that has ended is replaced by the office "
        "that runs the portal; check also that it was copied whole."
    ),
)
INACTIVE = kind(
    "connection-inactive",
    403,
    _("This connection is switched off"),
    _("The key is right, but the office has switched the connection off. Ask it why."),
)
MAY_NOT = kind(
    "not-yours",
    403,
    _("This connection may not do that"),
    _(
        "A connection sends facts of its own source, of the kinds agreed, about residents of its "
        "municipality. Nothing was changed. Ask the office if more is needed."
    ),
)
NOT_FOUND = kind(
    "not-found",
    404,
    _("There is nothing at this address"),
    _("Check the address. What belongs to another connection is not found either."),
)
WRONG_METHOD = kind(
    "method-not-allowed",
    405,
    _("This address is asked in another way"),
    _("The header “Allow” names the methods that the address knows."),
)
HEAD_TOO_SLOW = kind(
    "request-too-slow",
    408,
    _("The request came too slowly"),
    _("Its address and headers were not there in time. Nothing was changed. Send it again."),
)
TOO_LARGE = kind(
    "too-large",
    413,
    _("The body is too large"),
    _("Send it in several requests; every order and every split ends the same."),
)
ADDRESS_TOO_LONG = kind(
    "address-too-long",
    414,
    _("The address is too long"),
    _("Method and address together have at most 4,094 bytes."),
)
WRONG_TYPE = kind(
    "unsupported-content",
    415,
    _("The body is of a type that is not taken"),
    _("Compare “Content-Type” and “Content-Encoding” with the description of the call."),
)
NOT_VALID = kind(
    "not-valid",
    422,
    _("A value is missing or not valid"),
    _("The member “errors” names each value and what is wrong with it."),
)
TOO_MANY = kind(
    "too-many-requests",
    429,
    _("Too many requests"),
    _("Wait for as many seconds as the header “Retry-After” says, then go on."),
)
HEADERS_TOO_LARGE = kind(
    "headers-too-large",
    431,
    _("Too many headers, or too large ones"),
    _("A request has at most 100 headers, of at most 8,190 bytes each."),
)
FAILED = kind(
    "failed",
    500,
    _("The portal has failed"),
    _(
        "The reason is the portal’s. Send the request again later; if it stays, tell the office "
        "the “request_id”."
    ),
)
NOT_AVAILABLE = kind(
    "not-available",
    503,
    _("The portal can’t answer at the moment"),
    _("Wait for as many seconds as the header “Retry-After” says, then send the request again."),
)

_OF_STATUS = {
    one.status: one
    for one in (
        *(BAD_REQUEST, NOT_SIGNED_IN, MAY_NOT, NOT_FOUND, WRONG_METHOD, TOO_LARGE, WRONG_TYPE),
        *(NOT_VALID, TOO_MANY, FAILED, NOT_AVAILABLE),
        *(HEAD_TOO_SLOW, ADDRESS_TOO_LONG, HEADERS_TOO_LARGE),
    )
}
