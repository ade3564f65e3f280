"""What the calls that bring facts have in common: the body, its problems, and the sender's key."""

from hashlib import sha256

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from portal.exchange.api import problems
from portal.exchange.api.problems import Problem
from portal.exchange.models import KeyedCall
from portal.exchange.uploads import body, idempotency

KEY_HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
SMALL = 64 * 1024  # bytes

CUT_OFF = problems.kind(
    "body-cut-off",
    400,
    _("The body has broken off"),
    _(
        "It ended before its length, in the midst of a line, or in the midst of what was packed. "
        "Nothing was changed and nothing of it was kept. Send it again as a whole."
    ),
)
TOO_SLOW = problems.kind(
    "body-too-slow",
    408,
    _("The body came too slowly"),
    _(
        "Nothing was changed and nothing of it was kept. Send it packed with gzip, or in several "
        "requests; every split ends the same."
    ),
)
TOO_TIGHT = problems.kind(
    "packed-too-tightly",
    413,
    _("The body unpacks to far more than was sent"),
    _(
        "So much more than facts do that it was not unpacked to its end. Nothing was changed. "
        "Send it without gzip."
    ),
)
NOT_GZIP = problems.kind(
    "not-gzip",
    400,
    _("The body is not what “Content-Encoding: gzip” says"),
    _(
        "It is not packed with gzip, is damaged, or something else follows it. Nothing was "
        "changed. Pack it again, or leave out the header."
    ),
)
BAD_KEY = problems.kind(
    "idempotency-key-not-valid",
    400,
    _("The “Idempotency-Key” is not a key"),
    _("Send 1 to 255 visible ASCII characters, such as a UUID, a new one for each call."),
)
OTHER_BODY = problems.kind(
    "idempotency-key-used",
    422,
    _("The “Idempotency-Key” was used for another call"),
    _(
        "The key has come with another body, or to another address. Nothing was changed. Take a "
        "new key for a new call; a key is kept for 24 hours."
    ),
)
RUNNING = problems.kind(
    "idempotency-key-running",
    409,
    _("The call with this “Idempotency-Key” still runs"),
    _("Wait for as many seconds as the header “Retry-After” says, then send it again."),
)
OF_CODE = {
    body.CUT_OFF: CUT_OFF,
    body.TOO_SLOW: TOO_SLOW,
    body.TOO_LARGE: problems.TOO_LARGE,
    body.TOO_TIGHT: TOO_TIGHT,
    body.NOT_GZIP: NOT_GZIP,
}

# What the OpenAPI document says of every call that takes a body.
BODY_REFUSALS = {
    "400": {"description": "The body broke off, or is not what its headers say."},
    "408": {"description": "The body came too slowly."},
    "409": {"description": "The call with this Idempotency-Key still runs."},
    "413": {"description": "The body is too large."},
    "415": {"description": "The body is of a type that is not taken."},
}
KEY_PARAMETER = {
    "in": "header",
    "name": KEY_HEADER,
    "required": False,
    "schema": {"type": "string", "pattern": '^(?:"[!#-\\[\\]-~]{1,255}"|[!#-\\[\\]-~]{1,255})$'},
    "description": "The same key and body get the stored answer again, for 24 hours.",
}


def check_content(request, types: set[str]) -> None:
    """Raise Problem where the body is of a type or an encoding that is not taken."""
    given = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if given and given not in types:
        raise Problem(problems.WRONG_TYPE, headers={"Accept-Post": ", ".join(sorted(types))})
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip"}:
        raise Problem(problems.WRONG_TYPE, headers={"Accept-Encoding": "gzip"})


def call_of(request) -> KeyedCall | None:
    """Return the call that the sender has named by a key: ours to do, or done before."""
    header = request.headers.get(KEY_HEADER)
    if header is None:
        return None
    key = idempotency.key_in(header)
    if key is None:
        raise Problem(BAD_KEY)
    try:
        return idempotency.begin(request.auth, key=key, path=request.path)
    except idempotency.OtherBody as error:
        raise Problem(OTHER_BODY) from error
    except idempotency.Running as running:
        raise Problem(RUNNING, headers={"Retry-After": running.wait}) from running


def same_body(request, call: KeyedCall, *, at_most: int) -> None:
    """Raise Problem unless the body is the one that the call had; nothing of it is kept."""
    digest = sha256()
    with refusals():
        for data in body.body_of(request, at_most=at_most):
            digest.update(data)
    if digest.hexdigest() != call.digest:
        raise Problem(OTHER_BODY)


def read_small(request) -> None:
    """Read a body of a few values for whoever asks Django for it, which would wait for good."""
    with refusals():
        request._body = b"".join(body.body_of(request, at_most=SMALL))


class refusals:
    """Tell whatever is wrong with a body as a problem."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, body.BodyRefused):
            raise Problem(OF_CODE[error.code]) from error


def replayed(call: KeyedCall) -> HttpResponse:
    """Return the answer that the call got, letter by letter."""
    response = HttpResponse(
        call.answer["text"],
        status=call.status,
        headers=call.answer["headers"],
        content_type="application/json",
    )
    response.headers[REPLAYED] = "true"
    return response


def answer(call: KeyedCall | None, status: int, content: dict, **headers) -> JsonResponse:
    """Return an answer, and keep it for a call with a key."""
    response = readable(content, status, headers)
    if call:
        text = response.content.decode()
        idempotency.answered(call, status, {"text": text, "headers": headers})
    return response


def readable(content: dict, status: int, headers: dict) -> JsonResponse:
    """Return an answer with its Japanese written as such."""
    readable = {"ensure_ascii": False}
    return JsonResponse(content, status=status, headers=headers, json_dumps_params=readable)
