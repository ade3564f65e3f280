"""An upload is taken back as a whole: what stands is as if it had never come."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.exchange.admin.uploads import address_of, more_about
from portal.exchange.lines.formats import KINDS
from portal.exchange.models import Connection, QuarantinedLine, TakenBackReport, TakingBack, Upload
from portal.exchange.uploads import alarms, merging, taking_back
from portal.exchange.uploads.receive import receive
from portal.exchange.uploads.unreported import relations
from portal.residents.models import FactReport, Resident, Source
from tasks.models import Task
from tests.exchange.facts import (
    TODAY,
    account,
    application_status,
    certificate,
    guardianship,
    insurance,
    load_lines,
    raw,
    resident,
    vaccination,
    what_stands,
)
from tests.factories import MunicipalityFactory, UserFactory

pytestmark = pytest.mark.django_db
SOURCE = "juki-131016"
WHY = "the wrong file was sent"


def connected(source=SOURCE):
    MunicipalityFactory()
    source, _new = Source.objects.get_or_create(key=source)
    return Connection.objects.get_or_create(source=source, defaults={"kinds": list(KINDS)})[0]


def sent(*lines, source=SOURCE):
    content = [raw(line) + b"\n" for line in lines]
    upload, _lines = receive(content, connection=connected(source))
    merge(upload)
    return upload


def merge(upload):
    merging.merge(upload)
    upload.refresh_from_db()


def taken_back(upload, by=None):
    by = by or UserFactory(is_staff=True)
    asked = taking_back.ask(upload, by=by, why=WHY)
    taking_back.take_back(asked, today=TODAY)
    merge_again()
    asked.refresh_from_db()
    return asked


def merge_again():
    for upload in Upload.objects.filter(again_since__isnull=False).order_by("pk"):
        merging.merge(upload)


def stands():
    with database.cursor() as cursor:
        return what_stands(cursor)


@pytest.fixture(autouse=True)
def now(time_machine):
    """An upload is merged for the day it is: the one on which the others are taken back."""
    time_machine.move_to(f"{TODAY}T12:00+09:00")


class Undone(Exception):
    pass


def after(deeds):
    """Return what stands after some deeds, and undo them."""
    try:
        with transaction.atomic():
            deeds()
            result = stands()
            raise Undone
    except Undone:
        return result


def at(day):
    return f"2026-11-{day:02d}T00:00:00Z"


REFS = st.sampled_from(["R1", "R2", "R3"])
DAYS = st.integers(min_value=1, max_value=4).map(at)
# An "unknown" neither opens nor closes, so with one the tasks depend on what came before it.
STATUS = st.sampled_from(["registered", "not-registered"])
LINES = st.one_of(
    st.builds(
        lambda ref, name, day: resident(ref, name=name, checked_at=day),
        REFS,
        st.sampled_from(["山田 花子", "佐藤 花子"]),
        DAYS,
    ),
    st.builds(
        lambda ref, status, day: account(ref, status=status, checked_at=day, source=SOURCE),
        *(REFS, STATUS, DAYS),
    ),
    st.builds(
        lambda ref, status, day: insurance(ref, status=status, checked_at=day, source=SOURCE),
        *(REFS, STATUS, DAYS),
    ),
    st.builds(
        lambda ref, serial, day: certificate(ref, serial=serial, checked_at=day, source=SOURCE),
        *(REFS, st.sampled_from(["A1", "A2"]), DAYS),
    ),
)
UPLOADS = st.lists(st.lists(LINES, max_size=5), min_size=3, max_size=3)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(uploads=UPLOADS, order=st.permutations([0, 1, 2]), which=st.integers(0, 2))
def test_taking_one_of_three_back_ends_like_the_other_two_alone(uploads, order, which):
    def all_and_one_back():
        came = {number: sent(*uploads[number]) for number in order}
        taken_back(came[which])

    def the_others():
        for number in order:
            if number != which:
                sent(*uploads[number])

    assert after(all_and_one_back) == after(the_others)


# ---- one thing after the other
def test_what_stood_before_stands_again_and_its_tasks():
    sent(resident(checked_at=at(1)), account(source=SOURCE, checked_at=at(1)))
    before = stands()
    wrong = sent(account(source=SOURCE, status="registered", checked_at=at(2)))
    assert stands() != before

    asked = taken_back(wrong)

    after_it = stands()
    assert after_it["accounts"] == before["accounts"]
    assert Task.objects.live().filter(rule__key="card.benefit-account").exists()
    wrong.refresh_from_db()
    assert (wrong.state, asked.people, asked.reports) == ("taken-back", 1, 1)
    assert (asked.why, asked.finished_at is not None) == (WHY, True)
    kept = TakenBackReport.objects.get()
    assert (kept.upload, kept.ref, kept.value["status"]) == (wrong, "R1", "registered")


def test_a_task_that_it_alone_opened_is_withdrawn_though_nothing_is_known_now():
    sent(resident(checked_at=at(1)))
    before = stands()
    wrong = sent(account(source=SOURCE, checked_at=at(2)))
    task = Task.objects.live().get(rule__key="card.benefit-account")

    taken_back(wrong)

    task.refresh_from_db()
    assert (task.status, task.ended_on) == ("withdrawn", TODAY)
    assert stands()["tasks"] == before["tasks"]


def test_people_whom_it_alone_made_go_and_lines_about_them_wait_again():
    sent(account("R9", source=SOURCE), resident("R1", checked_at=at(1)))
    wrong = sent(
        resident("R9", checked_at=at(1)),
        guardianship("R9", "R1", **{"from": "2026-01-01"}),
        insurance("R9", source=SOURCE),
    )

    taken_back(wrong)

    assert list(Resident.objects.values_list("ref", flat=True)) == ["R1"]
    waiting = QuarantinedLine.objects.filter(resolved_at=None)
    assert [line.waits_for_ref for line in waiting] == ["R9"]
    sent(resident("R9", checked_at=at(3)))
    assert FactReport.objects.filter(kind="account", resident__ref="R9").exists()


def test_a_line_that_the_upload_said_as_well_waits_again():
    line = account("R9", source=SOURCE)
    first = sent(line)
    wrong = sent(resident("R9", checked_at=at(1)), line)

    taken_back(wrong)

    assert not Resident.objects.exists()
    assert QuarantinedLine.objects.get(resolved_at=None).upload_id == first.pk


def test_a_person_with_a_sign_in_stays_and_it_is_said_why():
    wrong = sent(resident("R9", checked_at=at(1)), account("R9", source=SOURCE))
    Resident.objects.update(user=UserFactory())

    asked = taken_back(wrong)

    assert asked.left == [{"ref": "R9", "why": "accounts.User"}]
    assert Resident.objects.filter(ref="R9").exists()
    assert not FactReport.objects.exists()
    assert stands()["accounts"] == []


def test_what_a_later_upload_said_as_well_is_kept():
    line = account(source=SOURCE, checked_at=at(2))
    sent(resident(checked_at=at(1)))
    wrong, later = sent(line), sent(line)

    taken_back(wrong)

    assert FactReport.objects.get(kind="account").upload_id == later.pk
    later.refresh_from_db()
    assert (later.again_since, later.state, later.read) == (None, "done", 1)


def test_what_came_by_a_command_since_is_named_to_be_loaded_again():
    wrong = sent(resident(checked_at=at(1)))
    load_lines(resident(checked_at=at(1)), name="juki-2.ndjson")

    taken_back(wrong)

    assert [one.name for one in taking_back.to_load_again(wrong)] == ["juki-2.ndjson"]


def test_an_applications_number_is_free_again():
    sent(resident("R1", checked_at=at(1)), resident("R2", checked_at=at(1)))
    wrong = sent(application_status("R1", source=SOURCE))
    right = sent(application_status("R2", source=SOURCE))
    assert right.quarantined == 1

    taken_back(wrong)

    assert [row[2] for row in stands()["whose applications"]] == ["R2"]
    assert stands()["waiting"] == []


def test_a_vaccination_goes_with_its_upload():
    sent(resident("R2", born="2025-11-01", checked_at=at(1)))
    before = stands()
    wrong = sent(vaccination("R2", source=SOURCE, checked_at=at(1)))

    taken_back(wrong)

    now = stands()
    assert (now["vaccinations"], now["doses"]) == ([], before["doses"])


def test_killed_between_two_ranges_it_goes_on_and_twice_is_once(monkeypatch):
    people = [resident(f"R{n}", checked_at=at(1)) for n in range(5)]
    sent(*people[:2])
    before = stands()
    wrong = sent(*people[2:], resident("R0", name="佐藤 花子", checked_at=at(2)))
    asked = taking_back.ask(wrong, by=UserFactory(), why=WHY)
    monkeypatch.setattr(taking_back, "PEOPLE_AT_ONCE", 2)
    monkeypatch.setattr(taking_back, "reached", killed)

    with pytest.raises(Undone):
        taking_back.take_back(asked, today=TODAY)
    wrong.refresh_from_db()
    assert wrong.state == "done"
    assert taking_back.under_way() == [asked]

    monkeypatch.setattr(taking_back, "reached", lambda work, moment: None)
    for _time in range(2):
        assert taking_back.take_back(asked, today=TODAY)
    asked.refresh_from_db()
    assert (asked.people, asked.reports, asked.removed) == (4, 4, 3)
    assert stands() == before
    assert taking_back.under_way() == []


def killed(work, moment):
    if moment == "range":
        raise Undone


# ---- who may, and when
def test_with_many_people_a_second_person_has_to_say_yes(monkeypatch):
    monkeypatch.setattr(taking_back, "MANY", 1)
    wrong = sent(resident("R1", checked_at=at(1)), resident("R2", checked_at=at(1)))
    first, second = UserFactory(email="a@example.jp"), UserFactory(email="b@example.jp")

    asked = taking_back.ask(wrong, by=first, why=WHY)

    assert not taking_back.take_back(asked, today=TODAY)
    [alarm] = alarms.of_takings_back(timezone.now(), second)
    assert alarm.url == reverse("admin:exchange_upload_change", args=[wrong.pk])
    with pytest.raises(taking_back.Refused, match="same-person"):
        taking_back.agree(asked, by=first)
    taking_back.agree(asked, by=second)
    assert list(alarms.of_takings_back(timezone.now(), second)) == []
    assert taking_back.take_back(asked, today=TODAY)
    assert not Resident.objects.exists()


def test_the_database_takes_no_second_yes_of_the_first_person():
    somebody, upload = UserFactory(), sent(resident("R1", checked_at=at(1)))

    with pytest.raises(IntegrityError, match="taking_back_second_yes_by_another"):
        TakingBack.objects.create(upload=upload, why=WHY, by=somebody, second=somebody)


@pytest.mark.parametrize(("days", "may"), [(6.9, True), (7.1, False)])
def test_it_can_be_taken_back_for_seven_days(days, may):
    upload = sent(resident(checked_at=at(1)))
    Upload.objects.update(finished_at=timezone.now() - timedelta(days=days))
    upload.refresh_from_db()

    assert taking_back.may_be_taken_back(upload) == may


def test_the_numbers_are_told_before_and_nothing_changes():
    sent(resident("R1", checked_at=at(1)))
    upload = sent(account(source=SOURCE), resident("R2", checked_at=at(1)))
    before = stands()

    found = taking_back.expected(upload)

    assert (found.people, found.reports, found.people_made) == (2, 2, 1)
    assert stands() == before


def test_staff_see_what_would_change_and_say_yes_with_a_reason():
    sent(resident("R1", checked_at=at(1)))
    upload = sent(account(source=SOURCE), resident("R2", checked_at=at(1)))
    chief = UserFactory(is_staff=True, is_superuser=True, language="en")
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(chief)
    page = reverse("admin:exchange_upload_change", args=[upload.pk])

    assert "What would change?" in client.get(page).content.decode()
    told = client.get(page, {"back": "1", "ref": "R1"}).content.decode()
    assert "Reports that go: 2. People they are about: 2." in told
    assert "<li>account: 1</li>" in told
    take_back = reverse("admin:exchange_upload_take_back", args=[upload.pk])
    assert client.post(take_back, {"why": " "}).status_code == 422
    assert client.post(take_back, {"why": WHY}).status_code == 302

    asked = upload.taking_back
    assert (asked.by, asked.why) == (chief, WHY)
    taking_back.take_back(asked, today=TODAY)
    assert "It was taken back" in client.get(page).content.decode()


def test_who_says_the_second_yes_reads_what_would_change(monkeypatch):
    monkeypatch.setattr(taking_back, "MANY", 1)
    upload = sent(resident("R1", checked_at=at(1)), resident("R2", checked_at=at(1)))
    first = UserFactory(is_staff=True, is_superuser=True)
    asked = taking_back.ask(upload, by=first, why=WHY)
    url = reverse("admin:exchange_upload_agree", args=[upload.pk])

    shown = seen_by_staff(upload)

    assert "Reports that go: 2. People they are about: 2." in shown
    assert url in shown
    client = Client()
    client.force_login(first)
    assert url not in client.get(address_of(upload)).content.decode()
    client.post(url)
    asked.refresh_from_db()
    assert asked.agreed_at is None
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    client.post(url)
    asked.refresh_from_db()
    assert asked.agreed_at is not None


def seen_by_staff(upload, **asked):
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True, language="en"))
    page = reverse("admin:exchange_upload_change", args=[upload.pk])
    return client.get(page, asked).content.decode()


def test_staff_read_in_words_why_a_person_stays():
    wrong = sent(resident("R9", checked_at=at(1)))
    Resident.objects.update(user=UserFactory())
    taken_back(wrong)

    assert "<li>R9: a sign-in</li>" in seen_by_staff(wrong)


@pytest.mark.parametrize("label", sorted({field.model._meta.label for field in relations()}))
def test_whatever_keeps_a_person_has_words(label):
    assert more_about(label)
    assert "." not in more_about(label)


def test_of_an_upload_that_brought_nothing_new_it_is_said():
    sent(resident("R1", checked_at=at(1)))
    again = sent(resident("R1", checked_at=at(1)))

    told = seen_by_staff(again, back="1")

    assert "It has brought no report that was not known already" in told
    assert "People they are about" not in told


def test_who_may_only_look_takes_nothing_back():
    upload = sent(resident("R1", checked_at=at(1)))
    client = Client()
    client.force_login(UserFactory(is_staff=True))

    for deed in ("take_back", "agree"):
        url = reverse(f"admin:exchange_upload_{deed}", args=[upload.pk])
        assert client.post(url, {"why": WHY}).status_code == 403
    assert taking_back.under_way() == []
