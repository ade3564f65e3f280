from celery import shared_task
from django.core.mail import EmailMessage


class MailNotSent(Exception):
    """The mail server did not take a mail. Says how, not whose: it goes into the log."""


@shared_task(autoretry_for=[MailNotSent], retry_backoff=True, max_retries=5)
def send_mail(subject, body, to):
    """Send one mail to the addresses `to`; try again for a minute while the mail server is away."""
    try:
        EmailMessage(subject, body, to=to).send()
    except OSError as error:  # SMTP's own errors among them, some of which name the recipient
        raise MailNotSent(type(error).__name__) from None
