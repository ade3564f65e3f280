"""The least a page behind a sign-in can be: a Django project of two files, the floor for pages.

Security, session, CSRF and sign-in as Django ships them, one indexed query for up to 20 rows, one
template with a list. Its database stands in the environment: BENCH_DSN. Run as a program it fills
that and prints the cookie of somebody who is signed in. Its template is compiled for each
request (Django's loader for templates in memory does not keep them), unless BENCH_CACHED is set.
"""

from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.shortcuts import render
from django.urls import path

application = get_wsgi_application()


class Task(models.Model):
    resident_id = models.BigIntegerField(db_index=True)
    kind = models.SmallIntegerField()
    due = models.DateField()

    class Meta:
        app_label, db_table, managed = "floor", "floor_task", False

    def __str__(self):
        return str(self.id)


def secured(request):
    tasks = Task.objects.filter(resident_id=request.user.pk or 0).order_by("due")[:20]
    return render(request, "page.html", {"person": request.user.pk, "tasks": tasks})


urlpatterns = [path("secured", secured)]


def fill() -> str:
    """Make the tables, 5 tasks each for 100,000 residents, and one session; return its cookie."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TABLE floor_task (id bigint PRIMARY KEY, resident_id bigint NOT NULL,
                kind smallint NOT NULL, due date NOT NULL);
            INSERT INTO floor_task SELECT i, i / 5, i % 4, date '2026-04-01' + i % 90
                FROM generate_series(1, 500000) i;
            CREATE INDEX ON floor_task (resident_id, due);
            ANALYZE"""
        )
    client = Client()
    client.force_login(User.objects.create_user("resident", pk=4711))
    return f"sessionid={client.cookies['sessionid'].value}"


if __name__ == "__main__":
    print(fill())
