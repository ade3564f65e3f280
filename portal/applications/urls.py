from django.urls import path

from portal.applications.views import catalogue, files, fill, progress

app_name = "applications"

urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("mine/", progress.mine, name="mine"),
    path("procedures/<slug:key>/", catalogue.procedure, name="procedure"),
    path("procedures/<slug:key>/start/", fill.begin, name="start"),
    path("<uuid:uuid>/", progress.application, name="application"),
    path("<uuid:uuid>/questions/", fill.next_question, name="resume"),
    path("<uuid:uuid>/questions/<slug:key>/", fill.question, name="question"),
    path("<uuid:uuid>/questions/<slug:key>/files/", files.attach_file, name="attach"),
    path(
        "<uuid:uuid>/questions/<slug:key>/files/<uuid:file>/remove/",
        files.remove_file,
        name="remove-file",
    ),
    path("<uuid:uuid>/files/<uuid:file>/", files.file, name="file"),
    path("<uuid:uuid>/review/", fill.review, name="review"),
    path("<uuid:uuid>/send/", fill.send_it, name="send"),
    path("<uuid:uuid>/sent/", fill.sent, name="sent"),
    path("<uuid:uuid>/newer/", fill.take_newer, name="newer"),
    path("<uuid:uuid>/withdraw/", fill.withdraw, name="withdraw"),
    path("<uuid:uuid>/correct/", fill.correct, name="correct"),
    path("<uuid:uuid>/message/", progress.message, name="message"),
]
