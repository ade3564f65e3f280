"""Who asked why their data were looked at is told by mail that there is an answer: once."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from portal.residents.access_log import note_access
from portal.residents.ask_access import answer_access_question, ask_about_access
from portal.residents.models import AccessQuestion, Resident, ResidentRef
from tasks import answer_mails, jobs, owed_mails
from tasks.reminders.models import MailOff
from tests.factories import ResidentFactory, UserFactory
from tests.reminders.conftest import mail_server

__all__ = ["mail_server"]

pytestmark = pytest.mark.django_db
ANSWER = "Your mother called us."


def ask(**who):
    resident = ResidentFactory(email="taro@example.jp", **{"language": "en", **who})
    note_access(resident=resident, by=UserFactory(), purpose="call")
    return ask_about_access(
        resident=resident, number=1, text="Was it my ex-husband?", today=date(2026, 11, 20)
    )


@pytest.fixture
def answered():
    question = ask()
    answer_access_question(question=question, answer=ANSWER, by=UserFactory())
    return question


def send_all():
    return answer_mails.send_due(until=lambda: False)


def told():
    return AccessQuestion.objects.values_list("told", "told_why").get()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_mail_is_in_the_persons_language_and_says_nothing_private(mail_server, language):
    question = ask(language=language, name="山田 太郎")
    assert send_all() == 0
    answer_access_question(question=question, answer=ANSWER, by=UserFactory())

    assert [send_all(), send_all()] == [1, 0]

    [mail] = mail_server.accepted
    [text, html] = [part.get_content() for part in mail.iter_parts()]
    assert mail["To"] == "taro@example.jp" and mail["Content-Language"] == language
    for part in [mail["Subject"], text, html]:
        assert not any(said in part for said in ("山田", ANSWER, "ex-husband"))
    assert "/who-looked/1/ask/" in text and "/who-looked/1/ask/" in html


def test_answered_twice_it_is_told_once(mail_server, answered):
    send_all()
    answer_access_question(question=answered, answer="Another.", by=UserFactory())

    assert send_all() == 0 and told() == ("sent", "")


def test_the_job_of_each_minute_sends_it(mail_server, answered):
    jobs.tell_answers()

    assert len(mail_server.accepted) == 1


def test_what_the_server_does_not_take_now_goes_later_with_the_same_id(mail_server, answered):
    mail_server.after_data.append("451 later")
    assert send_all() == 0 and told() == ("", "")

    AccessQuestion.objects.update(tell_at=timezone.now())
    assert send_all() == 1
    whom = owed_mails.to_resident(answered.resident)
    again = owed_mails.compose(answer_mails.ANSWERS, answered, whom)
    uuid = again.extra_headers["Message-ID"]
    assert mail_server.accepted[0]["Message-ID"] == uuid


def test_an_address_refused_for_good_ends_it_and_staff_see_so(
    mail_server, answered, admin_client, admin_user
):
    mail_server.answers["taro@example.jp"] = ["550 no such person"]
    send_all()
    admin_user.language = "en"
    admin_user.save()
    admin_client.force_login(admin_user)
    shown = admin_client.get(f"/staff/residents/accessquestion/{answered.resident.uuid}/1/")

    assert told() == ("failed", "550")
    assert "could not be told by mail" in shown.content.decode()


def test_after_three_days_of_trying_it_is_given_up(mail_server, answered):
    mail_server.after_data.append("451 later")
    ago = owed_mails.GIVEN_UP_AFTER + timedelta(minutes=1)
    AccessQuestion.objects.update(answered_at=timezone.now() - ago)
    send_all()

    assert told()[0] == "failed"


def test_who_claimed_it_and_ended_leaves_it_to_another_after_the_lease(answered):
    now = timezone.now()
    assert owed_mails.claim(answer_mails.ANSWERS, now)
    assert owed_mails.claim(answer_mails.ANSWERS, now) is None
    assert owed_mails.claim(answer_mails.ANSWERS, now + owed_mails.LEASE) is not None


@pytest.mark.parametrize("why", ["deceased", "mail-off", "no-address"])
def test_no_mail_goes_to_who_cannot_or_will_not_have_it(mail_server, answered, why):
    if why == "mail-off":
        MailOff.objects.create(resident=answered.resident)
    else:
        change = {"deceased": {"state": "deceased"}, "no-address": {"email": ""}}[why]
        Resident.objects.filter(pk=answered.resident_id).update(**change)
    send_all()

    assert told() == ("skipped", why) and not mail_server.accepted


def test_the_page_that_the_mail_leads_to_has_question_and_answer(client, answered):
    Resident.objects.update(user=UserFactory(language="en"))
    client.force_login(Resident.objects.get().user)

    shown = client.get("/who-looked/1/ask/").content.decode()

    assert ANSWER in shown and "Was it my ex-husband?" in shown
    assert 'name="text"' not in shown


def test_who_was_merged_meanwhile_is_told_as_who_stands(mail_server):
    question = ask()
    stands = ResidentFactory(email="new@example.jp", language="en")
    ResidentRef.objects.filter(ref=question.resident.ref).update(
        resident=stands, record=question.resident
    )
    answer_access_question(question=question, answer=ANSWER, by=UserFactory())

    assert send_all() == 1

    [mail] = mail_server.accepted
    assert mail["To"] == "new@example.jp"
    for part in mail.iter_parts():
        assert f"/who-looked/1/ask/?record={question.resident.uuid}" in part.get_content()
