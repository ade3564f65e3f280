"""What a connection may not send is set aside, and nobody's page changes."""

import random

import pytest
from django.db import connection as database

from portal.card.models import BenefitAccount
from portal.exchange.loading.load import load, retry
from portal.exchange.models import Connection, QuarantinedLine
from portal.residents.models import FactReport, Resident, Source
from tests.exchange.facts import (
    TODAY,
    account,
    application_status,
    counts,
    file_of,
    guardianship,
    insurance,
    load_lines,
    resident,
    what_stands,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

CHIYODA, CHUO = "131016", "131024"


def connected(key="juki-131016", kinds=("resident",), municipality=CHIYODA):
    source, _new = Source.objects.get_or_create(key=key)
    return Connection.objects.create(source=source, kinds=list(kinds), municipality_id=municipality)


def sent(connection, *lines, name="sent.ndjson"):
    return load([file_of(*lines, name=name)], connection=connection, today=TODAY)


def set_aside():
    waiting = QuarantinedLine.objects.filter(resolved_at=None).order_by("line_number")
    return list(waiting.values_list("reason", "detail"))


def test_what_a_connection_may_send_goes_in_as_by_a_command():
    register = connected()

    loaded = sent(register, resident("R1"), resident("R2", name="佐藤 次郎"))

    assert counts(loaded) == (2, 2, 0, 0)
    assert Resident.objects.count() == 2


def test_another_sources_line_is_set_aside_and_makes_no_source_and_no_delivery():
    load_lines(resident(), account())
    Source.objects.update(delivered_at=None)
    insurer = connected("insurer-0601", ["account", "insurance"], municipality=None)

    loaded = sent(insurer, account(status="registered", source="new"), account(), insurance())

    assert counts(loaded) == (3, 1, 0, 2)
    assert set_aside() == [("another-source", "new"), ("another-source", "kokin")]
    assert BenefitAccount.objects.get().status == "not-registered"
    assert not Source.objects.filter(key="new").exists()
    assert list(Source.objects.exclude(delivered_at=None)) == [insurer.source]


def test_a_kind_that_was_not_agreed_is_set_aside():
    load_lines(resident())
    insurer = connected("insurer-0601", ["insurance"], municipality=None)

    loaded = sent(insurer, account(source="insurer-0601"), insurance())

    assert counts(loaded) == (2, 1, 0, 1)
    assert set_aside() == [("kind-not-agreed", "account")]


def test_a_resident_of_another_municipality_is_set_aside_whether_known_or_not():
    load_lines(resident("R2", municipality=CHUO, source="juki-131024"))
    register = connected(kinds=["resident", "guardianship", "account"])

    loaded = sent(
        register,
        resident("R2", municipality=CHUO, name="別の 名前", checked_at="2026-11-20T00:00:00Z"),
        resident("R3", municipality=CHUO),
        account("R2", source="juki-131016"),
        account("R3", source="juki-131016"),
    )

    assert counts(loaded) == (4, 0, 0, 4)
    assert set_aside() == [
        ("another-municipality", "R2"),
        ("another-municipality", "R3"),
        ("another-municipality", "R2"),
        ("unknown-person", "R3"),
    ]
    assert [(one.ref, one.name) for one in Resident.objects.all()] == [("R2", "山田 花子")]
    assert FactReport.objects.count() == 1


def test_a_guardian_may_live_elsewhere_and_the_child_may_not():
    load_lines(
        resident("R1", municipality=CHUO),
        resident("R2", born="2020-05-05"),
        resident("R3", municipality=CHUO, born="2020-05-05"),
        resident("R4"),
    )
    register = connected(kinds=["guardianship"])

    loaded = sent(register, guardianship("R2", "R1"), guardianship("R3", "R4"))

    assert counts(loaded) == (2, 1, 0, 1)
    assert set_aside() == [("another-municipality", "R3")]


def test_a_register_reports_who_moves_in_and_where_to_somebody_moved():
    before = {"municipality": CHUO, "checked_at": "2026-11-01T00:00:00Z"}
    load_lines(resident("R1", source="juki-131024", **before))
    register = connected()

    loaded = sent(register, resident("R1", checked_at="2026-11-20T00:00:00Z"))
    assert counts(loaded) == (1, 1, 0, 0)
    assert Resident.objects.get().municipality_id == CHIYODA

    loaded = sent(register, resident("R1", municipality=CHUO, checked_at="2026-11-21T00:00:00Z"))
    assert counts(loaded) == (1, 1, 0, 0)
    assert Resident.objects.get().municipality_id == CHUO


def test_what_happened_before_a_move_is_told_after_it_and_a_fact_may_be_faster_than_the_move():
    load_lines(resident("R1"), resident("R2", municipality=CHUO))
    office = connected("shinsei-131016", ["application-status"])
    load_lines(resident("R1", municipality=CHUO, checked_at="2026-11-20T00:00:00Z"))

    assert counts(sent(office, application_status("R1"))) == (1, 1, 0, 0)
    assert counts(sent(office, application_status("R2", ref="S-18"))) == (1, 0, 0, 1)

    load_lines(resident("R2", checked_at="2026-11-20T00:00:00Z"))
    assert not QuarantinedLine.objects.filter(resolved_at=None).exists()
    assert FactReport.objects.filter(kind="application-status").count() == 2


def test_a_line_that_waited_is_asked_again_what_its_own_sender_may_send():
    """The register of one municipality must not carry in what another's office may not send."""
    office = connected("shinsei-131016", ["application-status"])
    sent(office, application_status("R1"), application_status("R2", ref="S-18"))
    register = connected("juki-131024", municipality=CHUO)

    sent(
        register,
        resident("R1", municipality=CHUO, source="juki-131024"),
        resident("R2", municipality=CHUO, source="juki-131024"),
    )

    assert set_aside() == [("another-municipality", "R1"), ("another-municipality", "R2")]
    load_lines(resident("R2", checked_at="2026-11-20T00:00:00Z"))
    assert set_aside() == [("another-municipality", "R1")]


def test_staff_who_try_a_line_again_do_not_give_its_sender_more_than_it_may():
    load_lines(resident())
    insurer = connected("insurer-0601", ["insurance"], municipality=None)
    sent(insurer, account(source="insurer-0601"))

    assert retry(QuarantinedLine.objects.all(), by=UserFactory(), today=TODAY).quarantined == 1
    insurer.kinds.append("account")
    insurer.save()
    assert retry(QuarantinedLine.objects.all(), by=UserFactory(), today=TODAY).changed == 1
    assert set_aside() == []


def test_moves_facts_and_registers_in_any_order_end_the_same():
    """Three registers and an office, people who go round: whatever arrives first."""
    places = {"juki-131016": CHIYODA, "juki-131024": CHUO, "juki-131032": "131032"}
    registers = {key: connected(key, municipality=place) for key, place in places.items()}
    office = connected("shinsei-131016", ["application-status"])
    chance, keys = random.Random(10), list(places)
    sendings = []
    for n in range(6):
        for day in range(1, 4):
            source, to = chance.choice(keys), chance.choice(list(places.values()))
            line = resident(
                f"R{n}", source=source, municipality=to, checked_at=f"2026-11-0{day}T00:00:00Z"
            )
            sendings.append((registers[source], line))
        sendings.append((office, application_status(f"R{n}", ref=f"S-{n}")))

    ends = []
    for _ in range(6):
        chance.shuffle(sendings)
        with database.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            for number, (sender, line) in enumerate(sendings):
                sent(sender, line, name=f"{number}")
            ends.append(what_stands(cursor))
            cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert all(end == ends[0] for end in ends)
    assert ends[0]["waiting"]
    assert ends[0]["whose applications"]
