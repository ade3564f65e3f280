from django.urls import path

from tasks import views

app_name = "tasks"
urlpatterns = [
    path("", views.home, name="home"),
    path("tasks/<int:task_id>/", views.task, name="task"),
    path("tasks/<int:task_id>/done/", views.report_done, name="report-done"),
    path("tasks/<int:task_id>/later/", views.snooze, name="snooze"),
    path("tasks/<int:task_id>/not-now/", views.dismiss, name="dismiss"),
    path("tasks/<int:task_id>/undo/", views.undo, name="undo"),
    path("why/", views.why, name="why"),
    path("why/<str:key>/", views.why_rule, name="why-rule"),
    path("who-looked/", views.access_log, name="access-log"),
    path("who-looked/<int:number>/ask/", views.ask_access, name="ask-access"),
    path("settings/", views.settings, name="settings"),
]
