from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from portal.exchange.api import api, oauth, pages
from portal.health import healthz, livez
from portal.metrics import metrics
from tasks.reminders.views import service_worker

handler400 = "portal.errors.unreadable"
handler500 = "portal.errors.failed"

urlpatterns = [
    path("livez", livez, name="livez"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("account/", include("portal.accounts.urls")),
    path("staff/", admin.site.urls),
    path("reminders/", include("tasks.reminders.urls")),
    path("children/", include("childcare.urls")),
    path("applications/", include("portal.applications.urls")),
    path("opinions/", include("feedback.urls")),
    path("api/v1/oauth/token", oauth.token, name="api-token"),
    path("api/v1/", api.urls),
    path("api/", include(pages)),
    path("figures/", include("portal.insights.urls")),
    path("service-worker.js", service_worker, name="service-worker"),
    path("", include("tasks.urls")),
]
if apps.is_installed("portal.demo"):
    urlpatterns.append(path("demo/", include("portal.demo.urls")))
