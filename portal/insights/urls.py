from django.urls import path, re_path

from portal.insights import views

app_name = "insights"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("dictionary/", views.dictionary, name="dictionary"),
    re_path(r"^figures\.(?P<kind>csv|json)$", views.totals_file, name="totals-file"),
    re_path(
        r"^weeks/(?P<monday>\d{4}-\d\d-\d\d)\.(?P<kind>csv|json)$",
        views.week_file,
        name="week-file",
    ),
]
