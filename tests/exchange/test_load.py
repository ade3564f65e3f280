"""What stands after files of facts: the newest report of each fact, whatever came when."""

import itertools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from childcare.models import DueDose, Vaccination, VaccinationForecast
from childcare.settle import settle_births, settle_checkups, settle_vaccinations
from portal.applications.models import Application, ApplicationRef
from portal.applications.settle import settle_applications
from portal.card.models import BenefitAccount, Certificate, InsuranceUse
from portal.card.settle import settle_certificates
from portal.exchange.loading import load as exchange
from portal.exchange.loading.chunks import IN_CHUNK, REPORTS
from portal.exchange.loading.load import load, retry
from portal.exchange.models import QuarantinedLine, Upload
from portal.residents.models import FactReport, Guardianship, Resident, Source
from portal.residents.settle import settle_guardianships, settle_residents
from tasks.models import LIVE, Task
from tasks.reconcile import MANY
from tests.exchange.facts import (
    TODAY,
    account,
    application_status,
    birth,
    certificate,
    checkup,
    counts,
    file_of,
    guardianship,
    insurance,
    load_lines,
    resident,
    vaccination,
    what_stands,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
JAPAN = ZoneInfo("Asia/Tokyo")


def live_rules(ref):
    return sorted(Task.objects.live().filter(resident__ref=ref).values_list("rule__key", flat=True))


# ---- one fact
def test_each_kind_becomes_its_fact_and_opens_its_task():
    loaded = load_lines(resident(), certificate(), insurance(), account())

    assert counts(loaded) == (4, 4, 0, 0)
    assert live_rules("R1") == [
        "card.benefit-account",
        "card.insurance-use",
        "card.user-authentication-renewal",
    ]


def test_the_later_check_stands_whatever_arrives_first():
    load_lines(resident(), account(status="registered", checked_at="2026-11-03T00:00:00Z"))

    loaded = load_lines(account(status="not-registered", checked_at="2026-11-02T00:00:00Z"))

    assert counts(loaded) == (1, 0, 1, 0)
    assert BenefitAccount.objects.get().status == "registered"
    assert FactReport.objects.filter(kind="account").count() == 2


def test_a_newer_check_of_the_same_is_a_change_and_keeps_the_fact_fresh():
    load_lines(resident(), account())

    loaded = load_lines(account(checked_at="2026-11-10T20:00:00Z"))

    assert counts(loaded) == (1, 1, 0, 0)
    assert BenefitAccount.objects.get().stale_on == date(2026, 11, 11) + timedelta(days=365)


def test_a_source_has_delivered_when_lines_came_whether_or_not_they_were_new():
    load_lines(resident(), account(), insurance(status="nonsense"))
    delivered = dict(Source.objects.values_list("key", "delivered_at"))
    Source.objects.update(delivered_at=None)

    load_lines(account(), today=TODAY + timedelta(1))

    again = dict(Source.objects.filter(delivered_at__isnull=False).values_list("key", "pk"))
    assert all(delivered[key] for key in ["juki-131016", "kokin"])
    assert list(again) == ["kokin"]


def test_lines_taken_up_again_are_no_delivery():
    load_lines(account("R9"))
    Source.objects.update(delivered_at=None)

    load_lines(resident("R9"))

    assert Source.objects.get(key="kokin").delivered_at is None


def test_a_fact_is_fresh_for_as_long_as_its_source_says_counted_from_the_day_in_japan():
    Source.objects.create(key="kokin", fresh_for=7)

    load_lines(resident(), account(checked_at="2026-11-01T15:30:00Z"))

    assert BenefitAccount.objects.get().stale_on == date(2026, 11, 9)


def test_one_moment_said_in_two_zones_is_one_report():
    loaded = load_lines(
        resident(),
        account(checked_at="2026-11-01T03:00:00+09:00"),
        account(checked_at="2026-10-31T18:00:00Z"),
    )

    assert counts(loaded) == (3, 2, 1, 0)


@pytest.mark.parametrize("offset", ["-23:59", "-16:00", "+16:45", "+23:59"])
def test_no_offset_of_a_moment_keeps_the_other_lines_of_its_file_out(offset):
    load_lines(resident("R1"), resident("R2"))

    done = load_lines(insurance("R1", checked_at=f"2026-11-02T00:00:00{offset}"), insurance("R2"))

    assert (done.changed, done.quarantined) == (2, 0)
    of_one = InsuranceUse.objects.get(resident__refs__ref="R1")
    assert of_one.checked_at == datetime.fromisoformat(f"2026-11-02T00:00:00{offset}")


def test_the_record_in_the_register_is_untimed_and_known_when_sent_again():
    load_lines(resident())

    loaded = load_lines(resident())

    assert counts(loaded) == (1, 0, 1, 0)
    assert not FactReport.objects.get().timed


@pytest.mark.parametrize(
    ("fields", "state", "since"),
    [
        ({}, "active", None),
        ({"moved_out_on": "2026-10-01"}, "moved-away", date(2026, 10, 1)),
        ({"died_on": "2026-10-02", "moved_out_on": "2026-10-01"}, "deceased", date(2026, 10, 2)),
        (
            {"merged_into": "R7", "died_on": "2026-10-02", "checked_at": "2026-10-04T20:00:00Z"},
            "merged",
            date(2026, 10, 5),
        ),
    ],
)
def test_the_state_of_a_person_is_what_the_register_says_last(fields, state, since):
    load_lines(resident(checked_at="2026-09-01T00:00:00Z"), insurance())
    load_lines(resident(**{"checked_at": "2026-10-03T00:00:00Z", **fields}))

    person = Resident.objects.get()
    assert (person.state, person.state_since) == (state, since)
    assert live_rules("R1") == (["card.insurance-use"] if state == "active" else [])


# ---- people who change, and what follows for their certificates
@pytest.mark.parametrize(
    ("fields", "changed_on"),
    [
        ({}, None),
        ({"name_kana": "ヤマダ"}, None),
        ({"municipality": "131024"}, date(2026, 11, 10)),
        ({"name": "佐藤 花子"}, date(2026, 11, 10)),
        ({"municipality": "131024", "moved_on": "2026-11-05"}, date(2026, 11, 5)),
        ({"moved_on": "2026-11-06"}, date(2026, 11, 6)),
        ({"name": "佐藤 花子", "name_changed_on": "2026-11-07"}, date(2026, 11, 7)),
        ({"name": "佐藤 花子", "moved_on": "2026-11-06"}, date(2026, 11, 10)),
    ],
)
def test_a_move_or_new_name_has_the_day_that_the_register_gives_else_of_the_check(
    fields, changed_on
):
    load_lines(resident(checked_at="2026-10-01T00:00:00Z"))
    load_lines(resident(checked_at="2026-11-09T15:00:00Z", **fields))

    assert Resident.objects.get().identity_changed_on == changed_on


@pytest.mark.parametrize(
    ("moved_on", "lapses"), [("2026-10-31", False), ("2026-11-01", False), ("2026-11-02", True)]
)
def test_a_move_after_its_first_report_lapses_the_signature_certificate_and_no_other(
    moved_on, lapses
):
    load_lines(resident(), certificate(), certificate(type="signature"), certificate(type="card"))

    load_lines(resident(moved_on=moved_on))

    lapsed = Certificate.objects.exclude(lapsed_on=None)
    expected = [("signature", date.fromisoformat(moved_on))] if lapses else []
    assert list(lapsed.values_list("type", "lapsed_on")) == expected
    assert ("card.signature-reissue" in live_rules("R1")) == lapses
    assert ("card.signature-renewal" in live_rules("R1")) != lapses


def test_a_certificate_reported_after_the_move_has_not_lapsed():
    load_lines(resident(moved_on="2026-10-20"), certificate(type="signature", serial="S1"))

    assert Certificate.objects.get().lapsed_on is None


def test_an_older_report_of_a_certificate_tells_since_when_it_is_known():
    load_lines(resident(moved_on="2026-10-20"), certificate(type="signature"))

    load_lines(certificate(type="signature", checked_at="2026-10-01T00:00:00Z"))

    one = Certificate.objects.get()
    assert (one.known_since, one.lapsed_on) == (date(2026, 10, 1), date(2026, 10, 20))


def test_of_each_type_the_certificate_that_expires_last_is_current():
    load_lines(
        resident(),
        certificate(serial="A1", expires_on="2027-01-20"),
        certificate(serial="A2", expires_on="2031-11-20"),
        certificate(serial="C1", type="card"),
    )

    current = Certificate.objects.filter(current=True).values_list("serial", flat=True)
    assert sorted(current) == ["A2", "C1"]


@pytest.mark.parametrize("old, new", [("A1", "A2"), ("A2", "A1")])
def test_of_two_that_expire_together_the_one_first_reported_later_is_current(old, new):
    load_lines(resident(), certificate(serial=old, checked_at="2026-11-01T03:00:00+09:00"))
    load_lines(certificate(serial=new, checked_at="2026-11-10T03:00:00+09:00"))

    load_lines(*(certificate(serial=s, checked_at="2026-11-20T03:00:00+09:00") for s in (old, new)))
    load_lines(certificate(serial=old, checked_at="2026-11-21T03:00:00+09:00"))

    assert Certificate.objects.get(current=True).serial == new


def test_certificates_of_two_types_may_have_the_same_serial():
    load_lines(resident(), certificate(serial="S"), certificate(serial="S", type="card"))

    assert Certificate.objects.filter(current=True).count() == 2


# ---- guardians
@pytest.mark.parametrize(
    ("born", "until", "ends_on"),
    [
        ("2015-05-05", None, date(2033, 5, 5)),
        ("2012-02-29", None, date(2030, 3, 1)),
        ("2015-05-05", "2027-03-31", date(2027, 4, 1)),
        ("2015-05-05", "2040-01-01", date(2033, 5, 5)),
    ],
)
def test_a_guardianship_ends_as_reported_and_at_18_at_the_latest(born, until, ends_on):
    load_lines(resident("R1"), resident("R2", born=born), guardianship(until=until))

    assert Guardianship.objects.get().ends_on == ends_on
    assert Resident.objects.get(ref="R2").acts_from == ends_on
    assert Resident.objects.get(ref="R1").acts_from == date(1990, 4, 1)


def test_a_corrected_date_of_birth_moves_the_end_of_a_guardianship():
    load_lines(
        resident("R1"),
        resident("R2", born="2015-05-05", checked_at="2026-11-01T00:00:00Z"),
        guardianship(),
    )

    load_lines(resident("R2", born="2016-06-06", checked_at="2026-11-02T00:00:00Z"))

    assert Guardianship.objects.get().ends_on == date(2034, 6, 6)
    assert Resident.objects.get(ref="R2").acts_from == date(2034, 6, 6)


def test_the_task_of_a_child_stands_with_the_guardian_and_goes_when_the_guardian_has_died():
    load_lines(resident("R1"), resident("R2", born="2015-05-05"), guardianship(), insurance("R2"))
    assert live_rules("R1") == ["card.insurance-use"]

    load_lines(resident("R1", died_on="2026-11-20", checked_at="2026-11-25T00:00:00Z"))

    assert live_rules("R1") == []


def test_a_corrected_date_of_birth_takes_up_the_guardianship_of_one_who_seemed_an_adult():
    load_lines(
        resident("R1"),
        resident("R2", born="1999-05-05", checked_at="2026-11-01T00:00:00Z"),
        guardianship(),
    )
    assert QuarantinedLine.objects.get().reason == "guardian-of-an-adult"

    load_lines(resident("R2", born="2019-05-05", checked_at="2026-11-02T00:00:00Z"))

    assert QuarantinedLine.objects.get().resolved_at
    assert Guardianship.objects.count() == 1


# ---- lines that wait for a person
def test_a_line_about_an_unknown_person_is_taken_when_the_person_arrives():
    load_lines(insurance("R5"), name="insurer.ndjson")
    aside = QuarantinedLine.objects.get()
    assert (aside.waits_for_ref, aside.resolved_at) == ("R5", None)

    loaded = load_lines(resident("R5"))

    assert counts(loaded) == (1, 1, 0, 0)
    assert InsuranceUse.objects.count() == 1
    assert live_rules("R5") == ["card.insurance-use"]
    aside.refresh_from_db()
    assert aside.resolved_at


def test_a_guardianship_waits_for_both_people():
    load_lines(guardianship("R2", "R1"))
    load_lines(resident("R2", born="2019-05-05"))
    assert QuarantinedLine.objects.get().waits_for_ref == "R1"

    load_lines(resident("R1"))

    assert Guardianship.objects.count() == 1
    assert QuarantinedLine.objects.get().resolved_at


def test_within_one_load_the_order_of_lines_and_files_does_not_matter():
    files = [file_of(account(), name="a"), file_of(insurance("R2"), name="b")]
    files.append(file_of(guardianship(), resident("R2", born="2019-05-05"), resident(), name="c"))

    loaded = load(files, today=TODAY)

    assert counts(loaded) == (5, 5, 0, 0)
    assert not QuarantinedLine.objects.exists()


def test_a_line_set_aside_can_be_tried_again_by_staff():
    load_lines(resident(born="2026-11-25"), b"{")
    clerk = UserFactory()

    loaded = retry(QuarantinedLine.objects.all(), by=clerk, today=date(2026, 11, 25))

    assert counts(loaded) == (2, 1, 0, 1)
    assert Resident.objects.count() == 1
    assert Upload.objects.get(by=clerk).quarantined == 1
    taken, still = QuarantinedLine.objects.order_by("line_number")
    assert taken.resolved_at
    assert (still.reason, still.resolved_at) == ("not-json", None)


def test_broken_text_does_not_pass_for_whole_on_a_second_try():
    load_lines(resident(name="a b"), b'{"name":"\xff"}', b'{"name":"\0"}')

    loaded = retry(QuarantinedLine.objects.all(), by=UserFactory(), today=TODAY)

    assert counts(loaded) == (2, 0, 0, 2)


# ---- any order, any split, any number of times
REFS = {"R1": "1985-04-01", "R2": "2015-05-05", "R3": "2009-03-03"}
refs = st.sampled_from(sorted(REFS))
sources = st.sampled_from(["one", "two"])
people = refs.flatmap(
    lambda ref: st.builds(
        resident,
        st.just(ref),
        born=st.just(REFS[ref]),
        source=sources,
        municipality=st.sampled_from(["131016", "131024"]),
        name=st.sampled_from(["山田 花子", "佐藤 花子"]),
        died_on=st.sampled_from([None, None, "2026-07-01"]),
        moved_on=st.sampled_from([None, "2026-08-20"]),
        checked_at=st.sampled_from(["2026-08-05T00:00:00Z", "2026-09-05T00:00:00Z"]),
    )
)
moments = st.sampled_from([f"2026-{month:02d}-05T00:00:00Z" for month in (8, 9, 10)])
facts = st.one_of(
    people,
    people,
    st.builds(
        guardianship,
        st.sampled_from(["R2", "R3"]),
        st.just("R1"),
        until=st.sampled_from([None, "2026-12-31"]),
        checked_at=moments,
    ),
    st.builds(
        certificate,
        refs,
        source=sources,
        serial=st.sampled_from(["A", "B"]),
        type=st.sampled_from(["signature", "card"]),
        expires_on=st.sampled_from(["2027-01-20", "2030-01-20"]),
        checked_at=moments,
    ),
    st.builds(
        insurance,
        refs,
        source=sources,
        status=st.sampled_from(["registered", "not-registered"]),
        checked_at=moments,
    ),
    st.builds(account, refs, status=st.sampled_from(["registered"]), checked_at=moments),
    st.builds(
        birth,
        st.just("R2"),
        source=sources,
        born=st.sampled_from(["2015-05-05", "2015-05-06"]),
        sex=st.sampled_from([None, "F"]),
        withdrawn=st.sampled_from([False, False, True]),
        checked_at=moments,
    ),
    st.builds(
        checkup,
        st.sampled_from(["R2", "R3"]),
        source=sources,
        weight_g=st.sampled_from([None, 9000]),
        on=st.sampled_from(["2016-05-05"]),
        checked_at=moments,
    ),
    st.builds(
        vaccination,
        st.sampled_from(["R2", "R3"]),
        source=sources,
        vaccine=st.sampled_from(["MR", "JE", "おたふくかぜ"]),
        on=st.sampled_from(["2014-05-05", "2016-05-05", "2018-06-01"]),
        id=st.sampled_from([None, None, "7"]),
        withdrawn=st.sampled_from([False, False, True]),
        checked_at=moments,
    ),
    refs.flatmap(
        lambda ref: st.builds(
            application_status,
            st.just(ref),
            source=sources,
            # Whose a number is does not change: who reports that is set aside (see below).
            ref=st.sampled_from([f"{ref}-A", f"{ref}-B"]),
            procedure=st.sampled_from(["child-allowance", "保育 所"]),
            status=st.sampled_from(["received", "correction", "granted", "refused"]),
            seq=st.integers(1, 3),
            at=moments,
        )
    ),
)


class Undone(Exception):
    """Takes back what one example has done to the database."""


def after(loads):
    """Return what stands after these loads, each a list of lines, in a database without facts."""
    try:
        with transaction.atomic():
            for lines in loads:
                load_lines(*lines)
            with connection.cursor() as cursor:
                stands = what_stands(cursor)
            raise Undone
    except Undone:
        return stands


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(lines=st.lists(facts, min_size=1, max_size=14), data=st.data())
def test_any_order_any_split_and_any_repetition_end_the_same(lines, data):
    again = data.draw(st.lists(st.sampled_from(lines), max_size=4), label="repeated")
    shuffled = data.draw(st.permutations(lines + again), label="order")
    cuts = data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3).map(sorted), label="cuts")
    split = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]

    assert after(split) == after([lines])


def test_facts_made_anew_from_the_history_are_the_same_facts():
    load_lines(
        resident("R1", moved_on="2026-11-10"),
        resident("R2", born="2019-05-05"),
        guardianship(),
        certificate(type="signature"),
        certificate(type="signature", serial="A0", expires_on="2026-12-01"),
        birth(born="2019-05-05", height_cm=49.5, gestation_weeks=39),
        checkup(on="2020-12-05", head_cm=46.1),
        vaccination(on="2020-01-05", id="7"),
        vaccination(on="2020-02-05", withdrawn=True),
        application_status(seq=2, status="granted", at="2026-10-01T00:00:00Z"),
        application_status(),
    )
    everyone = list(Resident.objects.values_list("pk", flat=True))

    assert settle_residents(everyone) == (set(), set())
    assert settle_guardianships(everyone) == set()
    assert settle_certificates(everyone) == set()
    assert settle_births(everyone) == set()
    assert settle_checkups(everyone) == set()
    assert settle_vaccinations(everyone) == set()
    assert settle_applications(everyone) == set()


# ---- how much is done
def many(people):
    for n in range(people):
        born = "1990-04-01" if n % 2 == 0 else "2019-05-05"
        yield resident(f"R{n}", born=born, checked_at="2026-10-01T00:00:00Z")
        yield account(f"R{n}")
        yield certificate(f"R{n}", type="signature")
        yield application_status(f"R{n}", ref=f"S-{n}")
        if n % 2:
            yield guardianship(f"R{n}", f"R{n - 1}", checked_at="2026-10-01T00:00:00Z")
            yield vaccination(f"R{n}", on="2020-01-05", checked_at="2026-10-01T00:00:00Z")
        yield insurance(f"X{n}")


def test_the_number_of_statements_does_not_grow_with_the_lines():
    def statements(lines):
        with CaptureQueriesContext(connection) as captured:
            load_lines(*lines)
        return [query["sql"][:60] for query in captured]

    load_lines(*many(2))  # makes the source of what is worked out
    # Above MANY people the reconciliation asks for joins that suit many: two statements more.
    some = statements(many(MANY + 3))
    Task.objects.all().delete()
    more = statements(many(300))

    assert len(more) == len(some)


def test_a_replay_writes_no_row_but_when_its_sources_delivered():
    lines = list(many(50))
    load_lines(*lines)
    versions = "SELECT t.xmin::text, t.ctid::text, t.* FROM {} t ORDER BY t.ctid"
    tables = [
        model._meta.db_table
        for model in (
            Resident,
            Guardianship,
            FactReport,
            Certificate,
            InsuranceUse,
            BenefitAccount,
            Vaccination,
            DueDose,
            VaccinationForecast,
            Application,
            ApplicationRef,
            Task,
            QuarantinedLine,
        )
    ]

    def rows():
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(versions.format(table))
                yield from cursor.fetchall()

    before = list(rows())
    loaded = load_lines(*lines)

    assert (loaded.changed, loaded.read) == (0, len(lines))
    assert list(rows()) == before


@pytest.mark.serial
def test_a_replay_writes_hardly_any_log():
    lines = list(many(2000))
    load_lines(*lines)

    def written():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")
            return cursor.fetchone()[0]

    before = written()
    load_lines(*lines)

    assert written() - before < 512 * 1024


def test_a_load_in_many_chunks_ends_like_one_in_one(monkeypatch):
    lines = list(many(20))
    in_one = after([lines])
    monkeypatch.setattr(exchange, "PEOPLE_IN_A_CHUNK", 3)

    assert after([lines]) == in_one


@pytest.mark.parametrize("most", [1, 2, 7, 40])
def test_a_load_in_chunks_of_few_lines_ends_like_one_in_one(monkeypatch, most):
    lines = [*many(6), *many_of_one_person(30)]
    in_one = after([lines])
    monkeypatch.setattr(exchange, "LINES_IN_A_CHUNK", most)

    assert after([lines]) == in_one


def many_of_one_person(applications):
    yield resident("R0", born="1990-04-01", checked_at="2026-10-01T00:00:00Z")
    for n in range(applications):
        yield application_status("R0", ref=f"S-{n}", seq=2, status="granted")
        yield application_status("R0", ref=f"S-{n}", seq=3, status="completed")
        yield certificate("R0", type="signature", serial=f"C-{n}")


def test_no_transaction_has_many_more_lines_than_a_chunk(monkeypatch):
    monkeypatch.setattr(exchange, "LINES_IN_A_CHUNK", 10)
    chunks, in_chunk = [], REPORTS

    def run(one, sql, **params):
        if sql == in_chunk:
            count = f"SELECT count(*), count(DISTINCT resident_id) FROM placed_line p WHERE {IN}"
            chunks.extend(run_sql(one, count, **params))
        return run_sql(one, sql, **params)

    run_sql, IN = exchange.Load.run, IN_CHUNK
    monkeypatch.setattr(exchange.Load, "run", run)
    told = []

    with_many = [*many(3), *many_of_one_person(30)]
    loaded = load([file_of(*with_many)], today=TODAY, on_people=lambda *done: told.append(done))

    assert len(chunks) > 5
    assert max(lines for lines, _people in chunks) < 40  # how keys fall into parts is by chance
    assert sum(lines for lines, _people in chunks) == loaded.read - loaded.quarantined
    assert told[0] == (0, 3) and told[-1] == (3, 3) and len(set(told)) > 2


def test_changed_lines_are_counted_the_same_in_any_chunks(monkeypatch):
    lines = [*many(6), *many_of_one_person(30)]

    def counted(most):
        monkeypatch.setattr(exchange, "LINES_IN_A_CHUNK", most)
        try:
            with transaction.atomic():
                found = counts(load_lines(*lines))
                raise Undone
        except Undone:
            return found

    assert counted(3) == counted(1000)


def test_a_load_broken_off_at_any_statement_is_made_good_by_loading_again(monkeypatch):
    monkeypatch.setattr(exchange, "PEOPLE_IN_A_CHUNK", 3)
    lines = list(many(6))
    undisturbed = after([lines])

    for statement in itertools.count(1):
        try:
            with transaction.atomic():
                broken = load_and_break_off(lines, at=statement)
                load_lines(*lines)
                with connection.cursor() as cursor:
                    assert what_stands(cursor) == undisturbed
                raise Undone
        except Undone:
            if not broken:
                break
    assert statement > 30


def load_and_break_off(lines, *, at):
    """Load the lines up to statement number `at`; tell whether there were so many."""
    left = at

    def break_off(execute, sql, params, many, context):
        nonlocal left
        # Django's own writes spoil the test's transaction when they fail; ours do not.
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")) and '"exchange_' not in sql:
            left -= 1
            if left == 0:
                raise Undone
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(break_off):
            load_lines(*lines)
    except Undone:
        return True
    return False


def test_an_upload_keeps_the_counts_of_a_load():
    load_lines(resident(), resident(), b"{", name="juki.ndjson")

    upload = Upload.objects.get()
    assert upload.finished_at
    assert (upload.name, upload.read, upload.changed, upload.unchanged, upload.quarantined) == (
        "juki.ndjson",
        3,
        1,
        1,
        1,
    )


def test_a_report_without_a_time_arrives_on_the_day_that_the_load_is_told():
    load_lines(resident(), today=date(2026, 12, 24))

    arrived = Resident.objects.get().checked_at
    assert datetime.astimezone(arrived, JAPAN).date() == date(2026, 12, 24)
    assert not Task.objects.filter(status__in=LIVE).exists()
