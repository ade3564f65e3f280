"""Staff find an upload by the id that its sender names, and its pages say what they are."""

from uuid import UUID

import pytest
from django.test import Client

from portal.exchange.models import Upload
from tests.exchange.facts import load_lines, resident
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


def test_taking_an_upload_back_is_not_called_withdrawing_an_application(staff):
    load_lines(resident("A"))

    shown = staff.get(f"{LIST}{Upload.objects.get().pk}/change/").content.decode()

    assert "受け取ったファイルの取り消し" in shown
    assert "取り下げる" not in shown
