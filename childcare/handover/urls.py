"""Addresses of growth, checkups and what is handed on; childcare.urls takes them in."""

from django.urls import path

from childcare.growth import views as growth_views
from childcare.handover import calendar_views
from childcare.handover import views as handover_views

urlpatterns = [
    path("calendar/", calendar_views.addresses, name="calendar-settings"),
    path("calendar/<uuid:feed>/revoke/", calendar_views.revoke, name="revoke-calendar"),
    path("calendar/<str:token>.ics", calendar_views.feed, name="feed"),
    path("<uuid:uuid>/calendar.ics", calendar_views.file, name="calendar"),
    path("own-checkups/", handover_views.own_checkups, name="own-checkups"),
    path("<uuid:uuid>/checkups/", handover_views.checkups, name="checkups"),
    path("<uuid:uuid>/record.json", handover_views.record_file, name="fhir"),
    path("<uuid:uuid>/print/", handover_views.print_sheet, name="print"),
    path("<uuid:uuid>/growth/", growth_views.growth, name="growth"),
    path("<uuid:uuid>/growth/measure/", growth_views.measure, name="measure"),
    path(
        "<uuid:uuid>/growth/<uuid:entry>/take-back/",
        growth_views.take_back,
        name="take-back-measurement",
    ),
]
