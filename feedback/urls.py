from django.urls import path

from feedback import views

app_name = "feedback"
urlpatterns = [
    path("", views.free_page, name="free"),
    path("mark/", views.mark_page, name="mark"),
    path("improvements/", views.improvements, name="improvements"),
    path("more/", views.more_page, name="more"),
]
