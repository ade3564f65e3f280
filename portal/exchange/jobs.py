"""Jobs of the exchange: hints only, the tables know what is to be done."""

from celery import shared_task

from portal.exchange import oauth_clients


@shared_task
def forget_tokens():
    """Delete OAuth tokens that have ended. Safe to run twice."""
    return oauth_clients.forget_tokens()
