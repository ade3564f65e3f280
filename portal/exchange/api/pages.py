"""The public pages of the API: all calls in plain words, each kind of problem, the reference."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from portal.exchange.api import api, reference
from portal.exchange.api.calls import CALLS
from portal.exchange.api.problems import KINDS
from portal.exchange.api.reference import Piece, pieces
from portal.exchange.connections.examples import api_address, begin_with, token_line
from portal.exchange.lines.formats import KINDS as KINDS_OF_LINES
from portal.exchange.lines.meanings import described


@require_safe
def catalogue(request):
    address = api_address()
    calls = [call._replace(lines=call.lines.replace("{api}", address)) for call in CALLS]
    context = {
        "address": address,
        "begin": begin_with(),
        "token": token_line(),
        "calls": calls,
        "kinds": sorted(KINDS.values(), key=lambda kind: (kind.status, kind.name)),
        "lines": [(kind, fields(kind)) for kind in KINDS_OF_LINES],
        "day_bytes": settings.EXCHANGE_DAY_BYTES,
    }
    return render(request, "exchange/catalogue.html", context)


def fields(kind: str) -> list[tuple[str, bool, list[Piece]]]:
    """Return the fields of a line of this kind: names, whether required, meanings."""
    return [(name, required, pieces(str(text))) for name, required, text in described(kind)]


@require_safe
def problem(request, name):
    if name not in KINDS:
        raise Http404
    return render(request, "exchange/problem.html", {"kind": KINDS[name]})


@require_safe
def reference_page(request):
    document = api.get_openapi_schema()
    context = {
        "calls": reference.calls(document),
        "shapes": reference.shapes(document),
        "everywhere": reference.everywhere(),
    }
    return render(request, "exchange/reference.html", context)


app_name = "api-pages"
urlpatterns = [
    path("", catalogue, name="catalogue"),
    path("reference/", reference_page, name="reference"),
    path("problems/<slug:name>/", problem, name="problem"),
]
