"""The queue. It carries hints; PostgreSQL carries the truth (docs/adr/0003)."""

import logging
import os
import time

from celery import Celery
from celery.signals import (
    after_task_publish,
    beat_init,
    before_task_publish,
    heartbeat_sent,
    setup_logging,
    task_postrun,
    task_prerun,
)
from django.conf import settings
from django.utils.log import configure_logging
from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars

from portal import health

logger = logging.getLogger(__name__)
EVERY_FEW_SECONDS = {"tasks.jobs.heartbeat", "portal.exchange.jobs.tell_changes"}

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
    # The schedule's first are seconds away, and what an interruption left should not wait.
    app.send_task("tasks.jobs.heartbeat", priority=0)
    app.send_task("tasks.jobs.take_up_lost_work", expires=settings.SWEEPER_SECONDS)


def beat_lives(**kwargs):
    health.mark("beat")


# ---- logs
@setup_logging.connect
def log_as_the_portal_does(**kwargs):
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@before_task_publish.connect
def hand_on_the_request(headers, **kwargs):
    """Let a job know the request that caused it, be it through other jobs."""
    if request_id := get_contextvars().get("request_id"):
        headers["annai_request_id"] = request_id


@task_prerun.connect
def job_starts(task_id, task, **kwargs):
    known = {"task": task.name, "task_id": task_id}
    if request_id := getattr(task.request, "annai_request_id", None):
        known["request_id"] = request_id
    task.request.annai_bound = bind_contextvars(**known)
    task.request.annai_started = time.perf_counter()


@task_postrun.connect
def job_ends(task, state, **kwargs):
    often = task.name in EVERY_FEW_SECONDS
    logger.log(
        logging.DEBUG if often else logging.INFO,
        "Job ended",
        extra={
            "state": state,
            "seconds": round(time.perf_counter() - task.request.annai_started, 4),
        },
    )
    reset_contextvars(**task.request.annai_bound)
