from django.urls import path

from childcare import views

app_name = "childcare"
urlpatterns = [
    path("", views.children, name="children"),
    path("<uuid:uuid>/", views.child, name="child"),
]
