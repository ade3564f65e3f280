from django.urls import path, register_converter

from portal.demo import views
from portal.demo.receiver import receive


class MailName:
    """The name of a file in the folder of mails, and of no other file."""

    regex = r"\d{8}T\d{6}\.\d{6}-[0-9a-f]{8}"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(MailName, "mail")

app_name = "demo"
urlpatterns = [
    path("", views.sign_in, name="sign-in"),
    path("mails/", views.mail_list, name="mails"),
    path("mails/<mail:name>/", views.show_mail, name="mail"),
    path("mails/<mail:name>/html/", views.mail_html, name="mail-html"),
    path("mails/<mail:name>/source/", views.mail_source, name="mail-source"),
    path("mails/<mail:name>/unsubscribe/", views.unsubscribe, name="mail-unsubscribe"),
    path("webhook/", receive, name="webhook"),
    path("clock/", views.show_clock, name="clock"),
    path("clock/stop/", views.stop_clock, name="stop-clock"),
]
