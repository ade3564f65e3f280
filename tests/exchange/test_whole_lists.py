"""A whole list with far fewer people than the last one waits until somebody has looked."""

import itertools

import pytest
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from portal.exchange.changes.number import number_changes
from portal.exchange.models import Change, Connection, Upload
from portal.exchange.uploads import alarms, merging, whole_lists
from portal.exchange.uploads.receive import receive
from portal.residents.models import Resident
from tests.exchange.facts import account, load_lines, raw, resident, what_stands
from tests.factories import MunicipalityFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db
WHY = "the register has told us by telephone"


@pytest.fixture
def register(db):
    MunicipalityFactory()
    source = SourceFactory(key="juki-131016", name_en="The register")
    return Connection.objects.create(
        source=source, kinds=["resident", "account"], whole_list=True, fewer_tolerated=10
    )


@pytest.fixture
def chief(db):
    return UserFactory(email="chief@example.jp", is_staff=True, is_superuser=True, language="en")


def people(count, **fields):
    return [resident(f"R{n}", **fields) for n in range(count)]


def sent(connection, *lines):
    """Receive and merge lines as the API does; return what became of them."""
    content = [raw(line) + b"\n" for line in lines]
    upload, _lines = receive(content, connection=connection, whole_list=connection.whole_list)
    merging.merge(upload)
    upload.refresh_from_db()
    return upload


def stands():
    with database.cursor() as cursor:
        return what_stands(cursor)


@pytest.mark.parametrize(
    ("listed", "tolerated", "held"),
    [(90, 10, False), (89, 10, True), (100, 0, False), (99, 0, True), (0, 100, False)],
)
def test_a_list_is_held_that_lost_more_people_than_tolerated(listed, tolerated, held):
    assert whole_lists.is_far_fewer(listed, 100, tolerated=tolerated) == held
    assert not whole_lists.is_far_fewer(listed, None, tolerated=tolerated)


def test_nothing_of_a_held_list_is_merged_and_a_yes_merges_it(register, chief):
    sent(register, *people(10, checked_at="2026-11-01T00:00:00Z"))
    before = stands()

    held = sent(register, *people(8, name="佐藤 花子", checked_at="2026-11-02T00:00:00Z"))

    assert (held.state, held.listed, held.listed_before) == ("held", 8, 10)
    assert whole_lists.percent_fewer(held) == 20
    assert stands() == before
    assert not merging.merge(held)

    assert whole_lists.release(held, by=chief, why=WHY)
    assert not whole_lists.refuse(held, by=chief, why=WHY)
    merging.merge(held)

    held.refresh_from_db()
    assert (held.state, held.looked_by, held.looked_why) == ("done", chief, WHY)
    assert Resident.objects.filter(name="佐藤 花子").count() == 8
    assert Resident.objects.filter(state="active").count() == 10  # nobody is closed by absence


def test_a_no_merges_nothing_and_the_next_list_is_compared_with_the_last_merged(register, chief):
    sent(register, *people(10))
    held = sent(register, *people(2))
    whole_lists.refuse(held, by=chief, why=WHY)

    assert not merging.merge(held)
    held.refresh_from_db()
    assert held.state == "refused"
    assert sent(register, *people(5)).state == "held"
    assert sent(register, *people(9)).state == "done"


def test_a_list_that_somebody_said_yes_to_is_what_the_next_is_compared_with(register, chief):
    sent(register, *people(10))
    held = sent(register, *people(5))
    whole_lists.release(held, by=chief, why=WHY)
    merging.merge(held)

    assert sent(register, *people(5)).state == "done"


def test_an_upload_that_is_no_whole_list_is_never_held(register):
    sent(register, *people(10))
    Connection.objects.update(whole_list=False)
    register.refresh_from_db()

    assert sent(register, account("R1", source="juki-131016")).state == "done"


def test_its_sender_is_told_that_it_is_held_and_what_came_of_it(register, chief):
    sent(register, *people(10))
    held = sent(register, *people(5))
    number_changes()
    whole_lists.release(held, by=chief, why=WHY)
    merging.merge(held)
    number_changes()

    told = Change.objects.filter(about=held.uuid).order_by("position")
    assert [one.data["state"] for one in told] == ["held", "done"]


def test_staff_are_told_and_decide_on_its_page_with_a_reason(register, chief):
    sent(register, *people(10))
    held = sent(register, *people(8))
    with translation.override("en"):
        [alarm] = alarms.of_held_uploads(timezone.now(), chief)
    assert "20% fewer people" in alarm.what
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(chief)

    page = client.get(alarm.url).content.decode()
    assert "20% fewer people than last time (8, last time 10)" in page
    release = reverse("admin:exchange_upload_release", args=[held.pk])
    assert client.post(release, {"why": ""}).status_code == 422
    assert client.post(release, {"why": WHY}).status_code == 302
    held.refresh_from_db()
    assert (held.looked_by, held.looked_why) == (chief, WHY)


def test_who_may_only_look_decides_nothing(register):
    sent(register, *people(10))
    held = sent(register, *people(5))
    client = Client()
    client.force_login(UserFactory(email="desk@example.jp", is_staff=True))

    for deed in ("release", "refuse"):
        url = reverse(f"admin:exchange_upload_{deed}", args=[held.pk])
        assert client.post(url, {"why": WHY}).status_code == 403
    held.refresh_from_db()
    assert held.state == Upload.State.HELD


# ---- what came late
def test_yesterdays_file_after_todays_ends_like_the_two_in_order():
    yesterday = [resident(checked_at="2026-11-01T00:00:00Z"), account()]
    today = [
        resident(checked_at="2026-11-02T00:00:00Z", name="佐藤 花子"),
        account(status="registered", checked_at="2026-11-02T00:00:00Z"),
    ]
    load_lines(*today)
    load_lines(*yesterday)
    late = stands()
    Resident.objects.all().delete()
    load_lines(*yesterday)
    load_lines(*today)

    assert stands() == late
    assert (late["people"][0][2], late["accounts"][0][1]) == ("佐藤 花子", "registered")


def test_of_a_correction_of_a_correction_the_last_stands_in_every_order():
    said = [
        resident(name=name, checked_at=f"2026-11-0{day}T00:00:00Z")
        for day, name in enumerate(["山田 花子", "佐藤 花子", "山田 花子"], start=1)
    ]
    for order in itertools.permutations(said):
        Resident.objects.all().delete()
        for line in order:
            load_lines(line)
        person = Resident.objects.get()
        assert (person.name, person.checked_at.day) == ("山田 花子", 3)
