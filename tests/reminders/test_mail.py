"""What a mail says, and what it does not."""

from datetime import date
from uuid import UUID

import pytest
from django.core import signing

from tasks.reminders import mail
from tasks.reminders.delivery import Letter, Line

ID = UUID("018f0000-0000-7000-8000-000000000001")
RESIDENT = UUID("018f0000-0000-7000-8000-000000000002")
DAY = date(2027, 5, 20)
LINES = [
    Line(1, "Renew <the> certificate", date(2027, 5, 20), of_a_child=False),
    Line(2, "Register & be done", None, of_a_child=True),
]


def composed(language="en", day=DAY):
    return mail.compose(Letter(ID, day, 1, RESIDENT, language, "hanako@example.jp", LINES))


def test_it_is_text_and_html_with_each_task_and_its_date():
    message = composed()
    [html] = [part.content for part in message.alternatives]
    for title, text in [("Renew <the> certificate", message.body)]:
        assert title in text and "20 May 2027 (Thu)" in text
    assert "Renew &lt;the&gt; certificate" in html and "20 May 2027 (Thu)" in html
    assert "Register & be done (for a child of yours)" in message.body


@pytest.mark.parametrize("language, said", [("ja", "2027年5月20日（木）"), ("en", "20 May 2027")])
def test_it_is_in_the_language_of_the_person(language, said):
    message = composed(language)
    assert said in message.body
    assert message.extra_headers["Content-Language"] == language


def test_a_date_that_has_passed_is_not_said_as_one_to_come():
    message = composed(day=date(2027, 5, 21))
    assert "The date has passed: 20 May 2027 (Thu)" in message.body
    assert "By 20 May" not in message.body


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_subject_says_nothing_private(language):
    subject = composed(language).subject
    assert not any(str(line.title) in subject for line in LINES)
    assert "2027" not in subject and "hanako" not in subject


def test_the_message_id_is_made_from_the_message(settings):
    settings.MAIL_DOMAIN = "annai.example.jp"
    assert composed().extra_headers["Message-ID"] == f"<{ID}@annai.example.jp>"


def test_one_click_unsubscribe_is_said_as_rfc_8058_asks(settings):
    settings.PORTAL_URL = "https://annai.example.jp"
    headers = composed().extra_headers
    address = headers["List-Unsubscribe"]
    assert address.startswith("<https://annai.example.jp/reminders/stop/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = address.removesuffix("/>").rpartition("/")[2]
    assert mail.read_stop_token(token) == str(RESIDENT)


@pytest.mark.parametrize("token", ["", str(RESIDENT), f"{RESIDENT}:x", "a:b:c"])
def test_a_token_that_we_did_not_sign_is_refused(token):
    with pytest.raises(signing.BadSignature):
        mail.read_stop_token(token)


def test_a_token_signed_for_something_else_is_refused():
    with pytest.raises(signing.BadSignature):
        mail.read_stop_token(signing.Signer(salt="other").sign(str(RESIDENT)))
