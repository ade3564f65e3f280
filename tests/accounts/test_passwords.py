import contextlib
import re
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.urls import reverse

from portal.accounts.jobs import MailNotSent, send_mail
from tests.accounts.conftest import Visitor
from tests.factories import PASSWORD

FORGOTTEN = reverse("account_reset_password")
NEW = "an even longer password"


def deliver(queue):
    """Do what a worker would: send the mails that were queued."""
    while message := next_in(queue):
        message.ack()
        assert message.headers["task"] == send_mail.name
        arguments, _keywords, _embedded = message.payload
        send_mail(*arguments)


def next_in(queue):
    with contextlib.suppress(queue.Empty):
        return queue.get(block=False)  # what was sent is there; nothing is waited for


def link_in(message):
    [link] = re.findall(r"https?://testserver(/\S+)", message.body)
    return link


def test_a_link_by_mail_sets_a_new_password(visitor, person, queue):
    response = visitor.post(FORGOTTEN, {"email": person.email.upper()})
    deliver(queue)

    assert response["Location"] == reverse("account_reset_password_done")
    [message] = mail.outbox
    assert message.to == [person.email]
    assert message.subject == "Set a new password"
    form = visitor.get(link_in(message))["Location"]
    visitor.post(form, {"password1": NEW, "password2": NEW})
    assert visitor.sign_in(person.email, NEW).status_code == 302
    assert "older than one hour" in visitor.get(link_in(message)).content.decode()


def test_the_mail_is_in_the_persons_language(visitor, person, queue):
    person.language = "ja"
    person.save()

    visitor.post(FORGOTTEN, {"email": person.email}, headers={"Accept-Language": "en"})
    deliver(queue)

    [message] = mail.outbox
    assert message.subject == "新しいパスワードの設定"


def test_an_unknown_address_gets_the_same_answer_and_no_mail(visitor, db, queue):
    response = visitor.post(FORGOTTEN, {"email": "nobody@example.jp"})
    deliver(queue)

    assert response["Location"] == reverse("account_reset_password_done")
    assert mail.outbox == []


def test_who_asks_for_many_mails_is_asked_to_wait(visitor, person, queue):
    statuses = [visitor.post(FORGOTTEN, {"email": person.email}).status_code for _ in range(6)]

    assert statuses == [302] * 5 + [429]


def test_a_changed_password_ends_the_sessions_on_other_devices(visitor, person):
    other = Visitor()
    for client in (visitor, other):
        client.sign_in(person.email)
    page = reverse("account_change_password")

    wrong = visitor.post(page, {"oldpassword": "wrong", "password1": NEW, "password2": NEW})
    right = visitor.post(page, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert 'href="#id_oldpassword"' in wrong.content.decode()
    assert right.status_code == 302
    assert visitor.get(page).status_code == 200
    assert other.get(page).status_code == 302


@pytest.mark.parametrize("weak", ["short", "12345678901", "password123"])
def test_a_weak_password_is_refused_with_the_reason(visitor, person, weak):
    visitor.sign_in(person.email)

    response = visitor.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": weak, "password2": weak},
    )

    assert 'href="#id_password1"' in response.content.decode()


def test_a_refused_mail_leaves_no_address_in_the_log(monkeypatch):
    def refuse(*args, **kwargs):
        raise SMTPRecipientsRefused({"hanako@example.jp": (550, b"unknown")})

    monkeypatch.setattr(EmailMessage, "send", refuse)

    with pytest.raises(MailNotSent) as refused:
        send_mail.__wrapped__("subject", "body", ["hanako@example.jp"])

    assert str(refused.value) == "SMTPRecipientsRefused"
    assert refused.value.__suppress_context__
