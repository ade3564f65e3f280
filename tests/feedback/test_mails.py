"""Mails to those who asked for an answer: each once, with nothing of what was said, none lost."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from feedback import jobs, mails, review
from feedback.alerts import see
from feedback.models import Alert, Reply
from tasks import owed_mails
from tasks.reminders.models import MailOff
from tests.factories import ResidentFactory
from tests.feedback.factories import AlertFactory, OpinionFactory
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
    return mails.send_replies(until=lambda: False)


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

    assert owed_mails.claim(mails.REPLIES, now) == reply
    assert owed_mails.claim(mails.REPLIES, now) is None
    assert owed_mails.claim(mails.REPLIES, now + owed_mails.LEASE + timedelta(seconds=1)) == reply


# ---- to the owner of a page


@pytest.fixture
def alert(reviewer):
    return AlertFactory(owner=reviewer, route="tasks:task", rule="card.insurance-use")


def tell_owners():
    return mails.send_alerts(until=lambda: False)


def stands(alert):
    alert.refresh_from_db()
    return alert.mail, alert.why


@pytest.mark.parametrize(
    ("language", "called", "said"),
    [
        ("en", "A thing to do – Register", "Not clear in the last seven days: 50% (20 / 40)"),
        ("ja", "やることの詳細 – カード", "直近7日間の「わかりにくかった」：50% (20 / 40)"),
    ],
)
def test_an_owner_is_told_once_in_the_own_language_with_the_numbers(
    mail_server, alert, reviewer, language, called, said
):
    reviewer.language = language
    reviewer.save()

    assert [tell_owners(), tell_owners()] == [1, 0]

    [mail] = mail_server.accepted
    assert (mail["To"], mail["Content-Language"]) == (reviewer.email, language)
    assert mail["Message-ID"].startswith(f"<{alert.uuid}@")
    for part in mail.iter_parts():
        text = part.get_content()
        assert said in text
        assert called in text
        assert f"/staff/feedback/alert/{alert.uuid}/" in text
        assert "reminded" not in text  # that is for residents
    assert stands(alert) == ("sent", "")


def test_of_an_alert_that_was_seen_before_no_mail_goes(mail_server, alert, reviewer):
    see(alert, by=reviewer)

    assert tell_owners() == 0
    assert stands(alert) == ("skipped", "seen")
    assert mail_server.accepted == []


@pytest.mark.parametrize("gone", ["left", "no reviewer", "deleted"])
def test_an_owner_who_went_gets_none(mail_server, alert, reviewer, gone):
    if gone == "left":
        reviewer.is_active = False
        reviewer.save()
    elif gone == "no reviewer":
        reviewer.groups.clear()
    else:
        reviewer.delete()

    assert tell_owners() == 0
    assert stands(alert) == ("skipped", "no-owner")


def test_what_the_server_does_not_take_now_goes_later_with_the_same_id(mail_server, alert):
    mail_server.after_data.append("451 later")
    assert tell_owners() == 0
    assert stands(alert) == ("waiting", "")

    Alert.objects.update(next_at=timezone.now())
    jobs.tell_owners()

    [mail] = mail_server.accepted
    assert mail["Message-ID"].startswith(f"<{alert.uuid}@")


def test_after_three_days_of_trying_it_is_given_up(mail_server, alert):
    mail_server.after_data.append("451 later")
    ago = owed_mails.GIVEN_UP_AFTER + timedelta(minutes=1)
    Alert.objects.update(owed_since=timezone.now() - ago)

    assert tell_owners() == 0
    assert stands(alert)[0] == "failed"


def test_who_claimed_an_alert_and_ended_leaves_it_to_another_after_the_lease(alert):
    now = timezone.now()

    assert owed_mails.claim(mails.ALERTS, now) == alert
    assert owed_mails.claim(mails.ALERTS, now) is None
    later = now + owed_mails.LEASE + timedelta(seconds=1)
    assert owed_mails.claim(mails.ALERTS, later) == alert
