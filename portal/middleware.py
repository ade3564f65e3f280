"""Every request gets an id, and is told of in the log and in the metrics."""

import logging
import re
import time
from uuid import uuid4

from structlog.contextvars import bound_contextvars

from portal.metrics import REQUEST_SECONDS

logger = logging.getLogger(__name__)

# As proxies make them: a UUID, or as many hexadecimal digits. Anything else that a browser sends
# might be a name, or a line of its own in the log.
LOOKS_LIKE_AN_ID = re.compile(r"[0-9a-f-]{16,64}", re.ASCII | re.IGNORECASE)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
ASKED_ALL_THE_TIME = {"livez", "healthz", "metrics"}


class WatchMiddleware:
    """Says how a request was answered, by the name of its route and never by its address.

    Stands behind the static files, which are not worth a line each.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = time.perf_counter()
        request_id = id_of(request)
        with bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            tell(request, response, seconds=time.perf_counter() - started)
        response.headers["X-Request-ID"] = request_id
        return response


def id_of(request) -> str:
    """Return the id that a proxy gave the request, or a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if LOOKS_LIKE_AN_ID.fullmatch(given) else uuid4().hex


def tell(request, response, *, seconds: float) -> None:
    match = request.resolver_match
    route = match.view_name if match else "none"
    method = request.method if request.method in METHODS else "other"
    REQUEST_SECONDS.labels(method, route, response.status_code).observe(seconds)
    quiet = route in ASKED_ALL_THE_TIME and response.status_code == 200
    logger.log(
        logging.DEBUG if quiet else logging.INFO,
        "Request answered",
        extra={
            "method": method,
            "route": route,
            "status": response.status_code,
            "seconds": round(seconds, 4),
        },
    )
