from django.urls import path

from tasks.reminders import views

app_name = "reminders"
urlpatterns = [
    path("stop/<str:token>/", views.stop, name="stop"),
]
