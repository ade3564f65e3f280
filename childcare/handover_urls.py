"""Addresses of growth, checkups and what is handed on; childcare.urls takes them in."""

from django.urls import path

from childcare import growth_views

urlpatterns = [
    path("<uuid:uuid>/growth/", growth_views.growth, name="growth"),
    path("<uuid:uuid>/growth/measure/", growth_views.measure, name="measure"),
    path(
        "<uuid:uuid>/growth/<uuid:entry>/take-back/",
        growth_views.take_back,
        name="take-back-measurement",
    ),
]
