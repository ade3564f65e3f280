"""Mails to those who asked for an answer: each once, with nothing of what was said, none lost."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from feedback import mails, review
from feedback.models import Reply
from tasks.reminders.models import MailOff
from tests.factories import ResidentFactory
from tests.feedback.factories import OpinionFactory
from tests.reminders.conftest import mail_server

__all__ = ["mail_server"]

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)


@pytest.fixture
def asker():
    return ResidentFactory(email="hanako@example.jp", language="en")


@pytest.fixture
def reply(asker, reviewer):
    opinion = OpinionFactory(asker=asker, text="May I pay by card?")
    review.reply(opinion.uuid, text="Yes, at the counter.", by=reviewer, today=TODAY)
    return Reply.objects.get()


def send_all():
    return mails.send_due(until=lambda: False)


def test_one_mail_goes_out_in_the_persons_language_and_says_nothing_of_it(mail_server, reply):
    assert [send_all(), send_all()] == [1, 0]

    [mail] = mail_server.accepted
    texts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    assert mail["To"] == "hanako@example.jp"
    assert mail["Message-ID"].startswith(f"<{reply.uuid}@")
    assert len(texts) == 2
    for text in texts:
        assert "It stands under “To know” on your page" in text
        assert "card" not in text
        assert "counter" not in text
    reply.refresh_from_db()
    assert reply.mail == "sent"


def test_who_wants_no_mail_or_has_no_address_gets_none_and_the_reason_is_kept(
    mail_server, reply, asker
):
    MailOff.objects.create(resident=asker)

    assert send_all() == 0

    reply.refresh_from_db()
    assert (reply.mail, reply.why) == ("skipped", "mail-off")
    assert mail_server.accepted == []


def test_what_the_server_refuses_ends_with_the_reason(mail_server, reply):
    mail_server.answers["hanako@example.jp"] = ["550 no such person"]

    assert send_all() == 0

    reply.refresh_from_db()
    assert reply.mail == "failed"


def test_a_mail_in_hand_is_nobody_elses_until_its_lease_is_over(reply):
    now = timezone.now()

    assert mails.claim(now) == reply
    assert mails.claim(now) is None
    assert mails.claim(now + mails.LEASE + timedelta(seconds=1)) == reply
