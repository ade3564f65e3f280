from celery import shared_task
from django.core.mail import EmailMessage


@shared_task(autoretry_for=[OSError], retry_backoff=True, max_retries=5)
def send_mail(subject, body, to):
    """Send one mail to the addresses `to`; try again for a minute while the mail server is away."""
    EmailMessage(subject, body, to=to).send()
