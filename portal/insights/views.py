"""The figures for everyone: the page, its files, and what their columns mean."""

from datetime import date

from django.conf import settings
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from portal import clock
from portal.applications.called import procedure_names
from portal.insights import open_data
from portal.insights.models import Measure, Week
from portal.insights.open_data import MEANINGS, as_text
from portal.insights.published import municipalities, published
from portal.readable import readable
from portal.residents.codes import holds_my_number

LONGEST_NAME = 60  # of a municipality that is looked for


@require_safe
def dashboard(request):
    today = clock.today()
    asked = readable(request.GET.get("municipality", ""))[:LONGEST_NAME].strip()
    if holds_my_number(asked):
        return redirect("insights:dashboard")
    context = {
        "figures": published(today=today),
        "asked": asked,
        "found": municipalities(asked, today=today) if asked else [],
        **licence(),
    }
    return render(request, "insights/dashboard.html", context)


@require_safe
def dictionary(request):
    context = {
        "measures": [(one.value, one.label, MEANINGS[one]) for one in Measure],
        "procedures": procedure_names(),
        "counted_at": open_data.counted_at(),
        **licence(),
    }
    return render(request, "insights/dictionary.html", context)


@require_safe
def totals_file(request, kind):
    return as_file(open_data.totals(), kind, "figures")


@require_safe
def week_file(request, monday, kind):
    try:
        monday = date.fromisoformat(monday)
    except ValueError:
        raise Http404 from None
    if not Week.objects.filter(monday=monday, closed=True).exists():
        raise Http404
    return as_file(open_data.of_week(monday), kind, f"figures-{monday}")


def as_file(figures, kind, name):
    counted_at = open_data.counted_at()
    if kind == "csv":
        answer = StreamingHttpResponse(
            open_data.csv_lines(figures), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    else:
        about = licence() | {"counted_at": as_text(counted_at)}
        answer = StreamingHttpResponse(
            open_data.json_lines(figures, about=about), content_type="application/json"
        )
    if counted_at:
        answer["Last-Modified"] = http_date(counted_at.timestamp())
    return answer


def licence() -> dict:
    return {"licence": settings.FIGURES_LICENCE, "licence_url": settings.FIGURES_LICENCE_URL}
