"""Invented residents: the same each time, taken by the loader, showing what they should."""

import json
from collections import Counter
from datetime import date, timedelta

import pytest
from django.contrib.auth import authenticate

from childcare.compare import Difference
from childcare.record import records_of
from portal.accounts.models import User
from portal.demo import children, data, facts, people
from portal.exchange.lines.formats import Reader
from portal.residents.models import Resident
from tasks.explain import coming_up, explain
from tasks.models import Task
from tasks.rules import registry
from tests.factories import ResidentFactory

TODAY = date(2026, 11, 25)

CHILDREN = len([*children.OF_YOSHINO, *children.OF_MISAKI, children.RITSU, children.EMMA])
TWICE = 3  # records that the register says are another person’s

AUTHENTICATION = "card.user-authentication-renewal"
SIGNATURE = "card.signature-renewal"
CARD = "card.card-renewal"
REISSUE = "card.signature-reissue"
INSURANCE = "card.insurance-use"
ACCOUNT = "card.benefit-account"
DOSE = "childcare.dose"
WITH_OFFICE = "applications.with-the-office"
OF_THE_BABY = {
    INSURANCE,
    DOSE,
    "childcare.after-birth.child-allowance",
    "childcare.after-birth.insurance",
}


def lines(residents, *, today=TODAY, seed=facts.SEED):
    households = facts.households(residents, today=today, seed=seed)
    return [line for household in households for line in household]


@pytest.fixture
def loaded(tmp_path, db):
    """Fifty residents, loaded and reconciled."""
    path = tmp_path / "facts.ndjson"
    data.write_facts(path, residents=50, today=TODAY)
    data.load(path, today=TODAY)


def inbox(person):
    """Return what stands open for one of the demo's people: {(rule, about whom)}."""
    live = Task.objects.filter(resident__ref=person.ref).live()
    return set(live.values_list("rule__key", "about__ref"))


def test_the_same_seed_and_day_give_the_same_lines():
    assert lines(300) == lines(300)
    assert lines(300) != lines(300, seed=1)


@pytest.mark.parametrize("residents", [0, 25, 26, 300])
def test_as_many_residents_are_made_as_asked_for_and_never_fewer_than_sign_in(residents):
    refs = {line["ref"] for line in lines(residents) if line["kind"] == "resident"}

    assert len(refs) == max(residents, len(people.PEOPLE) + CHILDREN + TWICE)
    assert {one.ref for one in people.PEOPLE} <= refs


@pytest.mark.parametrize(
    "today",
    [
        TODAY,
        date(2026, 12, 31),
        date(2027, 3, 1),
        date(2027, 11, 30),
        date(2028, 2, 29),
        date(2030, 2, 28),
    ],
)
def test_the_loader_takes_every_line_on_whatever_day_it_is_made(today):
    reader = Reader(today=today, municipalities=set(facts.MUNICIPALITIES))

    read = [reader.read(json.dumps(line).encode()) for line in lines(300, today=today)]

    assert [line for line in read if line.reason] == []


def test_the_shares_are_those_of_the_country():
    told = lines(3000)
    adults_asked = [line["status"] for line in told if line["kind"] == "account"]
    insured = [line["status"] for line in told if line["kind"] == "insurance"]
    cards = [line for line in told if line.get("type") == "user-authentication"]

    assert len(cards) / 3000 == pytest.approx(0.75, abs=0.04)
    assert insured.count("not-registered") / 3000 == pytest.approx(0.25, abs=0.04)
    assert adults_asked.count("not-registered") / len(adults_asked) == pytest.approx(0.4, abs=0.04)


def test_every_child_has_a_guardian_who_is_an_adult():
    told = lines(1000)
    born = {line["ref"]: line["born"] for line in told if line["kind"] == "resident"}
    guardians = {}
    for line in told:
        if line["kind"] == "guardianship":
            guardians.setdefault(line["child"], []).append(line["guardian"])
    adult_if_born_by = TODAY.replace(year=TODAY.year - 18).isoformat()

    children = {ref for ref, day in born.items() if day > adult_if_born_by}

    assert children == set(guardians)
    assert not children & {one for some in guardians.values() for one in some}


def test_each_person_shows_what_the_list_says(loaded):
    opened = {person.ref: inbox(person) for person in people.PEOPLE}

    own = {ref: {rule for rule, about in tasks if about == ref} for ref, tasks in opened.items()}
    assert own == {
        "demo-hanako": {AUTHENTICATION, INSURANCE, ACCOUNT},
        "demo-yoshino": {ACCOUNT},
        "demo-toshiki": {WITH_OFFICE},
        "demo-misaki": set(),
        "demo-takumi": set(),
        "demo-akiko": set(),
        "demo-masao": {INSURANCE},
        "demo-setsuko": {AUTHENTICATION, SIGNATURE},
        "demo-shohei": {REISSUE},
        "demo-alex": {AUTHENTICATION, SIGNATURE, INSURANCE},
        "demo-kazuko": set(),
    }
    assert opened["demo-yoshino"] - {(ACCOUNT, "demo-yoshino")} == {
        *((rule, "demo-child-0") for rule in OF_THE_BABY),
        (AUTHENTICATION, "demo-child-9"),
        (CARD, "demo-child-9"),
        (INSURANCE, "demo-child-16"),
    }
    assert opened["demo-toshiki"] - {(WITH_OFFICE, "demo-toshiki")} == {
        (rule, "demo-child-0") for rule in OF_THE_BABY
    }


def test_the_children_have_the_next_doses_that_the_list_says(loaded):
    doses = Task.objects.filter(rule__key=DOSE).live()
    found = {
        person.ref: sorted(doses.filter(resident__ref=person.ref).values_list("subject", flat=True))
        for person in (people.MISAKI, people.TAKUMI, people.ALEX)
    }

    assert found == {
        "demo-misaki": ["DPT_IPV_HIB-4", "DT-1", "JE-2", "MR-2"],
        "demo-takumi": ["DPT_IPV_HIB-2", "HEPB-2", "PCV-2", "ROTA-2"],
        "demo-alex": [],
    }


def test_the_child_born_early_is_asked_to_the_checkup_of_the_municipality(loaded):
    checkup = Task.objects.live().get(rule__key="childcare.checkup", about__ref=children.RITSU.ref)

    assert checkup.subject == "3-4m"
    assert checkup.due_on == TODAY + timedelta(days=22)


def test_one_child_has_a_record_that_differs_from_what_the_family_entered(loaded):
    data.let_sign_in("a password")
    child = Resident.objects.get(ref=children.DIFFERENT)

    data.enter_handbook(today=TODAY)
    data.enter_handbook(today=TODAY)

    record = records_of([child.pk])[child.pk]
    assert len(record.family) == 3
    assert Counter(pair.difference for pair in record.pairs if pair.family) == {
        Difference.NONE: 1,
        Difference.DATE: 1,
        Difference.ONLY_FAMILY: 1,
    }


def test_the_first_person_renews_in_28_days(loaded):
    renewal = Task.objects.get(resident__ref=people.HANAKO.ref, rule__key=AUTHENTICATION)

    assert renewal.due_on == TODAY + timedelta(days=28)


def test_a_silent_source_leaves_the_task_open_and_unknown(loaded):
    masao = Resident.objects.get(ref=people.MASAO.ref)
    task = Task.objects.get(resident=masao)

    [explained] = explain(registry[INSURANCE], masao, today=TODAY)

    assert task.opened_on == TODAY - facts.SILENT_FOR
    assert explained.verdict is None


def test_who_has_nothing_to_do_has_a_renewal_coming_up_within_a_year(loaded):
    akiko = Resident.objects.get(ref=people.AKIKO.ref)

    coming = coming_up(akiko.pk, today=TODAY, until=TODAY.replace(year=TODAY.year + 1))

    assert {one.rule.key for one in coming} == {AUTHENTICATION, SIGNATURE}


def test_everybody_signs_in_with_the_password_and_staff_have_their_rights(loaded):
    data.let_sign_in("kamota-sanehe-417")

    for one in people.EVERYBODY:
        assert authenticate(email=one.email, password="kamota-sanehe-417"), one.email
    assert User.objects.get(email="hanako@example.jp").resident.ref == people.HANAKO.ref
    assert User.objects.get(email="staff@example.jp").is_superuser
    helpdesk = User.objects.get(email="helpdesk@example.jp")
    assert helpdesk.has_perm("residents.view_resident")
    assert not helpdesk.has_perm("residents.change_source")
    assert not User.objects.filter(resident__isnull=False, is_staff=True).exists()


def test_a_password_is_made_once_and_closed_to_other_users(tmp_path):
    path = tmp_path / "demo-password"

    first = data.own_password(path)

    assert data.own_password(path) == first
    assert len(first) > 20
    assert path.stat().st_mode & 0o077 == 0


def test_residents_whom_no_demo_made_are_left_alone(db):
    ResidentFactory()

    with pytest.raises(data.CannotRun, match=r"holds residents who are not the demo's"):
        data.refuse_strangers()
