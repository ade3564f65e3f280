from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from portal.health import healthz

handler500 = "portal.errors.failed"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("account/", include("portal.accounts.urls")),
    path("staff/", admin.site.urls),
    path("reminders/", include("tasks.reminders.urls")),
    path("", include("tasks.urls")),
]
if apps.is_installed("portal.demo"):
    urlpatterns.append(path("demo/", include("portal.demo.urls")))
