"""Who looked: a chain in which a row that is changed or removed shows."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from portal.residents.access_log import Broken, check_access_logs, note_access
from portal.residents.ask_access import CannotAsk, answer_access_question, ask_about_access
from portal.residents.jobs import check_access_log
from portal.residents.models import (
    AccessLogCheck,
    AccessLogHead,
    AccessQuestion,
    RecordAccess,
)
from tests.applications.factories import OfficeMembershipFactory
from tests.at_once import at_once
from tests.factories import ResidentFactory, UserFactory

TODAY = date(2026, 11, 20)


@pytest.fixture
def kept(db):
    """A resident whose record was opened five times, and another of whom it was once."""
    resident, by = ResidentFactory(ref="R1"), UserFactory()
    for number in range(5):
        note_access(resident=resident, by=by, purpose=f"call {number}")
    note_access(resident=ResidentFactory(ref="R2"), by=by, purpose="call")
    return resident


@pytest.fixture
def log(kept):
    """The same for who owns the tables, and has taken away what keeps the rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # none may be left to check
        cursor.execute("ALTER TABLE residents_recordaccess DISABLE TRIGGER access_log_kept")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return kept


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE residents_recordaccess SET purpose = 'another'",
        "UPDATE residents_recordaccess SET at = at",
        "DELETE FROM residents_recordaccess",
        "SET LOCAL annai.erases_access_log = 'on'; UPDATE residents_recordaccess SET number = 7",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_row(kept, statement):
    with (
        pytest.raises(DatabaseError, match="neither changed nor removed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list(check_access_logs()) == [6]


def test_a_person_is_erased_by_who_says_so_and_the_log_goes_along(kept):
    with pytest.raises(DatabaseError, match="neither changed nor removed"), transaction.atomic():
        kept.delete()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL annai.erases_access_log = 'on'")
        kept.delete()

    assert list(check_access_logs()) == [1]


def test_what_the_night_finds_is_kept_with_the_places(log):
    RecordAccess.objects.filter(resident=log, number=2).delete()

    assert check_access_log() == {"read": 5, "broken": 1}
    places = [{"resident": "R1", "number": 2, "why": "removed"}]
    assert AccessLogCheck.objects.values("read", "broken", "places").get() == {
        "read": 5,
        "broken": 1,
        "places": places,
    }


def test_a_log_that_nobody_touched_is_whole(log):
    assert list(check_access_logs()) == [6]
    assert list(log.accesses.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize(
    ("column", "value"), [("purpose", "x"), ("what", "A-1"), ("office", "131016"), ("at", "now")]
)
def test_a_changed_row_shows_with_its_number(log, number, column, value):
    row = RecordAccess.objects.get(resident=log, number=number)
    changed = {"office": {"office_id": value}, "at": {"at": log.checked_at}}.get(
        column, {column: value}
    )
    RecordAccess.objects.filter(resident=log, pk=row.pk).update(**changed)

    assert next(iter(check_access_logs())) == Broken("R1", number, "changed")


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_row_shows_where_it_was(log, number):
    RecordAccess.objects.filter(resident=log, number=number).delete()

    assert next(iter(check_access_logs())) == Broken("R1", number, "removed")


def test_a_log_removed_whole_shows(log):
    RecordAccess.objects.filter(resident=log).delete()

    assert next(iter(check_access_logs())) == Broken("R1", 1, "removed")


def test_a_log_without_its_head_shows(log):
    AccessLogHead.objects.filter(resident=log).delete()

    assert next(iter(check_access_logs())) == Broken("R1", 6, "removed")


def cut_off(log, left):
    """Remove the rows after `left`, and put the head back to it, as who can only write SQL can."""
    RecordAccess.objects.filter(resident=log, number__gt=left).delete()
    last = RecordAccess.objects.filter(resident=log, number=left).first()
    AccessLogHead.objects.filter(resident=log).update(
        count=left, chained=last.chained if last else ""
    )


@pytest.mark.parametrize("left", [4, 2, 0])
def test_an_end_cut_off_shows_though_the_head_was_put_back(log, left):
    cut_off(log, left)

    assert next(iter(check_access_logs())) == Broken("R1", left + 1, "removed")


@pytest.mark.parametrize("left", [4, 0])
def test_and_still_does_once_somebody_else_has_looked(log, left):
    cut_off(log, left)
    note_access(resident=log, by=UserFactory(), purpose="call")
    note_access(resident=log, by=UserFactory(), purpose="call")

    assert isinstance(next(iter(check_access_logs())), Broken)


def test_the_seal_of_another_persons_log_does_not_fit(log):
    other = AccessLogHead.objects.exclude(resident=log).get()
    cut_off(log, 1)
    AccessLogHead.objects.filter(resident=log).update(sealed=other.sealed)

    assert next(iter(check_access_logs())) == Broken("R1", 2, "removed")


def test_rows_put_into_another_order_show(log):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE residents_recordaccess SET number = number + 100 WHERE resident_id = %s "
            "AND number IN (2, 3)",
            [log.pk],
        )
        cursor.execute(
            "UPDATE residents_recordaccess SET number = 105 - number WHERE resident_id = %s "
            "AND number > 100",
            [log.pk],
        )

    assert next(iter(check_access_logs())) == Broken("R1", 2, "changed")


def test_without_the_key_no_chain_can_be_made(log, settings):
    settings.ACCESS_LOG_KEY = "another"

    assert next(iter(check_access_logs())) == Broken("R1", 1, "changed")


def test_the_command_prints_the_places_and_fails(log, capsys):
    call_command("check_access_log")
    assert json.loads(capsys.readouterr().out) == {"read": 6, "broken": 0}

    RecordAccess.objects.filter(resident=log, number=2).delete()
    with pytest.raises(SystemExit):
        call_command("check_access_log")
    place, counts = capsys.readouterr().out.splitlines()
    assert json.loads(place) == {"resident": "R1", "number": 2, "why": "removed"}
    assert json.loads(counts) == {"read": 5, "broken": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_written_at_the_same_moment_the_rows_follow_one_another():
    resident, by = ResidentFactory(), UserFactory()
    at_once(*[lambda: note_access(resident=resident, by=by, purpose="call")] * 8)

    assert list(check_access_logs()) == [8]


def test_an_access_is_asked_about_once_and_answered_by_a_day(log):
    first = ask_about_access(resident=log, number=2, text="Why?", today=TODAY)
    again = ask_about_access(resident=log, number=2, text="Why again?", today=TODAY)

    assert (first.pk, again.text, first.answer_by) == (again.pk, "Why?", date(2026, 12, 4))
    answer_access_question(question=first, answer="You called us.", by=UserFactory())
    answer_access_question(question=first, answer="Another answer.", by=UserFactory())
    assert AccessQuestion.objects.get().answer == "You called us."


def test_nobody_asks_about_another_persons_access(log):
    with pytest.raises(RecordAccess.DoesNotExist):
        ask_about_access(resident=ResidentFactory(), number=1, text="", today=TODAY)


def test_what_is_too_long_is_said_and_never_cut(log):
    with pytest.raises(CannotAsk):
        ask_about_access(resident=log, number=1, text="x" * 2001, today=TODAY)
    question = ask_about_access(resident=log, number=1, text="x" * 2000, today=TODAY)
    with pytest.raises(CannotAsk):
        answer_access_question(question=question, answer="x" * 4001, by=UserFactory())
    answer_access_question(question=question, answer="A\0B" + "x" * 3998, by=UserFactory())

    question.refresh_from_db()
    assert (len(question.text), question.answer[:2], len(question.answer)) == (2000, "AB", 4000)


def test_a_my_number_is_not_kept(log):
    with translation.override("en"), pytest.raises(CannotAsk, match="My Number"):
        ask_about_access(resident=log, number=1, text="1234 5678 9018", today=TODAY)
    assert not AccessQuestion.objects.exists()


def test_a_case_worker_answers_the_questions_of_the_own_office_the_open_ones_first(
    log, client, django_assert_max_num_queries
):
    clerk = OfficeMembershipFactory(user__language="en").user
    clerk.groups.set(Group.objects.filter(name="case workers"))
    chiyoda = log.municipality
    for number in range(2):
        access = note_access(resident=log, by=clerk, office=chiyoda, purpose=f"A-{number}")
        ask_about_access(resident=log, number=access.number, text=f"Why {number}?", today=TODAY)
    elsewhere = ask_about_access(resident=log, number=1, text="Elsewhere?", today=TODAY)
    first, _second = AccessQuestion.objects.filter(office=chiyoda).order_by("pk")
    client.force_login(clerk)
    address = f"/staff/residents/accessquestion/{log.uuid}/"

    client.post(f"{address}{first.access_number}/", {"answer": "You called us."})

    with django_assert_max_num_queries(9):
        shown = client.get("/staff/residents/accessquestion/").content.decode()
    assert shown.index("Why 1?") < shown.index("Why 0?") and "Elsewhere?" not in shown
    assert client.get(f"{address}{elsewhere.access_number}/").status_code == 404
    first.refresh_from_db()
    assert (first.answer, first.answered_by) == ("You called us.", clerk)


@pytest.mark.parametrize(
    ("day", "state"), [("2026-12-04", "to be answered"), ("2026-12-05", "overdue")]
)
def test_a_question_is_marked_once_its_day_is_over(
    log, admin_client, admin_user, time_machine, day, state
):
    question = ask_about_access(resident=log, number=1, text="Why?", today=TODAY)
    time_machine.move_to(f"{day}T12:00+09:00", tick=False)
    admin_user.language = "en"
    admin_user.save()
    admin_client.force_login(admin_user)
    shown = admin_client.get("/staff/residents/accessquestion/").content.decode()

    assert question.answer_by == date(2026, 12, 4)
    assert state in shown


NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("after", "other", "rows"),
    [
        (timedelta(0), {}, 1),
        (HOUR - timedelta(seconds=1), {}, 1),
        (HOUR, {}, 2),
        (timedelta(0), {"purpose": "A-1/file"}, 2),
        (timedelta(0), {"what": "A-2"}, 2),
        (timedelta(0), {"office": None}, 2),
        (timedelta(0), {"by": None}, 2),
        (timedelta(0), {"resident": None}, 2),
        (timedelta(0), {"once_within": None}, 2),
    ],
)
def test_the_same_look_again_within_the_hour_is_one_row(db, after, other, rows):
    resident, by = ResidentFactory(), UserFactory()
    look = {"resident": resident, "by": by, "office": resident.municipality}
    look |= {"purpose": "A-1", "what": "A-1", "once_within": HOUR}
    made = {"by": UserFactory, "resident": ResidentFactory}
    other = {key: value or made.get(key, lambda: None)() for key, value in other.items()}

    note_access(**look, at=NOON)
    note_access(**look | other, at=NOON + after)

    assert list(check_access_logs()) == [rows]


def test_another_look_between_does_not_make_it_a_new_one(db):
    resident, clerks = ResidentFactory(), [UserFactory(), UserFactory()]
    for minute, by in enumerate([*clerks, *clerks]):
        at = NOON + timedelta(minutes=minute)
        note_access(resident=resident, by=by, purpose="A-1", what="A-1", at=at, once_within=HOUR)

    assert list(check_access_logs()) == [2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_the_same_look_twice_at_the_same_moment_is_one_row():
    resident, by = ResidentFactory(), UserFactory()
    look = {"resident": resident, "by": by, "purpose": "A-1", "once_within": HOUR}
    at_once(*[lambda: note_access(**look)] * 8)

    assert list(check_access_logs()) == [1]
