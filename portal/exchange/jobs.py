"""Jobs of the exchange: hints only, the tables know what is to be done."""

from celery import shared_task
from django.utils import timezone

from portal.exchange import oauth_clients
from portal.exchange.number import forget_changes, number_changes


@shared_task
def forget_tokens():
    """Delete OAuth tokens that have ended. Safe to run twice."""
    return oauth_clients.forget_tokens()


@shared_task
def number_what_changed():
    """Give positions to what has been committed meanwhile. Safe to run twice."""
    return number_changes()


@shared_task
def forget_old_changes():
    """Delete the changes of more than 90 days ago. Safe to run twice."""
    return forget_changes(now=timezone.now())
