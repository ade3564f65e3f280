"""The demo's mails: what is kept, and what the page shows of mails that nobody vouches for."""

import stat
from datetime import datetime
from email.message import EmailMessage

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from portal.demo import mails
from tasks.reminders.mail import stop_token
from tasks.reminders.models import MailOff
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo(settings, tmp_path):
    settings.DEMO = settings.DEMO_KEEPS_MAILS = True
    settings.RUN_DIR = tmp_path


def keep(to="hanako@example.jp", subject="お知らせ", text="本文", html="", **headers):
    """Keep a mail and return it as the page finds it."""
    message = EmailMessage()
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    mails.keep(message.as_bytes(), to=[to])
    return mails.kept()[0]


def page_of(client, mail, name="mail"):
    return client.get(reverse(f"demo:{name}", args=[mail.name]))


# ---- what is kept
def test_a_mail_is_kept_for_this_user_alone():
    kept = keep()

    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(mails.folder().stat().st_mode) == 0o700


def test_it_is_dated_by_the_demos_clock(time_machine):
    time_machine.move_to(datetime(2027, 2, 20, 8, 0, 5, tzinfo=timezone.get_default_timezone()))
    mails.clock.moved_by().write_text("1")

    assert timezone.localtime(keep().at).isoformat() == "2027-02-21T08:00:05+09:00"


@pytest.mark.parametrize(
    ("bound", "value", "left"), [("MOST", 2, ["4", "3"]), ("ROOM", 1300, ["4", "3", "2"])]
)
def test_past_the_bounds_the_oldest_go(monkeypatch, bound, value, left):
    monkeypatch.setattr(mails, bound, value)
    for number in range(5):
        keep(subject=str(number), text="x" * 200)

    assert [one.subject for one in mails.kept()] == left


def test_commands_keep_theirs_in_the_same_folder(settings):
    settings.EMAIL_BACKEND = "portal.demo.mails.KeepingBackend"
    sent = mail.EmailMessage(
        "件名", "本文", to=["alex@example.jp"], bcc=["staff@example.jp"]
    ).send()

    [kept] = mails.kept("staff")
    assert sent == 1
    assert (kept.subject, kept.text) == ("件名", "本文")
    assert kept.to == ["alex@example.jp", "staff@example.jp"]


# ---- the list
def test_the_list_has_the_newest_first_and_goes_by_address(client):
    keep(to="hanako@example.jp", subject="first")
    keep(to="Alex@example.jp", subject="second")

    everything = client.get("/demo/mails/").content.decode()
    of_alex = client.get("/demo/mails/?to=alex@").content.decode()

    assert everything.index("second") < everything.index("first")
    assert "second" in of_alex
    assert "first" not in of_alex


def test_where_mails_go_out_elsewhere_the_list_says_so(client, settings):
    settings.DEMO_KEEPS_MAILS = False

    assert "EMAIL_URL" in client.get("/demo/mails/").content.decode()


def test_outside_the_demo_there_is_no_such_page(client, settings):
    kept = keep()
    settings.DEMO = False

    assert client.get("/demo/mails/").status_code == 404
    for name in ("mail", "mail-html", "mail-source"):
        assert page_of(client, kept, name).status_code == 404


@pytest.mark.parametrize("name", ["20270221T080000.000000-00000000", "..%2Fsecret-key", "x"])
def test_a_name_that_is_no_mails_is_a_404(client, name):
    assert client.get(f"/demo/mails/{name}/").status_code == 404


# ---- a mail
def test_a_mail_shows_its_text_with_links_and_all_headers(client):
    kept = keep(text="見る: https://example.jp/a?b=1", X_Own="<b>値</b>", Message_ID="<1@x>")

    page = page_of(client, kept).content.decode()

    assert '<a href="https://example.jp/a?b=1"' in page
    assert "&lt;b&gt;値&lt;/b&gt;" in page
    assert "&lt;1@x&gt;" in page


def test_its_html_can_run_nothing_load_nothing_and_stands_in_no_foreign_frame(client):
    answer = page_of(client, keep(html="<script>alert(1)</script><a href=/>x</a>"), "mail-html")

    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all",
        b"Subject: =?nonsense?b?44GC?=\n\nx",
        b"Subject: \xff\xfe\xe3\x81\x82\nContent-Type: text/plain; charset=nonsense\n\n\xff",
        b"Subject: a\n b\n\tc\nContent-Type: multipart/mixed; boundary=x\n\n--y",
        b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n!!!",
        b"List-Unsubscribe: <<>,, http\nSubject:\n\n\x00",
    ],
)
def test_the_strangest_mail_has_a_page(client, content):
    mails.keep(content, to=["nobody@example.jp"])
    [kept] = mails.kept()

    assert client.get("/demo/mails/").status_code == 200
    for name in ("mail", "mail-html", "mail-source"):
        assert page_of(client, kept, name).status_code == 200


# ---- unsubscribing as a mail program does
ONE_CLICK = "List-Unsubscribe=One-Click"


def click(client, kept):
    client.cookies["annai_language"] = "en"
    answer = client.post(reverse("demo:mail-unsubscribe", args=[kept.name]), follow=True)
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"List_Unsubscribe": "<http://127.0.0.1:9/stop/>"},
        {"List_Unsubscribe": "<https://example.jp/stop/>", "List_Unsubscribe_Post": ONE_CLICK},
        {"List_Unsubscribe": "<mailto:stop@x.jp>", "List_Unsubscribe_Post": ONE_CLICK},
    ],
)
def test_nothing_is_posted_where_it_is_not_offered_or_elsewhere(client, settings, headers):
    settings.PORTAL_URL = "http://127.0.0.1:9"

    assert click(client, keep(**headers)) == [
        "The mail offers no unsubscribing with one click here, so nothing was sent."
    ]


def test_a_portal_that_does_not_answer_is_said(client, settings):
    settings.PORTAL_URL = "http://127.0.0.1:9"
    kept = keep(List_Unsubscribe="<http://127.0.0.1:9/stop/>", List_Unsubscribe_Post=ONE_CLICK)

    assert click(client, kept) == ["The portal did not answer. Try again in a moment."]


@pytest.mark.django_db(transaction=True)
def test_one_click_ends_the_mails(client, settings, live_server, municipalities):
    resident = ResidentFactory(user=UserFactory())
    settings.PORTAL_URL = live_server.url
    url = live_server.url + reverse("reminders:stop", args=[stop_token(resident.uuid)])
    kept = keep(List_Unsubscribe=f"<{url}>", List_Unsubscribe_Post=ONE_CLICK)

    said = click(client, kept)

    assert said == ["Sent as a mail program does. The portal answered: 200 OK."]
    assert MailOff.objects.filter(resident=resident).exists()
