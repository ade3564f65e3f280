from django.urls import path

from childcare.after_birth import views

urlpatterns = [
    path("born/", views.born, name="born"),
    path("<uuid:uuid>/after-birth/", views.after_birth, name="after-birth"),
    path("<uuid:uuid>/after-birth/allowance/", views.allowance, name="allowance"),
]
