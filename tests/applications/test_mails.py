"""Mails to the resident: each once, with nothing private, and none lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from portal.applications import jobs, mails
from portal.applications.messages import write
from portal.applications.models import Application, Notice
from portal.applications.send import send
from portal.applications.tell import tell
from portal.residents.models import Resident
from tasks import owed_mails
from tasks.reminders.models import MailOff
from tests.applications.factories import SentApplicationFactory
from tests.applications.test_filling_in import fill
from tests.factories import ResidentFactory, UserFactory
from tests.reminders.conftest import mail_server

__all__ = ["mail_server"]

pytestmark = pytest.mark.django_db


def sent_by(**who):
    resident = ResidentFactory(email="taro@example.jp", **{"language": "en", **who})
    return SentApplicationFactory(resident=resident)


def send_all():
    return mails.send_due(until=lambda: False)


@pytest.fixture
def told():
    application = sent_by()
    tell(application, Notice.About.CORRECTION)
    return application


def test_sending_an_application_owes_one_mail_however_often_it_is_sent(
    november, shipped, hers, hanako
):
    draft = fill(hers)
    for _time in range(3):
        send(resident=hanako, uuid=draft.uuid, by=hanako.user, today=timezone.localdate())

    [notice] = Notice.objects.all()
    assert (notice.what, notice.status) == ("received", "waiting")


def test_a_message_of_the_office_owes_one_and_of_the_resident_none():
    application = sent_by()
    token = "018f0000-0000-7000-8000-000000000001"
    for side in ["office", "office", "resident"]:
        write(application, side=side, text="Hello", token=token, by=UserFactory())

    [notice] = Notice.objects.all()
    assert notice.what == "message"


@pytest.mark.parametrize("what", Notice.About.values)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_mail_is_in_the_persons_language_and_says_nothing_private(mail_server, what, language):
    application = sent_by(language=language, name="山田 太郎")
    application.outcome_reason = "earns too much"
    tell(application, what)

    assert send_all() == 1

    [mail] = mail_server.accepted
    [text, html] = [part.get_content() for part in mail.iter_parts()]
    assert mail["To"] == "taro@example.jp" and mail["Content-Language"] == language
    for part in [mail["Subject"], text, html]:
        assert "山田" not in part and application.procedure_key not in part
    assert application.receipt_number not in mail["Subject"]
    assert str(application.uuid) not in mail["Subject"]
    for part in [text, html]:
        assert f"/applications/{application.uuid}/" in part
        assert "token" not in part and "?" not in part.split("/applications/")[1].split()[0]


def test_a_mail_is_sent_once(mail_server, told):
    assert [send_all(), send_all()] == [1, 0]
    assert len(mail_server.accepted) == 1


def test_what_the_server_does_not_take_now_goes_later_with_the_same_id(mail_server, told):
    mail_server.after_data.append("451 later")
    assert send_all() == 0
    assert Notice.objects.get().status == "waiting"

    Notice.objects.update(next_at=timezone.now())
    assert send_all() == 1
    [mail] = mail_server.accepted
    assert str(Notice.objects.get().uuid) in mail["Message-ID"]


def test_without_a_mail_server_it_waits(settings, told):
    settings.EMAIL_BACKEND = "portal.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert send_all() == 0
    assert Notice.objects.get().status == "waiting"


def test_after_the_deed_is_committed_the_queue_is_told_and_without_it_the_deed_stands(
    monkeypatch, django_capture_on_commit_callbacks
):
    asked = []

    def without_queue():
        asked.append(1)
        raise OSError

    monkeypatch.setattr(jobs.send_mails, "delay", without_queue)
    with django_capture_on_commit_callbacks(execute=True):
        tell(sent_by(), Notice.About.RECEIVED)
        assert asked == []

    assert asked == [1] and Notice.objects.get().status == "waiting"


def test_what_the_queue_lost_the_job_of_the_next_minute_sends(mail_server, told):
    jobs.send_mails()
    assert len(mail_server.accepted) == 1


def test_an_address_refused_for_good_ends_it(mail_server, told):
    mail_server.answers["taro@example.jp"] = ["550 no such person"]
    send_all()
    assert Notice.objects.values_list("status", "why").get() == ("failed", "550")


def test_after_three_days_of_trying_it_is_given_up(mail_server, told):
    mail_server.after_data.append("451 later")
    Notice.objects.update(
        owed_since=timezone.now() - owed_mails.GIVEN_UP_AFTER - timedelta(minutes=1)
    )
    send_all()
    assert Notice.objects.get().status == "failed"


def test_who_claimed_it_and_ended_leaves_it_to_another_after_the_lease(mail_server, told):
    now = timezone.now()
    assert owed_mails.claim(mails.NOTICES, now)
    assert owed_mails.claim(mails.NOTICES, now) is None
    assert owed_mails.claim(mails.NOTICES, now + owed_mails.LEASE) is not None


@pytest.mark.parametrize("why", ["deceased", "mail-off", "no-address"])
def test_no_mail_goes_to_who_cannot_or_will_not_have_it(mail_server, told, why):
    if why == "deceased":
        Resident.objects.filter(pk=told.resident_id).update(state="deceased")
    elif why == "mail-off":
        MailOff.objects.create(resident=told.resident)
    else:
        Resident.objects.filter(pk=told.resident_id).update(email="")

    assert send_all() == 0
    assert mail_server.accepted == []
    assert Notice.objects.values_list("status", "why").get() == ("skipped", why)


def test_a_deed_that_is_rolled_back_owes_nothing():
    application = sent_by()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell(application, Notice.About.DECIDED)
        raise ZeroDivisionError
    assert not Notice.objects.exists() and Application.objects.exists()
