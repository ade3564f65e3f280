"""Attached files: what is taken, where it lies, who may have it, and what scans it."""

import socketserver
import stat
import struct
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.applications import files
from portal.applications.attach import MOST
from portal.applications.models import Application, Attachment
from portal.residents.models import RecordAccess
from tests.applications.factories import OfficeMembershipFactory
from tests.applications.test_filling_in import ANSWERS, fill, question, send
from tests.factories import ResidentFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november", "shipped")]

PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40) + b"\0\0\0\0IEND\xaeB`\x82"
HEIC = b"\0\0\0\x18ftypheic" + bytes(40)
ZIP_END = b"PK\x05\x06" + bytes(18)
HARMFUL = PDF.replace(b"endobj", b"EICAR")
KEY = "account-copy"


@pytest.fixture(autouse=True)
def stored(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    settings.CLAMD_URL = ""
    return settings.ATTACHMENTS_DIR


@pytest.fixture
def draft(hers):
    return fill(hers, ANSWERS | {"account": {"answer": "other"}})


def attach(browser, draft, data=PDF, name="copy.pdf"):
    address = reverse("applications:attach", args=[draft.uuid, KEY])
    return browser.post(address, {"file": SimpleUploadedFile(name, data)}, follow=True)


def address_of(attachment):
    return reverse("applications:file", args=[attachment.application.uuid, attachment.uuid])


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PDF, files.PDF), (JPEG, files.JPEG), (PNG, files.PNG), (HEIC, files.HEIC)],
)
def test_the_type_is_that_of_the_content(data, media_type):
    assert files.checked_type(data) == media_type


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"MZ\x90\0" + bytes(100), "not a PDF"),
        (b"GIF89a" + bytes(100), "not a PDF"),
        (b"<html>%PDF-1.7 %%EOF", "not a PDF"),
        (b"PK\x03\x04" + bytes(100), "not a PDF"),
        (b"\0\0\0\x18ftypisom" + bytes(40), "not a PDF"),
        (PDF[:20], "cut off"),
        (PNG[:30], "cut off"),
        (PDF + ZIP_END, "hidden"),
        (JPEG + ZIP_END, "hidden"),
        (JPEG[:10] + b"%PDF-1.4" + JPEG, "hidden"),
        (PNG + b"<?php", "hidden"),
        (PDF[:9] + b"<SCRIPT>" + PDF[9:], "hidden"),
    ],
)
@pytest.mark.usefixtures("english")
def test_what_is_empty_another_type_or_two_things_at_once_is_refused_in_words(data, says):
    with pytest.raises(files.CannotAttach, match=says):
        files.checked_type(data)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("copy.pdf", "copy.pdf"),
        ("photo.exe", "photo.pdf"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("ab\u202efdp.exe", "abfdp.pdf"),
        ("通帳.PDF", "通帳.pdf"),
        ("123456789018.pdf", "file.pdf"),
        ("", "file.pdf"),
        ("a" * 400 + ".pdf", "a" * 150 + ".pdf"),
    ],
)
def test_a_name_holds_no_path_no_other_ending_and_no_my_number(name, safe):
    assert files.safe_name(name, files.PDF) == safe


def test_a_file_is_kept_outside_what_is_served_for_the_portal_alone(hers, draft, stored, settings):
    shown = attach(hers, draft).content.decode()

    attachment = Attachment.objects.get()
    path = files.path_of(attachment.uuid)
    assert path.read_bytes() == PDF and stored in path.parents
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "copy.pdf" in shown and attachment.scan == "not-scanned"
    draft.refresh_from_db()
    assert draft.answers[KEY] == [str(attachment.uuid)]


def test_with_the_file_it_can_be_sent_and_without_it_cannot(hers, draft):
    assert send(hers, draft).status_code == 422
    attach(hers, draft)
    send(hers, draft)
    draft.refresh_from_db()
    assert draft.state == "received" and len(draft.answers[KEY]) == 1


def test_a_chosen_file_is_kept_by_going_on(hers, draft):
    response = hers.post(question(draft, KEY), {"file": SimpleUploadedFile("copy.pdf", PDF)})

    assert response.url == reverse("applications:review", args=[draft.uuid])
    draft.refresh_from_db()
    assert draft.answers[KEY] == [str(Attachment.objects.get().uuid)]


def test_going_on_with_what_is_no_file_says_so_and_keeps_nothing(hers, draft):
    response = hers.post(question(draft, KEY), {"file": SimpleUploadedFile("copy.pdf", b"MZ\x90")})

    assert response.status_code == 422 and "not a PDF" in response.content.decode()
    assert not Attachment.objects.exists()


def test_a_file_added_from_the_review_leads_back_to_it(hers, draft):
    address = reverse("applications:attach", args=[draft.uuid, KEY])
    upload = SimpleUploadedFile("copy.pdf", PDF)
    response = hers.post(f"{address}?review=1", {"file": upload})

    assert response.url == f"{question(draft, KEY)}?review=1"


@pytest.mark.parametrize(
    ("data", "says"), [(b"MZ\x90\0", "not a PDF"), (b"", "empty"), (PDF + ZIP_END, "hidden")]
)
def test_what_is_refused_leaves_the_other_answers_and_files_alone(hers, draft, data, says):
    attach(hers, draft)
    before = Application.objects.get().answers

    response = attach(hers, draft, data)

    assert response.status_code == 422 and says in response.content.decode()
    assert Application.objects.get().answers == before


def test_what_is_too_large_is_told_its_size_and_the_limit(hers, draft):
    at_most = PDF[:-6] + bytes(files.LARGEST - len(PDF)) + PDF[-6:]
    assert attach(hers, draft, at_most).status_code == 200

    response = attach(hers, draft, bytes(files.LARGEST + 1024 * 1024))

    shown = response.content.decode().replace("\xa0", " ")
    assert response.status_code == 422 and "11.0 MB" in shown and "10.0 MB" in shown


def test_what_is_a_little_too_large_is_not_said_to_have_what_fits(hers, draft):
    response = attach(hers, draft, bytes(files.LARGEST + 1))

    shown = response.content.decode().replace("\xa0", " ")
    assert response.status_code == 422 and "10.1 MB, and at most 10.0 MB" in shown


def test_no_more_files_than_fit_one_question(hers, draft):
    for _file in range(MOST):
        attach(hers, draft)
    response = attach(hers, draft)
    assert response.status_code == 422 and Attachment.objects.count() == MOST


def test_attached_and_removed_over_and_over_the_disk_is_not_filled(
    hers, draft, monkeypatch, time_machine
):
    monkeypatch.setattr("portal.applications.attach.MOST_A_DAY", 2)
    for _file in range(2):
        attach(hers, draft)
        hers.post(
            reverse(
                "applications:remove-file", args=[draft.uuid, KEY, Attachment.objects.last().uuid]
            )
        )

    assert attach(hers, draft).status_code == 422
    time_machine.shift(timedelta(days=1, minutes=1))
    hers.force_login(draft.resident.user)
    assert attach(hers, draft).status_code == 200


def test_a_removed_file_is_no_longer_there(hers, draft):
    attach(hers, draft)
    attachment = Attachment.objects.get()

    hers.post(reverse("applications:remove-file", args=[draft.uuid, KEY, attachment.uuid]))

    draft.refresh_from_db()
    assert draft.answers[KEY] == []
    assert hers.get(address_of(attachment)).status_code == 404


@pytest.mark.parametrize("key", ["name", "phone"])
def test_a_file_taken_away_where_there_is_none_leaves_the_answer(hers, draft, key):
    before = Application.objects.get().answers

    hers.post(reverse("applications:remove-file", args=[draft.uuid, key, uuid4()]))

    draft.refresh_from_db()
    assert draft.answers == before and draft.answers["name"]


def test_going_on_from_an_older_page_loses_no_file_attached_since(hers, draft, monkeypatch):
    stale = Application.objects.select_related("version", "about", "resident").get()
    attach(hers, draft)
    monkeypatch.setattr("portal.applications.views.fill.own_application", lambda *_of: stale)

    hers.post(question(draft, KEY), {})

    draft.refresh_from_db()
    assert draft.answers[KEY] == [str(Attachment.objects.get().uuid)]


def test_the_file_of_a_question_no_longer_asked_never_reaches_the_office(
    hers, draft, stored, time_machine
):
    attach(hers, draft)
    hers.post(question(draft, "account"), {"answer": "registered"})
    send(hers, draft)

    attachment = Attachment.objects.get()
    assert attachment.removed_at is not None
    assert hers.get(address_of(attachment)).status_code == 404
    time_machine.shift(files.KEPT_FOR + timedelta(minutes=1))
    assert files.tidy() == 1 and not list(stored.glob("*/*"))


def test_what_was_removed_before_sending_is_deleted_though_the_rest_was_sent(
    hers, draft, time_machine
):
    attach(hers, draft)
    attach(hers, draft)
    removed, kept = Attachment.objects.order_by("pk")
    hers.post(reverse("applications:remove-file", args=[draft.uuid, KEY, removed.uuid]))
    send(hers, draft)

    time_machine.shift(files.KEPT_FOR + timedelta(minutes=1))
    files.tidy()

    assert list(Attachment.objects.all()) == [kept]


def test_after_sending_nothing_is_attached_or_removed(hers, draft):
    attach(hers, draft)
    send(hers, draft)
    attachment = Attachment.objects.get()
    attach(hers, draft)
    hers.post(reverse("applications:remove-file", args=[draft.uuid, KEY, attachment.uuid]))
    assert Attachment.objects.get().removed_at is None


def test_a_download_is_saved_and_never_shown(hers, draft):
    attach(hers, draft)
    response = hers.get(address_of(Attachment.objects.get()))

    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response["Cache-Control"]


def test_another_persons_file_is_the_same_404_as_none(hers, draft):
    attach(hers, draft)
    attachment = Attachment.objects.get()
    other = Client()
    other.force_login(ResidentFactory(user=UserFactory()).user)

    assert other.get(address_of(attachment)).status_code == 404
    none = reverse("applications:file", args=[draft.uuid, uuid4()])
    assert hers.get(none).status_code == 404
    remove = reverse("applications:remove-file", args=[draft.uuid, KEY, attachment.uuid])
    assert other.post(remove).status_code == 404
    assert attach(other, draft).status_code == 404


def clerk_of(municipality):
    user = OfficeMembershipFactory(municipality_id=municipality).user
    user.user_permissions.add(Permission.objects.get(codename="process_application"))
    browser = Client()
    browser.force_login(user)
    return browser


def test_the_clerk_of_the_office_downloads_it_which_is_noted(hers, draft):
    attach(hers, draft)
    send(hers, draft)
    attachment = Attachment.objects.get()
    address = reverse("admin:applications_application_file", args=[draft.uuid, attachment.uuid])
    clerk = clerk_of(draft.municipality_id)

    page = clerk.get(reverse("admin:applications_application_change", args=[draft.uuid]))
    response = clerk.get(address)

    assert address in page.content.decode() and b"".join(response.streaming_content) == PDF
    assert RecordAccess.objects.filter(resident=draft.resident).count() == 2
    assert hers.get(address).status_code in (302, 403)
    looked = hers.get(reverse("tasks:access-log")).content.decode()
    assert "open a file of this application" in looked and "/file" not in looked.split("<main")[1]


def test_what_is_being_corrected_reaches_the_office_once_it_is_sent_again(hers, draft):
    attach(hers, draft, name="first.pdf")
    send(hers, draft)
    first = Attachment.objects.get()
    clerk = clerk_of(draft.municipality_id)
    case = reverse("admin:applications_application_change", args=[draft.uuid])
    for name, said in {
        "take": {},
        "correction": {"text": "Which flat?", "answer_by": "2026-12-04"},
    }.items():
        clerk.post(f"{case}{name}/", said)
    hers.post(question(draft, "phone"), {"answer": "03-9999-0000"})
    hers.post(reverse("applications:remove-file", args=[draft.uuid, KEY, first.uuid]))
    attach(hers, draft, name="second.pdf")
    second = Attachment.objects.exclude(pk=first.pk).get()

    def office_has():
        page = clerk.get(case).content.decode()
        files = []
        for one in (first, second):
            response = clerk.get(f"{case}files/{one.uuid}/")
            files.append(response.status_code == 200 and b"".join(response) == PDF)
        texts = ("03-1234-5678", "first.pdf", "03-9999-0000", "second.pdf")
        return [text for text in texts if text in page], files

    assert office_has() == (["03-1234-5678", "first.pdf"], [True, False])
    hers.post(reverse("applications:correct", args=[draft.uuid]))
    assert office_has() == (["03-9999-0000", "second.pdf"], [False, True])


def test_a_draft_s_file_is_not_the_office_s(hers, draft):
    attach(hers, draft)
    attachment = Attachment.objects.get()
    address = reverse("admin:applications_application_file", args=[draft.uuid, attachment.uuid])
    assert clerk_of(draft.municipality_id).get(address).status_code == 404


class SpeaksClamd(socketserver.StreamRequestHandler):
    """As clamd does: zINSTREAM, chunks with their length before them, a chunk of none."""

    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        data = b""
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            data += self.rfile.read(length)
        harmful = b"EICAR" in data
        self.wfile.write(b"stream: Eicar-Test FOUND\0" if harmful else b"stream: OK\0")


@pytest.fixture
def clamd(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SpeaksClamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMD_URL = f"tcp://127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


def test_what_clamd_finds_harmful_is_not_kept(hers, draft, clamd, stored):
    response = attach(hers, draft, HARMFUL)
    assert response.status_code == 422 and "harmful" in response.content.decode()
    assert not Attachment.objects.exists() and not list(stored.glob("*/*"))


def test_what_clamd_finds_clean_is_kept_as_such(hers, draft, clamd):
    attach(hers, draft)
    assert Attachment.objects.get().scan == "clean"


def test_without_clamd_it_is_kept_unscanned_and_scanned_later(hers, draft, settings, request):
    settings.CLAMD_URL = "tcp://127.0.0.1:9"
    attach(hers, draft)
    attach(hers, draft, HARMFUL)
    assert set(Attachment.objects.values_list("scan", flat=True)) == {"not-scanned"}
    assert files.scan_waiting() == 0

    request.getfixturevalue("clamd")
    assert files.scan_waiting() == 2

    assert set(Attachment.objects.values_list("scan", flat=True)) == {"clean", "infected"}
    assert hers.get(address_of(Attachment.objects.get(scan="infected"))).status_code == 404


def test_at_night_files_of_drafts_put_away_and_removed_ones_are_deleted(
    hers, draft, stored, time_machine
):
    attach(hers, draft)
    attach(hers, draft)
    removed, kept = Attachment.objects.order_by("pk")
    hers.post(reverse("applications:remove-file", args=[draft.uuid, KEY, removed.uuid]))
    assert files.tidy() == 0

    time_machine.shift(files.KEPT_FOR + timedelta(minutes=1))
    files.tidy()
    assert list(Attachment.objects.all()) == [kept]

    Application.objects.update(state="withdrawn", state_since=timezone.now() - timedelta(days=2))
    files.tidy()
    assert not Attachment.objects.exists() and not list(stored.glob("*/*"))


def test_what_the_office_received_is_kept_though_taken_back(hers, draft):
    attach(hers, draft)
    send(hers, draft)
    Application.objects.update(state="withdrawn", state_since=timezone.now() - timedelta(days=2))
    assert files.tidy() == 0
    assert Attachment.objects.exists()


def test_a_file_of_no_attachment_is_deleted_once_a_day_old(stored, time_machine):
    files.store(uuid4(), PDF)
    time_machine.shift(timedelta(days=365 * 100))
    assert files.tidy() == 1 and not list(stored.glob("*/*"))


def test_the_question_s_page_offers_to_attach_without_scripts(hers, draft):
    shown = hers.get(question(draft, KEY)).content.decode()
    assert 'enctype="multipart/form-data"' in shown and 'type="file"' in shown
