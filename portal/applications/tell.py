"""Owe the resident a mail: written in the same transaction as what it is about.

So none is lost: what the queue's message does not bring about, the job of each minute does.
"""

from django.db import transaction

from portal.applications.jobs import send_mails
from portal.applications.models import Application, Notice, State

OF_STATE = {
    State.RECEIVED: Notice.About.RECEIVED,
    State.CORRECTION: Notice.About.CORRECTION,
    State.GRANTED: Notice.About.DECIDED,
    State.REFUSED: Notice.About.DECIDED,
    State.COMPLETED: Notice.About.COMPLETED,
}


def tell(application: Application, what: Notice.About) -> None:
    Notice.objects.create(resident_id=application.resident_id, application=application, what=what)
    # Robust: without the queue the deed stands all the same, and the mail goes within a minute.
    transaction.on_commit(send_mails.delay, robust=True)
