"""What a visitor reads when a request fails for a reason of ours, or could not be read."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.shortcuts import render
from django.views.defaults import bad_request, server_error

RETRY_AFTER = 10  # seconds


def failed(request):
    """Answer 503 where the database is the reason, else 500, with pages that do without it.

    Called by Django while it handles the error. Either page has both languages, since the choice
    of one is in the database.
    """
    if not isinstance(sys.exc_info()[1], (InterfaceError, OperationalError)):
        return server_error(request)
    response = render(None, "503.html", status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    return response


def unreadable(request, exception):
    """Answer 413 where more was typed or pasted than anybody reads, else 400."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return bad_request(request, exception)
