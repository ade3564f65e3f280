"""Two records that the register says are one person: with a clerk's yes they are."""

from datetime import date, timedelta

import pytest
from django.db import OperationalError, transaction
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import LockNotAvailable

from childcare.models import (
    CalendarFeed,
    FamilyStatement,
    FamilyVaccination,
    NotMine,
    RecordAnswer,
    Vaccination,
)
from portal.applications.models import (
    Application,
    ApplicationEvent,
    Attachment,
    CorrectionRequest,
    Message,
    Notice,
)
from portal.exchange.loading.load import Load
from portal.exchange.merges import moving, one_person
from portal.exchange.models import Change, Merge, QuarantinedLine, Upload
from portal.exchange.uploads import taking_back
from portal.exchange.uploads.unreported import relations
from portal.residents.access_log import check_access_logs, note_access
from portal.residents.models import FactReport, Guardianship, Resident, ResidentRef
from tasks.models import Task, TaskEvent
from tasks.reminders import models as reminders
from tasks.reminders.models import MailOff
from tests.applications.factories import ApplicationFactory, CorrectionRequestFactory
from tests.exchange.connections import ConnectionFactory
from tests.exchange.facts import (
    TODAY,
    account,
    application_status,
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
from tests.factories import SourceFactory, UserFactory
from tests.staff.conftest import make_reminder

pytestmark = pytest.mark.django_db
WHY = "the family register names both"


def at(day):
    return f"2026-11-{day:02d}T00:00:00Z"


def person(ref):
    return Resident.objects.get(refs__ref=ref)


def row(ref):
    """The row that was made for a ref, merged or not."""
    return Resident.objects.get(ref=ref)


def two(*lines, of=("A", "B"), **fields):
    """Load two records, of which the first is merged into the second, and more lines."""
    gone, stands = of
    load_lines(
        resident(gone, checked_at=at(1), **fields),
        resident(stands, checked_at=at(1), **fields),
        *lines,
    )
    say_merged(gone, stands, **fields)


def say_merged(gone="A", stands="B", day=2, **fields):
    load_lines(resident(gone, checked_at=at(day), merged_into=stands, **fields))


def merged(ref="A", by=None, **more):
    return one_person.ask(row(ref), by=by or UserFactory(), why=WHY, today=TODAY, **more)


def stands():
    with database.cursor() as cursor:
        return what_stands(cursor)


# ---- every table has its answer
def test_whatever_names_a_person_has_an_answer():
    named = {f"{field.model._meta.label}.{field.name}" for field in relations()}

    assert named == set(moving.ANSWERS), (
        "say in portal/exchange/merges/moving.py what a merge does with it"
    )


def test_a_unique_key_with_the_person_in_it_is_looked_at():
    for name, how in moving.ANSWERS.items():
        label, _dot, field = name.rpartition(".")
        if isinstance(how, moving.Moves):
            model = next(one.model for one in relations() if one.model._meta.label == label)
            unique = [
                tuple(other for other in key.fields if other != field)
                for key in model._meta.constraints
                if field in getattr(key, "fields", ())
            ]
            if model._meta.get_field(field).unique:
                unique.append(())
            columns = [tuple(model._meta.get_field(one).column for one in key) for key in unique]
            assert columns == ([] if how.unless is None else [how.unless]) or (
                columns and set(columns[0]) == set(how.unless)
            ), name


# ---- who waits
def test_who_was_reported_as_merged_waits_and_nobody_else_does():
    load_lines(resident("C"), resident("D"))  # the same name and date of birth
    two()

    assert [one.ref for one in one_person.waiting()] == ["A"]
    merged()
    assert list(one_person.waiting()) == []


def test_a_clerk_sees_those_of_the_own_office():
    two()
    load_lines(resident("E", municipality="011002", checked_at=at(1)))
    say_merged("E", "B", municipality="011002")
    clerk, chief = UserFactory(), UserFactory(is_superuser=True)
    clerk.offices.create(municipality_id="131016")

    assert [one.ref for one in one_person.waiting_for(clerk)] == ["A"]
    assert {one.ref for one in one_person.waiting_for(chief)} == {"A", "E"}
    assert list(one_person.waiting_for(UserFactory())) == []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([resident("A", merged_into="Z")], "unknown"),
        (
            [
                resident("B", checked_at=at(1)),
                resident("A", merged_into="B"),
                resident("B", merged_into="A"),
            ],
            "circle",
        ),
        (
            [
                resident("B"),
                resident("A", born="2020-04-01", merged_into="B"),
                guardianship("A", "B"),
            ],
            "family",
        ),
        ([resident("A"), resident("B")], "not-merged"),
    ],
)
def test_what_is_in_the_way_is_said_and_no_yes_is_taken(lines, why):
    for line in lines:
        load_lines(line)

    assert one_person.pair_of(row("A")).in_the_way == why
    with pytest.raises(one_person.Refused, match=why):
        merged()
    assert not Merge.objects.exists()


# ---- the deed
def test_the_ref_means_the_person_who_stands_and_the_record_keeps_its_history():
    two(account("A"), account("B", status="registered", checked_at=at(5)))

    merge = merged()

    assert person("A") == person("B") == row("B")
    assert ResidentRef.objects.get(ref="A").record == row("A")
    assert (merge.state, merge.gone_ref, merge.stands_ref) == ("done", "A", "B")
    kinds = FactReport.objects.filter(resident=row("A")).values_list("kind", flat=True)
    assert set(kinds) == {"resident"}
    assert FactReport.objects.filter(resident=row("B"), kind="account").count() == 2
    assert stands()["accounts"][0][:2] == ("B", "registered")
    assert merge.moved["residents.FactReport"] == 1


def test_later_lines_about_the_old_reference_reach_the_person():
    two()
    merged()

    loaded = load_lines(account("A", status="registered"), insurance("B"))

    assert counts(loaded) == (2, 2, 0, 0)
    assert [row[:2] for row in stands()["accounts"]] == [("B", "registered")]


def test_what_the_register_says_of_the_old_reference_is_its_history_or_set_aside():
    two()
    load_lines(resident("C"), resident("D"))
    merged()

    same = load_lines(resident("A", checked_at=at(2), merged_into="B"))
    again = load_lines(resident("A", checked_at=at(9), merged_into="B"))
    assert (same.quarantined, again.quarantined, same.changed) == (0, 0, 0)
    before = stands()["people"]
    load_lines(resident("A", checked_at=at(1), name="佐藤 花子"))  # yesterday's after today's
    assert not QuarantinedLine.objects.exists()
    for line in [
        resident("A", checked_at=at(10)),
        resident("A", checked_at=at(10), merged_into="C"),
        resident("A", died_on="2026-11-01"),
    ]:
        assert load_lines(line).quarantined == 1
    assert set(QuarantinedLine.objects.values_list("reason", flat=True)) == {"merged-reference"}
    assert stands()["people"] == before


def test_one_merged_into_another_that_is_merged_too():
    load_lines(*(resident(ref, checked_at=at(1)) for ref in "ABC"), account("A"))
    say_merged("A", "B")
    merged("A")
    say_merged("B", "C")
    merged("B")

    assert person("A") == person("B") == row("C")
    load_lines(insurance("A", status="registered"))
    assert [one[:2] for one in stands()["accounts"]] == [("C", "not-registered")]
    assert [one[:2] for one in stands()["insurance"]] == [("C", "registered")]
    assert load_lines(resident("A", checked_at=at(9), merged_into="C")).quarantined == 0
    assert set(Resident.objects.merged_into(row("C"))) == {row("A"), row("B")}


def test_the_middle_one_may_be_merged_first():
    load_lines(*(resident(ref, checked_at=at(1)) for ref in "ABC"), account("A"))
    say_merged("B", "C")
    merged("B")
    say_merged("A", "B")

    merged("A")

    assert person("A") == person("B") == row("C")


def test_two_names_of_one_guardian_are_one_guardian():
    load_lines(resident("K", born="2020-04-01", checked_at=at(1)))
    two(
        guardianship("K", "A", checked_at=at(3), until="2026-11-30"),
        guardianship("K", "B", checked_at=at(4)),
    )

    merged()

    [guardian] = Guardianship.objects.all()
    assert (guardian.guardian, guardian.until) == (row("B"), None)
    load_lines(guardianship("K", "A", checked_at=at(5), until="2026-11-28"))
    [guardian] = Guardianship.objects.all()
    assert guardian.until == date(2026, 11, 28)


def test_nobody_becomes_their_own_guardian():
    two(born="2020-04-01")
    merged()

    loaded = load_lines(guardianship("B", "A"))

    assert loaded.quarantined == 1
    assert QuarantinedLine.objects.get().reason == "own-guardian"


def test_a_childs_records_and_what_the_family_said_of_them():
    born = {"born": "2025-11-01"}
    load_lines(resident("P", checked_at=at(1)))
    two(
        guardianship("A", "P", **{"from": "2025-11-01"}),
        vaccination("A", id="V1"),
        vaccination("B", id="V1", checked_at=at(3)),
        vaccination("A", vaccine="DPT-IPV-Hib"),
        checkup("A"),
        **born,
    )
    by = UserFactory()
    mine, other = Vaccination.objects.get(resident=row("A"), record__contains="V1"), None
    entry = FamilyVaccination.objects.create(
        child=row("A"), vaccine="PCV", on=date(2026, 1, 6), page=row("A").uuid, entered_by=by
    )
    RecordAnswer.objects.create(
        child=row("A"), vaccination=mine, entry=entry, of="x", answer="both", entered_by=by
    )
    NotMine.objects.create(
        child=row("A"), kind="vaccination", vaccination=mine, evidence={}, entered_by=by
    )
    for ref in "AB":
        FamilyStatement.objects.create(child=row(ref), what="none-given", entered_by=by)
    FamilyStatement.objects.create(child=row("A"), what="girl", entered_by=by)
    other = Vaccination.objects.get(resident=row("B"), record__contains="V1")

    merge = merged()

    child = row("B")
    assert Guardianship.objects.get().child == child
    assert Vaccination.objects.filter(resident=child).count() == 2
    assert RecordAnswer.objects.get(child=child).vaccination == other
    assert NotMine.objects.get(child=child).vaccination == other
    said = FamilyStatement.objects.filter(child=child).values_list("what", flat=True)
    assert set(said) == {"none-given", "girl"}
    assert merge.stayed["childcare.FamilyStatement"] == 1
    assert not stands()["doses"] or {dose[0] for dose in stands()["doses"]} == {"B"}


def test_of_two_tasks_that_would_be_one_the_standing_persons_goes_on():
    two(account("A"), account("B"))
    user = UserFactory()
    Resident.objects.filter(ref="A").update(user=user)
    theirs = Task.objects.get(resident=row("A"), rule__key="card.benefit-account")
    assert theirs.status == "withdrawn"  # when the register said that the record is merged
    Task.objects.filter(pk=theirs.pk).update(
        status="snoozed", ended_on=None, wake_on=TODAY + timedelta(days=7)
    )
    done = TaskEvent.objects.create(
        resident=row("A"), task=theirs, what="snoozed", by=user, day=TODAY
    )

    merge = merged()

    live = Task.objects.live().filter(rule__key="card.benefit-account")
    assert [task.resident for task in live] == [row("B")]
    theirs.refresh_from_db()
    assert (theirs.resident_id, theirs.status, theirs.ended_on) == (
        row("B").pk,
        "withdrawn",
        TODAY,
    )
    done.refresh_from_db()
    assert (done.resident, done.by) == (row("B"), user)
    assert TaskEvent.objects.filter(resident=row("B"), task=theirs, what="withdrawn").exists()
    assert merge.stayed["tasks.Task withdrawn"] == 1
    assert not Task.objects.filter(resident=row("A")).exists()
    assert row("B").user == user


def test_applications_move_with_all_that_belongs_to_them():
    two(application_status("A"), application_status("B", ref="S-18"))
    made = ApplicationFactory(resident=row("A"), about=row("A"))
    ApplicationEvent.objects.create(
        resident=row("A"), application=made, what="state", state="draft", turn="you"
    )

    merged()

    owners = Application.objects.values_list("resident__ref", "about__ref")
    assert set(owners) == {("B", "B")}
    assert Application.objects.count() == 3
    assert ApplicationEvent.objects.get(application=made).resident == row("B")
    load_lines(application_status("A", seq=2, status="granted"))
    assert Application.objects.get(ref="S-17").state == "granted"


def test_what_hangs_on_an_application_goes_with_it():
    two()
    request = CorrectionRequestFactory(
        application__resident=row("A"), application__about=row("A"), resident=row("A")
    )
    made, user = request.application, UserFactory()
    whose = {"resident": row("A"), "application": made}
    Message.objects.create(**whose, text="x", by=user, token=made.uuid, side="resident")
    Attachment.objects.create(
        **whose,
        question="q",
        name="a.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        added_by=user,
    )
    Notice.objects.create(**whose, what="received")
    CalendarFeed.objects.create(resident=row("A"), created_by=user)
    MailOff.objects.create(resident=row("A"))

    merged()

    for model in (CorrectionRequest, Message, Attachment, Notice):
        assert model.objects.get(application=made).resident == row("B"), model
    for model in (CalendarFeed, MailOff):
        assert model.objects.get().resident == row("B")


@pytest.mark.parametrize(("theirs", "other"), [("promised", "sent"), ("promised", "promised")])
def test_reminders_go_with_their_tasks_and_messages(theirs, other):
    two(account("A"), account("B"))
    tasks = {
        ref: Task.objects.get(resident=row(ref), rule__key="card.benefit-account") for ref in "AB"
    }
    reminder = make_reminder(tasks["A"], outcome=theirs)
    alone = make_reminder(tasks["A"], outcome="sent", channel="push")
    same_day = make_reminder(tasks["B"], outcome=other)

    merge = merged()

    for one in (reminder, alone):
        one.refresh_from_db()
        assert one.resident == row("B")
    assert reminder.message_id == same_day.message_id
    assert alone.message.resident == row("B")
    ends = ("promised", "") if other == "promised" else ("skipped", "merged")
    assert (reminder.outcome, reminder.reason) == ends
    left = reminders.Message.objects.get(resident=row("A"))
    assert (left.state, merge.stayed["reminders.Message"]) == ("skipped", 1)


def test_it_breaks_off_as_a_whole(monkeypatch):
    two(account("A"), application_status("A"))
    before = stands()

    def killed(work, moment):
        raise Undone

    monkeypatch.setattr(one_person, "reached", killed)
    with pytest.raises(Undone), transaction.atomic():
        merged()

    assert stands() == before
    assert not Merge.objects.exists()
    assert not Change.objects.exists()


def test_a_clerk_does_not_wait_for_a_load_forever(monkeypatch):
    two()

    def locked(people):
        raise OperationalError from LockNotAvailable()

    monkeypatch.setattr(one_person, "keep_loads_out", locked)
    with pytest.raises(one_person.Refused, match="busy"):
        merged()


def test_an_application_reported_of_both_is_one():
    two(application_status("A"))
    load_lines(application_status("B", seq=2, status="granted"))  # taken, since they are merged
    assert Application.objects.filter(ref="S-17").count() == 2

    merge = merged()

    assert Application.objects.get(ref="S-17").state == "granted"
    assert merge.stayed["applications.Application"] == 1


def test_who_looked_stays_with_the_record_that_was_looked_at():
    two()
    note_access(resident=row("A"), purpose="a question", by=UserFactory())
    note_access(resident=row("B"), purpose="a question", by=UserFactory())

    merged()

    assert [row(ref).accesses.count() for ref in "AB"] == [1, 1]
    assert list(check_access_logs()) == [2]


def test_as_many_statements_for_many_rows_as_for_few(statements):
    def sent(ref, many):
        two(
            *(certificate(f"A{ref}", serial=f"S{n}") for n in range(many)),
            *(application_status(f"A{ref}", ref=f"S{ref}-{n}") for n in range(many)),
            of=(f"A{ref}", f"B{ref}"),
        )
        del statements[:]
        merged(f"A{ref}")
        return len(statements)

    sent("0", 1)
    assert sent("1", 2) == sent("2", 40)


# ---- who says yes
@pytest.mark.parametrize(
    "other", [{"name": "佐藤 花子"}, {"name_kana": "ヤマダ ハナ"}, {"born": "1990-04-02"}]
)
def test_where_the_two_differ_a_second_person_has_to_agree(other):
    two()
    load_lines(resident("B", checked_at=at(3), **other))
    first, second = UserFactory(), UserFactory()

    asked = merged(by=first)

    assert (asked.state, person("A")) == ("asked", row("A"))
    with pytest.raises(one_person.Refused, match="decided"):
        merged(by=second)
    with pytest.raises(one_person.Refused, match="same-person"):
        one_person.agree(asked, by=first, today=TODAY)
    done = one_person.agree(asked, by=second, today=TODAY)
    assert (done.state, done.by, done.second, person("A")) == ("done", first, second, row("B"))
    with pytest.raises(one_person.Refused, match="decided"):
        one_person.agree(asked, by=UserFactory(), today=TODAY)


def test_where_both_sign_in_a_second_person_agrees_and_the_standing_ones_stays():
    two()
    users = [UserFactory(), UserFactory()]
    for ref, user in zip("AB", users, strict=True):
        Resident.objects.filter(ref=ref).update(user=user)

    asked = merged()
    one_person.agree(asked, by=UserFactory(), today=TODAY)

    assert (row("A").user, row("B").user) == (None, users[1])


def test_the_second_of_two_clerks_is_told_that_it_is_decided():
    two()
    merged()

    with pytest.raises(one_person.Refused, match="decided"):
        merged()
    with pytest.raises(one_person.Refused, match="decided"):
        one_person.decline(row("A"), by=UserFactory(), why=WHY)


def test_a_no_is_kept_until_the_register_says_something_else():
    two()
    load_lines(resident("C"))

    no = one_person.decline(row("A"), by=UserFactory(), why="two people of one name")

    assert (no.state, list(one_person.waiting())) == ("declined", [])
    say_merged(day=5)  # the same as before
    assert list(one_person.waiting()) == []
    say_merged("A", "C", day=6)
    assert [one.ref for one in one_person.waiting()] == ["A"]


def test_a_no_is_asked_again_where_the_register_had_taken_its_word_back():
    two()
    one_person.decline(row("A"), by=UserFactory(), why="two people of one name")

    load_lines(resident("A", checked_at=at(5)))
    assert list(one_person.waiting()) == []
    say_merged(day=6)

    assert [one.ref for one in one_person.waiting()] == ["A"]


def test_a_second_person_may_say_no():
    two()
    load_lines(resident("B", checked_at=at(3), name="佐藤 花子"))
    asked, second = merged(), UserFactory()

    no = one_person.decline(row("A"), by=second, why="two people")

    assert (no.pk, no.state, no.second, no.second_why) == (
        asked.pk,
        "declined",
        second,
        "two people",
    )
    assert list(one_person.waiting()) == []


# ---- who is told
def test_who_uses_the_references_is_told_and_nobody_else():
    user, other = (
        ConnectionFactory(source=SourceFactory(key=key)) for key in ("kokin", "insurer-9")
    )
    two(account("A"))

    merged()

    [change] = Change.objects.all()
    assert (change.connection, change.what) == (user, "ref.merged")
    assert change.data == {"old_ref": "A", "new_ref": "B"}
    assert other.pk != user.pk


def test_a_municipality_that_reported_the_old_record_goes_on_reporting():
    office = ConnectionFactory(
        source=SourceFactory(key="yobo-011002"),
        municipality_id="011002",
        kinds=["insurance"],
    )
    load_lines(
        resident("A", municipality="011002", checked_at=at(1)), resident("B", checked_at=at(1))
    )
    say_merged(municipality="011002")
    merged()

    line = insurance("A", source="yobo-011002")
    _name, file = file_of(line)
    upload = Upload.objects.create(name="x", connection=office)
    with Load(upload, TODAY) as load:
        load.stage(load.lines_of([("x", file)], lambda size: None))
        loaded = load.merge()

    assert (loaded.quarantined, loaded.changed) == (0, 1)


# ---- at the same time, and in any order
def test_a_load_that_had_placed_its_lines_before_follows(monkeypatch):
    two()
    upload = Upload.objects.create(name="x")
    _name, file = file_of(account("A"), insurance("A"))
    with Load(upload, TODAY) as load:
        load.stage(load.lines_of([("x", file)], lambda size: None))
        admit = load.admit
        monkeypatch.setattr(load, "admit", lambda: (admit(), merged()))
        load.merge()

    assert not FactReport.objects.filter(resident=row("A")).exclude(kind="resident").exists()
    assert [one[:2] for one in stands()["accounts"]] == [("B", "not-registered")]
    assert [one[0] for one in stands()["insurance"]] == ["B"]


def test_taking_back_what_said_so_leaves_the_merge_as_it_is():
    load_lines(resident("A", checked_at=at(1)), resident("B", checked_at=at(1)), account("A"))
    say_merged()
    upload = Upload.objects.latest("pk")
    merged()
    before = {name: stands()[name] for name in ("people", "accounts", "tasks")}

    asked = taking_back.ask(upload, by=UserFactory(), why=WHY)
    taking_back.take_back(asked, today=TODAY)

    assert {name: stands()[name] for name in before} == before
    load_lines(account("A", checked_at=at(9), status="registered"))
    assert stands()["accounts"][0][:2] == ("B", "registered")


def test_taking_back_facts_after_a_merge_ends_as_if_they_had_not_come():
    two()
    before = stands()["accounts"]
    load_lines(account("A"))
    upload = Upload.objects.latest("pk")
    merged()

    asked = taking_back.ask(upload, by=UserFactory(), why=WHY)
    taking_back.take_back(asked, today=TODAY)

    assert stands()["accounts"] == before == []
    assert not Task.objects.live().filter(rule__key="card.benefit-account").exists()


def test_who_was_merged_into_stays_when_the_upload_that_made_them_is_taken_back():
    load_lines(resident("A", checked_at=at(1)))
    load_lines(resident("B", checked_at=at(1)))
    upload = Upload.objects.latest("pk")
    say_merged()
    merged()

    asked = taking_back.ask(upload, by=UserFactory(), why=WHY)
    taking_back.take_back(asked, today=TODAY)

    asked.refresh_from_db()
    assert asked.left == [{"ref": "B", "why": "exchange.Merge"}]
    assert person("A") == row("B")


class Undone(Exception):
    pass


def after(*deeds):
    try:
        with transaction.atomic():
            for deed in deeds:
                deed()
            result = stands()
            raise Undone
    except Undone:
        return result


REFS = st.sampled_from(["A", "B"])
DAYS = st.integers(min_value=1, max_value=28).map(at)
LINES = st.one_of(
    st.builds(
        lambda ref, day, status: account(ref, checked_at=day, status=status),
        *(REFS, DAYS, st.sampled_from(["registered", "not-registered"])),
    ),
    st.builds(
        lambda ref, day, status: insurance(ref, checked_at=day, status=status),
        *(REFS, DAYS, st.sampled_from(["registered", "not-registered"])),
    ),
    st.builds(
        lambda ref, day, serial: certificate(ref, checked_at=day, serial=serial),
        *(REFS, DAYS, st.sampled_from(["A1", "A2"])),
    ),
    st.builds(
        lambda ref, seq, status: application_status(ref, seq=seq, status=status),
        *(REFS, st.integers(1, 9), st.sampled_from(["received", "granted", "correction"])),
    ),
    st.builds(
        lambda ref, day, until: guardianship("K", ref, checked_at=day, until=until),
        *(REFS, DAYS, st.sampled_from([None, "2026-12-31"])),
    ),
    st.builds(
        lambda ref, day: vaccination(ref, checked_at=day, on="2024-06-01"),
        *(REFS, DAYS),
    ),
)
COMPARED = [
    *("guardianships", "certificates", "insurance", "accounts", "vaccinations"),
    *("applications", "whose applications", "doses", "due checkups", "forecasts", "tasks"),
]


def compared(standing):
    """What has to be the same: an application's public id and tasks by it follow from its ref."""
    found = {name: standing[name] for name in COMPARED}
    found["applications"] = [one[:3] + one[4:] for one in found["applications"]]
    found["tasks"] = [
        one[:3] + one[4:] if one[2].startswith("applications.") else one for one in found["tasks"]
    ]
    return found


def of(line, ref):
    """The same line about another person, or by another guardian."""
    name = next(name for name in ("guardian", "resident") if name in line)
    return {**line, name: ref}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(LINES, max_size=6),
    later=st.lists(LINES, max_size=4),
    born=st.sampled_from(["1990-04-01", "2023-04-01"]),
)
def test_it_ends_as_if_all_lines_had_named_the_one_who_stands(before, later, born):
    def people():
        two(born=born)
        load_lines(resident("K", born="2020-11-02", checked_at=at(1)))

    def lines():
        load_lines(*before)

    def more():
        load_lines(*later)

    def of_one():
        load_lines(*(of(line, "B") for line in [*before, *later]))

    if born > "2000":
        before = [line for line in before if line["kind"] != "guardianship"]
        later = [line for line in later if line["kind"] != "guardianship"]
    merge_between = compared(after(people, lines, merged, more))
    assert merge_between == compared(after(people, lines, more, merged))
    assert merge_between == compared(after(people, merged, lines, more))
    assert merge_between == compared(after(people, merged, of_one))
