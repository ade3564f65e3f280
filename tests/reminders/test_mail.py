"""What a mail says, and what it does not."""

import re
from datetime import date
from email import message_from_bytes, policy
from uuid import UUID

import pytest
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import SafeMIMEMultipart

from tasks.reminders import mail
from tasks.reminders.delivery import Letter, Line
from tasks.reminders.plain_mail import Written

ID = UUID("018f0000-0000-7000-8000-000000000001")
RESIDENT = UUID("018f0000-0000-7000-8000-000000000002")
DAY = date(2027, 5, 20)
LINES = [
    Line(1, "Renew <the> certificate", date(2027, 5, 20), of_a_child=False),
    Line(2, "Register & be done", None, of_a_child=True),
]


def composed(language="en", day=DAY, lines=LINES):
    return mail.compose(Letter(ID, day, 1, RESIDENT, language, "hanako@example.jp", lines))


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


def test_a_date_after_which_it_is_still_possible_is_not_called_passed():
    lines = [Line(1, "Dose", date(2027, 5, 20), of_a_child=True, possible_later=True)]
    message = composed(day=date(2027, 5, 21), lines=lines)
    assert "Still possible, best by 20 May 2027 (Thu)" in message.body
    assert "passed" not in message.body


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


def read_back(message):
    return message_from_bytes(message.as_bytes(linesep="\r\n"), policy=policy.default)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_written_the_short_way_a_mail_reads_as_by_djangos(language):
    composed_mail = composed(language)

    short, django = (
        read_back(written)
        for written in (composed_mail.message(), EmailMultiAlternatives.message(composed_mail))
    )

    assert isinstance(composed_mail.message(), Written)
    assert {*short.keys()} == {*django.keys()}
    for name in {*django.keys()} - {"Content-Type", "Date"}:
        assert short[name].strip() == django[name].strip()  # folded after the name
    for kind in ("plain", "html"):
        parts = [mail.get_body([kind]).get_content().rstrip() for mail in (short, django)]
        assert parts[0] == parts[1]
        assert not short.defects


@pytest.mark.parametrize(
    "address, title",
    [("花子@example.jp", "Renew"), ("hanako@example.jp", "x" * 1000)],
    ids=["an address with other letters", "a line that is too long"],
)
def test_what_is_not_plain_goes_djangos_way(address, title):
    letter = Letter(ID, DAY, 1, RESIDENT, "en", address, [Line(1, title, DAY, of_a_child=False)])

    message = mail.compose(letter).message()

    assert isinstance(message, SafeMIMEMultipart)
    assert max(map(len, message.as_bytes().splitlines())) < 998


def test_each_person_has_their_own_link_in_mails_that_say_the_same():
    links = []
    for resident in (RESIDENT, ID):
        letter = Letter(ID, DAY, 1, resident, "en", "hanako@example.jp", LINES)
        message = mail.compose(letter)
        [html] = [part.content for part in message.alternatives]
        [link] = re.findall(r"http\S+/reminders/stop/\S+", message.body)
        assert f'href="{link}"' in html
        links.append(mail.read_stop_token(link.rstrip("/").rpartition("/")[2]))

    assert links == [str(RESIDENT), str(ID)]
