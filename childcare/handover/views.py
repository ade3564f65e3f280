"""Checkups as they were reported, and the record as it is handed on."""

from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from childcare.access import for_child
from childcare.checkups.page import CheckupsPage
from childcare.growth.measurements import checkups_of, entries_of, measurements_of
from childcare.handover import fhir, sheet
from childcare.record import records_of
from portal import clock
from tasks.views import for_residents, page


@for_child
@require_safe
def checkups(request, resident, child):
    context = {
        "resident": resident,
        "child": child,
        "shown": CheckupsPage(child, records_of([child.pk])[child.pk], today=clock.today()),
        "own": resident != child,
        "today": clock.today(),
    }
    return page(request, "childcare/checkups.html", context)


@for_residents
@require_safe
def own_checkups(request, resident):
    """Show a resident's own checkups: of pregnancies, and after births."""
    record = records_of([resident.pk])[resident.pk]
    context = {"resident": resident, "checkups": checkups_of(resident, record)[::-1]}
    return page(request, "childcare/own_checkups.html", context)


@for_child
@require_safe
def record_file(request, resident, child):
    record = records_of([child.pk])[child.pk]
    bundle = fhir.bundle(child, record, measured(child, record), at=clock.localtime())
    name = f"annai-record-{clock.today()}.json"
    return JsonResponse(
        bundle,
        content_type=fhir.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )


@for_child
@require_safe
def print_sheet(request, resident, child):
    """Show the record as a sheet of paper, in the language asked for, whatever the site's."""
    record = records_of([child.pk])[child.pk]
    doses = sheet.doses_of(child, record)
    context = {
        "resident": resident,
        "child": child,
        "record": record,
        "vaccines": sheet.by_vaccine(doses),
        "sources": sheet.sources_of(doses),
        "doubts": any(dose.doubt for dose in doses),
        "measurements": measured(child, record),
        "today": clock.today(),
    }
    asked = request.GET.get("language")
    language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(language):
        response = render(request, "childcare/print.html", context | {"language": language})
        response.headers["Content-Language"] = language
    return response


def measured(child, record):
    return measurements_of(record, checkups_of(child, record), entries_of(child))
