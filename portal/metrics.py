"""What Prometheus reads: how requests were answered, and how nights and reminders stand.

Under gunicorn each worker keeps its counts in a file (gunicorn.conf.py), and whichever worker is
asked adds them up. How nights and reminders stand is asked of the database there and then.
"""

import os
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal import clock
from tasks.figures import night_figures
from tasks.reminders.figures import reminder_figures
from tasks.reminders.models import Channel

REQUEST_SECONDS = Histogram(
    "annai_request_seconds",
    "Time from a request's arrival to its answer, by the name of its route.",
    ["method", "route", "status"],
    buckets=[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
)


class Figures(Collector):
    """How nights and reminders stand, by the database."""

    def collect(self):
        well = Gauge("annai_figures_well", "1 if the database could be asked for the figures.")
        try:
            yield from of_the_night()
            yield from of_the_reminders()
        except Error:
            well.add_metric([], 0)
        else:
            well.add_metric([], 1)
        yield well


def of_the_night():
    night = night_figures()
    if night.seconds_since is not None:
        yield Gauge(
            "annai_night_age_seconds",
            "Time since a night was last finished.",
            night.seconds_since,
        )
    yield Gauge(
        "annai_night_ranges_open",
        "Ranges of the newest night that are not finished.",
        night.open_ranges,
    )


def of_the_reminders():
    now = clock.localtime()
    figures = reminder_figures(day=now.date())
    yield Gauge(
        "annai_reminders_promised_today",
        "Lines of the ledger for today, whatever has become of them.",
        figures.promised,
    )
    ended = Gauge(
        "annai_reminders_ended_today",
        "Those of them that were sent, skipped with a reason, or failed for good.",
        labels=["outcome"],
    )
    for outcome in ("sent", "skipped", "failed"):
        ended.add_metric([outcome], figures.by_outcome[outcome])
    yield ended
    yield Gauge(
        "annai_reminders_oldest_due_seconds",
        "Time since the oldest reminder that still waits was due; 0 when none waits.",
        seconds_due(figures.oldest_waiting, now=now),
    )
    failed = Gauge(
        "annai_messages_failed_today", "Messages that failed for good.", labels=["channel"]
    )
    trying_again = Gauge(
        "annai_messages_trying_again",
        "Messages that wait because the server did not take them at least once.",
        labels=["channel"],
    )
    for channel in Channel.values:
        failed.add_metric([channel], figures.failed[channel])
        trying_again.add_metric([channel], figures.trying_again[channel])
    yield failed
    yield trying_again


def seconds_due(day, *, now) -> float:
    """Return the seconds since reminders of the day could first be sent; 0 without a day."""
    if day is None:
        return 0
    due = datetime.combine(day, settings.REMINDERS_FROM, tzinfo=now.tzinfo)
    return max((now - due).total_seconds(), 0)


@never_cache
@require_safe
def metrics(request):
    """Answer in Prometheus' format; to whoever may not read it there is no such page."""
    if not may_read(request):
        raise Http404
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REQUEST_SECONDS)
    registry.register(Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request) -> bool:
    """Tell whether the request shows METRICS_TOKEN; where none is set, whether it is from here.

    Production asks for the token in any case: there a proxy may stand on the same machine, and
    what it passes on would seem to be from here.
    """
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "")
        return compare_digest(shown.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if settings.PRODUCTION or "X-Forwarded-For" in request.headers:
        return False
    return request.META["REMOTE_ADDR"] in {"127.0.0.1", "::1"}
