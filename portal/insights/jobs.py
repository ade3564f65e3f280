"""The queue's doors to what is counted. Every message may be lost or come three times."""

from celery import shared_task
from django.utils import timezone

from portal import clock
from portal.insights.events import count_events
from portal.insights.roll_up import roll_up
from portal.insights.write import forget_minutes, write_minutes


@shared_task
def write_use():
    """Write the minutes that are over. Safe to run twice, also at once."""
    return write_minutes(now=timezone.now())


@shared_task
def count_use_events():
    """Count what happened to tasks and applications. Safe to run twice."""
    return count_events(today=clock.today())


@shared_task
def forget_use():
    """Delete the minutes of two weeks ago; their days stay. Safe to run twice."""
    return forget_minutes(today=timezone.localtime().date())  # as the minutes: the real clock


@shared_task
def count_figures():
    """Count the figures for everyone, a year back. Safe to run twice, also at once."""
    return roll_up(today=clock.today())


@shared_task
def count_running_week():
    """Count the week that runs, each hour; it is shown once it is over. Safe to run twice."""
    return roll_up(today=clock.today(), weeks=1)
