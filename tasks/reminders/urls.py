from django.urls import path

from tasks.reminders import views

app_name = "reminders"
urlpatterns = [
    path("stop/<str:token>/", views.stop, name="stop"),
    path("mail/", views.mail, name="mail"),
    path("devices/", views.add_device, name="add-device"),
    path("devices/<int:device_id>/remove/", views.remove_device, name="remove-device"),
]
