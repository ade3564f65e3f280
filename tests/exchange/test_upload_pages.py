"""Staff find an upload by the id that its sender names, and its pages say what they are."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone, translation

from portal.exchange.connections.group import GROUP
from portal.exchange.models import Upload
from portal.exchange.uploads import body, merging, receive
from portal.exchange.uploads.words import WHY_FAILED
from tests.exchange.facts import load_lines, resident
from tests.exchange.test_taking_back import connected
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/staff/exchange/upload/"


@pytest.fixture
def staff():
    browser = Client()
    browser.force_login(UserFactory(is_staff=True, is_superuser=True, language="ja"))
    return browser


def test_the_id_that_a_sender_names_finds_its_upload(staff):
    load_lines(resident("A"))
    load_lines(resident("B"))
    upload = Upload.objects.latest("pk")

    for typed in (str(upload.uuid), str(upload.uuid).upper()):
        assert list(staff.get(LIST, {"q": typed}).context["cl"].result_list) == [upload]
    assert not staff.get(LIST, {"q": str(UUID(int=0))}).context["cl"].result_list
    assert staff.get(LIST, {"q": "no id"}).status_code == 200


@pytest.mark.parametrize("wrong", [str(UUID(int=7)), "x", "0", "9" * 30])
def test_an_address_that_names_no_upload_is_not_found(staff, wrong):
    assert staff.get(f"{LIST}{wrong}/change/").status_code == 404


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_row_says_by_which_key_what_came_and_to_the_second_when(language):
    connection = connected("juki")
    for second in (7, 8):
        with time_machine.travel(datetime(2026, 11, 20, 1, 15, second, tzinfo=UTC), tick=False):
            upload, _lines = receive.receive(
                [json.dumps(resident("A", source="juki")).encode(), b"\n"],
                connection=connection,
                came_by=f"ak_00000000{second}",
            )
            merging.merge(upload)
    browser = Client(headers={"Accept-Language": language})
    browser.force_login(UserFactory(is_staff=True, is_superuser=True, language=language))

    shown = browser.get(LIST).content.decode()

    for second in (7, 8):
        assert f"API juki · ak_00000000{second}" in shown
        assert f">2026-11-20 10:15:0{second}</time></a></th>" in shown
    assert shown.count("1 (resident 1)") == 2
    found = browser.get(LIST, {"q": "ak_000000007"}).context["cl"].result_list
    assert [one.came_by for one in found] == ["ak_000000007"]
    assert "ak_000000008" in browser.get(f"{LIST}{upload.pk}/change/").content.decode()


def test_taking_an_upload_back_is_not_called_withdrawing_an_application(staff):
    load_lines(resident("A"))

    shown = staff.get(f"{LIST}{Upload.objects.get().pk}/change/").content.decode()

    assert "受け取ったファイルの取り消し" in shown
    assert "取り下げる" not in shown


def test_only_who_may_see_lines_is_led_to_them():
    load_lines(resident("A", municipality="131017"))
    upload = Upload.objects.get()
    manager = UserFactory(is_staff=True, language="en")
    manager.groups.add(Group.objects.get(name=GROUP))
    superuser = UserFactory(is_staff=True, is_superuser=True, language="en")

    for user, led in ((manager, False), (superuser, True)):
        browser = Client()
        browser.force_login(user)
        for address in (LIST, f"{LIST}{upload.pk}/change/"):
            shown = browser.get(address)
            assert (f"quarantinedline/?upload={upload.pk}" in shown.content.decode()) is led
        assert "still waiting: 1" in shown.content.decode()


@pytest.mark.parametrize(
    "why",
    [
        *(body.CUT_OFF, body.TOO_SLOW, body.TOO_LARGE, body.TOO_TIGHT, body.NOT_GZIP),
        *(receive.WORKER_GONE, merging.GAVE_UP),
    ],
)
def test_why_an_upload_failed_is_said_in_words(staff, why):
    upload = Upload.objects.create(name="a", state="failed", why_failed=why)

    shown = staff.get(f"{LIST}{upload.pk}/change/").content.decode()

    with translation.override("ja"):
        assert str(WHY_FAILED[why]) in shown
    assert why not in shown


@pytest.mark.parametrize("typed", ["\0", "A\0", " ", "é", "x" * 100])
def test_whatever_is_asked_for_somebody_is_answered(staff, typed):
    upload = Upload.objects.create(name="a", state="done")

    assert staff.get(f"{LIST}{upload.pk}/change/", {"ref": typed}).status_code == 200


@pytest.mark.parametrize(("state", "deed"), [("held", "release"), ("done", "take_back")])
def test_a_reason_that_is_missing_is_told_at_the_top_and_leads_to_its_field(staff, state, deed):
    upload = Upload.objects.create(
        name="a",
        connection=connected("juki"),
        state=state,
        finished_at=timezone.now(),
        listed=1,
        listed_before=9,
    )

    wrong = staff.post(f"{LIST}{upload.pk}/{deed}/", {"why": " "})

    assert wrong.status_code == 422
    assert '<a href="#id_why">' in wrong.content.decode()
