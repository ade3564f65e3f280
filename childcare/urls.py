from django.urls import include, path

from childcare import views
from childcare.after_birth import expecting_views
from childcare.handover import urls as handover_urls

app_name = "childcare"
urlpatterns = [
    path("", include("childcare.after_birth.urls")),
    path("", views.children, name="children"),
    path("expecting/", expecting_views.expecting, name="expecting"),
    path("<uuid:uuid>/", views.child, name="child"),
    path("<uuid:uuid>/enter/", views.enter, name="enter"),
    path("<uuid:uuid>/enter/<uuid:page_id>/undo/", views.undo_page, name="undo-page"),
    path("<uuid:uuid>/entry/<uuid:entry>/", views.correct, name="correct"),
    path("<uuid:uuid>/entry/<uuid:entry>/undo/", views.undo_entry, name="undo-entry"),
    path("<uuid:uuid>/compare/", views.compare, name="compare"),
    path("<uuid:uuid>/said/", views.say, name="say"),
    path("<uuid:uuid>/had/", views.had, name="had"),
    path("<uuid:uuid>/not-mine/<slug:kind>/", views.not_mine, name="not-mine"),
    path("<uuid:uuid>/not-mine/<slug:kind>/<int:pk>/", views.not_mine, name="not-mine"),
    *handover_urls.urlpatterns,
]
