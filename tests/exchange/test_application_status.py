"""Applications that were made elsewhere: how they stand, as their source says."""

from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from django.db import connection

from portal.applications.models import Application, ApplicationRef
from portal.exchange.models import QuarantinedLine
from portal.residents.models import Resident
from tasks.models import Task
from tests.applications.factories import SentApplicationFactory
from tests.exchange.facts import application_status, counts, load_lines, resident, what_stands

pytestmark = pytest.mark.django_db


def live_rules(ref="R1"):
    live = Task.objects.live().filter(resident__ref=ref)
    return sorted(live.values_list("rule__key", flat=True))


def stands():
    with connection.cursor() as cursor:
        return what_stands(cursor)


def test_a_status_becomes_an_application_with_its_office_its_turn_and_since_when():
    loaded = load_lines(resident(), application_status(status="with-others"))

    application = Application.objects.get()
    assert counts(loaded) == (2, 2, 0, 0)
    assert (application.state, application.turn) == ("with-others", "other")
    assert (application.version, application.ref, application.seq) == (None, "S-17", 1)
    assert application.state_since == datetime(2026, 10, 31, 18, tzinfo=UTC)
    assert application.municipality_id == "131016"
    assert live_rules() == ["applications.with-the-office"]


@pytest.mark.parametrize(
    ("status", "rules"),
    [
        ("received", ["applications.with-the-office"]),
        ("under-review", ["applications.with-the-office"]),
        ("with-others", ["applications.with-the-office"]),
        ("correction", ["applications.correction-reported"]),
        ("granted", ["applications.decided", "applications.with-the-office"]),
        ("refused", ["applications.decided"]),
        ("completed", ["applications.decided"]),
        ("withdrawn", []),
    ],
)
def test_each_status_asks_for_its_tasks_and_ends_the_others(status, rules):
    load_lines(resident(), application_status())

    load_lines(application_status(status=status, seq=2, at="2026-11-02T00:00:00Z"))

    assert live_rules() == rules


def test_the_highest_sequence_number_stands_in_every_order_whatever_the_time_says():
    told = [
        application_status(seq=1, status="received", at="2026-11-09T00:00:00Z"),
        application_status(seq=2, status="under-review", at="2026-11-05T00:00:00Z"),
        application_status(seq=10, status="granted", at="2026-11-02T00:00:00Z"),
    ]
    for number, lines in enumerate(permutations(told)):
        person, ref = f"R{number}", f"S-{number}"
        load_lines(resident(person))
        for line in lines:
            load_lines({**line, "resident": person, "ref": ref})
        application = Application.objects.get(ref=ref)
        assert (application.seq, application.state) == (10, "granted")
        assert application.state_since == datetime(2026, 11, 2, tzinfo=UTC)


def test_of_two_with_one_sequence_number_the_later_stands():
    load_lines(resident(), application_status(status="granted", at="2026-11-03T00:00:00Z"))

    loaded = load_lines(application_status(status="refused", at="2026-11-02T00:00:00Z"))

    assert counts(loaded) == (1, 0, 1, 0)
    assert Application.objects.get().state == "granted"


def test_an_older_report_changes_nothing_and_counts_as_unchanged():
    load_lines(resident(), application_status(seq=5))
    before = Application.objects.values().get()

    loaded = load_lines(application_status(seq=4, status="granted", at="2026-11-20T00:00:00Z"))

    assert counts(loaded) == (1, 0, 1, 0)
    assert Application.objects.values().get() == before


def test_one_number_of_two_sources_is_two_applications():
    load_lines(resident(), application_status(), application_status(source="other"))

    assert Application.objects.count() == 2
    assert live_rules() == ["applications.with-the-office"] * 2


# ---- whose it is
@pytest.mark.parametrize("at_once", [True, False])
def test_a_number_of_another_person_is_set_aside_and_changes_nobodys_page(at_once):
    people = [resident("R1"), resident("R2")]
    theirs = application_status("R2", status="granted", seq=9)
    if at_once:
        load_lines(*people, theirs, application_status("R1"))
    else:
        load_lines(*people, application_status("R1"))
        load_lines(theirs)

    aside = QuarantinedLine.objects.get()
    assert (aside.reason, aside.detail) == ("ref-of-another-person", "S-17")
    assert Application.objects.get().resident.ref == "R1"
    assert Application.objects.get().state == "received"
    assert live_rules("R2") == []


def test_sent_again_it_is_set_aside_once():
    load_lines(resident("R1"), resident("R2"), application_status("R1"))

    for _time in range(2):
        load_lines(application_status("R2", seq=9))

    assert QuarantinedLine.objects.count() == 1


def test_once_the_two_are_one_person_the_line_is_taken_by_itself():
    first = resident("R1", checked_at="2026-11-01T00:00:00Z")
    load_lines(first, resident("R2"), application_status("R1"))
    load_lines(application_status("R2", seq=2))

    load_lines(resident("R1", merged_into="R2", checked_at="2026-11-20T00:00:00Z"))

    assert QuarantinedLine.objects.get().resolved_at
    assert Application.objects.get(resident__ref="R2").seq == 2
    assert live_rules("R1") == []
    assert live_rules("R2") == ["applications.with-the-office"]


def test_the_line_of_one_who_was_merged_is_taken_in_the_same_load_and_in_a_later_one():
    merged = resident("R1", merged_into="R2", checked_at="2026-11-20T00:00:00Z")
    load_lines(resident("R2"), merged, application_status("R1"), application_status("R2", seq=2))
    loaded = load_lines(application_status("R1", seq=3, at="2026-11-21T00:00:00Z"))

    assert loaded.quarantined == 0
    assert not QuarantinedLine.objects.exists()


def test_a_line_about_a_person_not_yet_known_waits_and_takes_the_number_then():
    load_lines(application_status("R5"))
    assert not ApplicationRef.objects.exists()

    load_lines(resident("R5"))

    assert Application.objects.get().resident.ref == "R5"
    assert live_rules("R5") == ["applications.with-the-office"]


def test_a_person_taken_out_of_the_portal_leaves_nothing_of_it():
    load_lines(resident(), application_status())
    Task.objects.all().delete()

    Resident.objects.get().delete()

    assert not Application.objects.exists()
    assert not ApplicationRef.objects.exists()


# ---- beside what is made here
def test_the_office_goes_with_the_person_and_what_was_made_here_stays_as_it_is():
    load_lines(resident(checked_at="2026-11-01T00:00:00Z"), application_status())
    made_here = SentApplicationFactory(resident=Resident.objects.get())

    load_lines(resident(municipality="131024", checked_at="2026-11-09T00:00:00Z"))

    assert Application.objects.get(ref="S-17").municipality_id == "131024"
    made_here.refresh_from_db()
    assert made_here.municipality_id == "131016"


def test_unconfirmed_for_long_it_is_unknown_and_its_task_stays():
    load_lines(resident(), application_status(status="correction"))

    load_lines(resident("R2"), today=date(2028, 1, 1))
    load_lines(resident(name="佐藤 花子"), today=date(2028, 1, 1))

    assert live_rules() == ["applications.correction-reported"]


def test_loading_again_writes_nothing():
    lines = [resident(), application_status(), application_status(seq=2, status="correction")]
    load_lines(*lines)
    before = stands()

    loaded = load_lines(*lines)

    assert loaded.changed == 0
    assert stands() == before
