"""The queue. It carries hints; PostgreSQL carries the truth (docs/adr/0003)."""

import os

from celery import Celery
from celery.signals import after_task_publish, beat_init, heartbeat_sent

from portal import health

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("annai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@heartbeat_sent.connect
def worker_lives(**kwargs):
    health.mark("worker")


@beat_init.connect
def beat_starts(**kwargs):
    """From now on this process is the beat: whatever it publishes shows that it lives."""
    after_task_publish.connect(beat_lives)
    app.send_task("tasks.jobs.heartbeat", priority=0)  # the schedule's first is 10 seconds away


def beat_lives(**kwargs):
    health.mark("beat")
