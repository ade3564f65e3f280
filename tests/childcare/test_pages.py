"""What a parent finds on the pages about a child, and what another person does not."""

import html
import re
from datetime import date, datetime, timedelta
from uuid import uuid4

import factory
import pytest
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from childcare.models import (
    Birth,
    Checkup,
    FamilyVaccination,
    NotMine,
    RecordAnswer,
    SeriesEnd,
)
from childcare.record import records_of
from childcare.schedule import the_schedule
from childcare.words import vaccine_called, vaccine_name
from portal.residents.models import Resident
from tasks.reconcile import reconcile_people
from tests.factories import (
    FactFactory,
    FamilyVaccinationFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    ResidentFactory,
    UserFactory,
    VaccinationFactory,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2026, 11, 25, 22, 30, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def hanako():
    return ResidentFactory(user=UserFactory(language="en"))


@pytest.fixture
def child(hanako):
    """A child of 3 months and 24 days."""
    return GuardianshipFactory(guardian=hanako, child__born=date(2026, 8, 1)).child


@pytest.fixture
def visit(client, hanako):
    client.force_login(hanako.user)
    return client.get


class BirthFactory(FactFactory):
    class Meta:
        model = Birth

    born = factory.SelfAttribute("resident.born")


class CheckupFactory(FactFactory):
    class Meta:
        model = Checkup

    record, checkup = "1", "1m"
    on = date(2026, 9, 5)


def address(name, child, **kwargs):
    return reverse(f"childcare:{name}", kwargs={"uuid": child.uuid, **kwargs})


# ---- whose record it is


def test_a_child_that_one_acts_for_is_shown(visit, child):
    assertContains(visit(address("child", child)), '<span lang="ja">山田 陽太</span> (3 months)')


def another_persons(hanako):
    return GuardianshipFactory().child


def ended_today(hanako):
    return GuardianshipFactory(guardian=hanako, until=TODAY, ends_on=TODAY).child


def begins_tomorrow(hanako):
    return GuardianshipFactory(guardian=hanako, starts_on=TODAY + timedelta(days=1)).child


def eighteen_today(hanako):
    return GuardianshipFactory(guardian=hanako, child__born=date(2008, 11, 25)).child


def no_longer_alive(hanako):
    child = GuardianshipFactory(guardian=hanako).child
    Resident.objects.filter(pk=child.pk).update(state="deceased")
    return child


def nobody(hanako):
    return Resident(uuid=uuid4())


def oneself_as_an_adult(hanako):
    return hanako


NOT_TO_BE_SEEN = [
    another_persons,
    ended_today,
    begins_tomorrow,
    eighteen_today,
    no_longer_alive,
    nobody,
    oneself_as_an_adult,
]


@pytest.mark.parametrize("whose", NOT_TO_BE_SEEN)
def test_whoever_else_it_is_the_answer_is_the_same_404(visit, hanako, whose):
    missing = visit(address("child", Resident(uuid=uuid4())))

    response = visit(address("child", whose(hanako)))

    assert response.status_code == missing.status_code == 404
    assert words(response) == words(missing)


def words(response):
    """Return the page without what is new each time: the tokens against forgery, the nonces."""
    return re.sub(r'(?:nonce|value)="[^"]*"', "", response.content.decode())


def test_the_sign_in_of_a_guardian_who_died_shows_no_child(visit, hanako, child):
    hanako.state, hanako.state_since = Resident.State.DECEASED, hanako.born
    hanako.save()

    assert visit(address("child", child)).status_code == 404


def test_a_child_of_17_sees_its_own_record(client):
    child = ResidentFactory(born=date(2008, 11, 26), user=UserFactory())
    client.force_login(child.user)

    assert client.get(address("child", child)).status_code == 200


def test_who_is_not_signed_in_is_asked_to(client, child):
    response = client.get(address("child", child))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_the_list_has_every_child_the_youngest_first(visit, hanako):
    for born, name in [(date(2015, 5, 5), "山田 一"), (date(2026, 5, 5), "山田 三")]:
        GuardianshipFactory(guardian=hanako, child__born=born, child__name=name)

    content = visit(reverse("childcare:children")).content.decode()

    assert content.index("山田 三") < content.index("山田 一")


def test_a_family_without_children_reads_so(visit):
    response = visit(reverse("childcare:children"))

    assertContains(response, "No child is under 18 in your family")
    assertNotContains(response, 'class="card"')


# ---- the child's page


def given(child, *doses):
    """Let the municipality have these doses: a vaccine's code and a date each."""
    for vaccine, on in doses:
        VaccinationFactory(resident=child, vaccine=vaccine, on=on)


OCTOBER = date(2026, 10, 1)
FIRST = [("HEPB", OCTOBER), ("PCV", OCTOBER), ("DPT_IPV_HIB", OCTOBER), ("ROTA_RV1", OCTOBER)]


def text(response):
    """Return the words of a page as a reader meets them."""
    without_tags = re.sub(r"<[^>]*>", " ", response.content.decode())
    return html.unescape(" ".join(without_tags.split()))


def test_the_next_visit_comes_first_with_its_dates(visit, child):
    given(child, *FIRST)

    said = text(visit(address("child", child)))

    beginning = said[said.index("Next vaccination") : said.index("Vaccinations by age")]
    assert "From now" in beginning
    assert "Hepatitis B, dose 2" in beginning
    assert "These can be given on the same day" in beginning


def test_each_date_says_from_which_dose_and_by_which_rule_and_edition(visit, child):
    given(child, *FIRST)

    said = text(visit(address("child", child)))

    assert (
        "At least 27 full days must lie between it and dose 1 (1 October 2026), so it can be given "
        "from 29 October 2026." in said
    )
    assert "Schedule of FY2026, rule hepb.2" in said


def test_of_two_rotavirus_vaccines_one_is_to_be_chosen(visit, child):
    given(child, *FIRST[:3])

    response = visit(address("child", child))

    assertContains(response, "A child has one of the two rotavirus vaccines.")


def test_each_dose_that_was_given_says_who_has_it(visit, child):
    given(child, ("PCV", OCTOBER))
    FamilyVaccinationFactory(child=child, vaccine="PCV", on=OCTOBER)
    FamilyVaccinationFactory(child=child, vaccine="HEPB", on=OCTOBER)

    said = text(visit(address("child", child)))

    assert "Vaccinations given: 2" in said
    assert "Pneumococcal, dose 1 municipal record entered by the family" in said
    assert "Hepatitis B, dose 1 entered by the family" in said


def test_a_vaccine_that_the_schedule_does_not_know_is_shown_as_it_was_written(visit, child):
    FamilyVaccinationFactory(child=child, vaccine="Hexaxim (Paris)", on=OCTOBER)

    response = visit(address("child", child))

    assertContains(response, "Hexaxim (Paris) (1 October 2026) is kept as a note.")


def test_a_dose_to_be_looked_at_is_kept_and_said_in_calm_words(visit, child):
    given(child, ("PCV", OCTOBER), ("PCV", date(2026, 10, 8)))

    said = text(visit(address("child", child)))

    assert "Vaccinations given: 2" in said
    assert "The doctor and the municipality decide whether they count" in said
    assert "it may be too soon after an earlier dose" in said


def test_a_complete_series_says_so(visit, hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=date(2024, 8, 1)).child
    given(child, ("BCG", date(2025, 1, 10)))

    assertContains(visit(address("child", child)), "BCG (tuberculosis): complete with 1 dose")


def test_nothing_known_of_a_child_of_six_months_gives_no_dates_but_a_question(visit, hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=date(2026, 5, 26)).child

    response = visit(address("child", child))

    assertContains(response, "No vaccination is on record")
    assertContains(response, "None has been given so far")
    assertNotContains(response, "Next vaccination")


def test_nothing_known_of_a_younger_child_gives_dates_and_a_question(visit, hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=date(2026, 5, 27)).child

    response = visit(address("child", child))

    assertContains(response, "Next vaccination")
    assertContains(response, "No vaccination is on record. Has one been given?")


def test_saying_that_none_was_given_shows_the_dates_and_can_be_taken_back(visit, client, hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=date(2026, 1, 1)).child
    visit(address("child", child))

    client.post(address("say", child), {"what": "none-given"})

    response = visit(address("child", child))
    assertContains(response, "Next vaccination")
    assertContains(response, "You said that none has been given so far.")
    client.post(address("say", child), {"what": "none-given", "back": ""})
    assertNotContains(visit(address("child", child)), "Next vaccination")


def test_a_missing_sex_is_asked_for_where_hpv_depends_on_it(visit, client, hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=date(2015, 5, 5)).child
    given(child, ("MR", date(2016, 6, 1)))
    assertContains(visit(address("child", child)), "whether your child is a girl or a boy")

    client.post(address("say", child), {"what": "girl"})

    response = visit(address("child", child))
    assertNotContains(response, "whether your child is a girl or a boy")
    assertContains(response, "HPV (9-valent), dose 1")


def test_a_missing_sex_is_asked_for_without_any_record_since_the_growth_chart_needs_it(
    visit, client, hanako
):
    child = GuardianshipFactory(guardian=hanako, child__born=date(2022, 10, 11)).child
    assertContains(visit(address("growth", child)), "You can say it on the child’s page.")
    assertContains(visit(address("child", child)), "whether your child is a girl or a boy")

    client.post(address("say", child), {"what": "boy"})

    assertNotContains(visit(address("child", child)), "whether your child is a girl or a boy")
    assertNotContains(visit(address("growth", child)), "no record says which this child is")


def test_a_premature_child_reads_what_the_dates_count_from(visit, child):
    BirthFactory(resident=child, born=child.born, gestation_weeks=34)
    given(child, *FIRST)

    assertContains(visit(address("child", child)), "Your child was born early, after 34 weeks.")


@pytest.mark.parametrize(("weeks", "early"), [(36, True), (37, False), (None, False)])
def test_early_is_before_37_weeks(visit, child, weeks, early):
    BirthFactory(resident=child, born=child.born, gestation_weeks=weeks)

    assert ("born early" in text(visit(address("child", child)))) == early


def test_a_guardian_who_came_later_reads_that_the_record_may_begin_later(visit, hanako):
    child = GuardianshipFactory(
        guardian=hanako, child__born=date(2024, 8, 1), starts_on=date(2025, 4, 1)
    ).child
    given(child, ("MR", date(2025, 9, 1)))

    assertContains(visit(address("child", child)), "What was given before may be missing here")


def test_two_dates_of_birth_are_said(visit, child):
    BirthFactory(resident=child, born=date(2026, 8, 2))

    assertContains(visit(address("child", child)), "The dates count from the register’s.")


def test_a_birth_in_the_future_gives_a_sentence_and_no_dates(visit, hanako):
    child = GuardianshipFactory(
        guardian=hanako, child__born=date(2026, 11, 26), starts_on=date(2026, 11, 1)
    ).child

    response = visit(address("child", child))

    assertContains(response, "a day that has not come yet")
    assertNotContains(response, "Next vaccination")


def test_a_child_who_moved_away_keeps_the_record_and_gets_no_dates(visit, child):
    given(child, *FIRST)
    Resident.objects.filter(pk=child.pk).update(state="moved-away")

    response = visit(address("child", child))

    assertContains(response, "the next dates come from the new municipality")
    assertContains(response, "Vaccinations given: 4")
    assertNotContains(response, "Next vaccination")


def test_the_picture_stands_in_a_table_too(visit, child):
    given(child, *FIRST)

    response = visit(address("child", child))

    assertContains(response, "Pneumococcal: given on 1 October 2026 (Thu)")
    assertContains(response, '<th scope="row">Pneumococcal</th>')


def test_the_policy_against_injected_styles_holds(visit, child):
    given(child, *FIRST)

    assertNotContains(visit(address("child", child)), "style=")


@pytest.mark.parametrize("doses", [4, 60, 200])
def test_a_page_takes_as_many_queries_whatever_the_number_of_doses(visit, child, statements, doses):
    for number in range(doses // 2):
        on = child.born + timedelta(days=number)
        given(child, ("PCV", on))
        FamilyVaccinationFactory(child=child, vaccine="HEPB", on=on)

    statements.clear()
    response = visit(address("child", child))

    assert response.status_code == 200
    assert len(statements) == 4  # the session, the person, the child, the record


@pytest.mark.parametrize("children", [1, 5])
def test_the_list_takes_as_many_queries_whatever_the_number_of_children(
    visit, hanako, statements, children
):
    for _number in range(children):
        given(GuardianshipFactory(guardian=hanako).child, ("MR", date(2025, 9, 1)))

    statements.clear()
    visit(reverse("childcare:children"))

    assert len(statements) == 4


def test_the_list_says_the_next_visit_of_each(visit, child):
    given(child, *FIRST)

    said = text(visit(reverse("childcare:children")))

    assert "Next vaccination: now" in said
    assert "Hepatitis B" in said


# ---- entering a page of the handbook


def rows(*doses, page=None):
    """Return what the form sends for rows of vaccine, date and more."""
    sent = {"form-TOTAL_FORMS": len(doses), "form-INITIAL_FORMS": 0, "page": page or uuid4()}
    for number, dose in enumerate(doses):
        sent |= {f"form-{number}-{name}": value for name, value in dose.items()}
    return sent


def row(vaccine, on, **more):
    return {"vaccine": vaccine, "on": on, "fixed": "True", **more}


@pytest.fixture
def post(client, hanako, child):
    """Send rows to the page of the handbook."""
    client.force_login(hanako.user)

    def send(*doses, **kwargs):
        return client.post(address("enter", child), rows(*doses, **kwargs))

    return send


def entered():
    return sorted(FamilyVaccination.objects.standing().values_list("vaccine", "on"))


def test_the_form_has_a_row_for_each_dose_that_is_missing(visit, child):
    given(child, *FIRST)

    said = text(visit(address("enter", child)))

    assert "Hepatitis B Dose 2: date Dose 3: date" in said
    assert "Rotavirus (monovalent, Rotarix) Dose 2: date" in said
    assert "Rotavirus (pentavalent" not in said
    assert "Varicella" not in said.split("Vaccines of earlier years")[0]


def test_a_vaccine_in_the_address_stands_first_and_has_a_row_in_any_case(visit, child):
    given(child, *FIRST)

    asked = text(visit(address("enter", child) + "?vaccine=PCV"))

    assert asked.index("Pneumococcal") < asked.index("Hepatitis B")


def test_a_page_is_saved_and_can_be_undone_at_once(client, post, child):
    page = uuid4()

    response = post(row("PCV", "2026-10-01"), row("HEPB", "2026-10-01", lot="H1"), page=page)

    assertRedirects(response, f"{address('child', child)}?saved={page}")
    assertContains(client.get(response.url), "Saved 2 vaccinations.")
    client.post(address("undo-page", child, page_id=page))
    assert entered() == []
    assertContains(client.get(address("child", child)), "Taken back: 2 vaccinations.")


def test_empty_rows_do_not_count(post):
    post(row("PCV", "2026-10-01"), row("HEPB", ""), {"vaccine": "", "on": "", "fixed": ""})

    assert entered() == [("PCV", OCTOBER)]


def test_the_same_form_sent_again_says_and_does_the_same(post, child):
    page = uuid4()

    responses = [post(row("PCV", "2026-10-01"), page=page) for _click in range(2)]

    assert {response.url for response in responses} == {f"{address('child', child)}?saved={page}"}
    assert FamilyVaccination.objects.count() == 1


def test_what_was_entered_before_is_not_entered_again_and_said(client, post):
    post(row("PCV", "2026-10-01"))

    response = post(row("PCV", "2026-10-01"), row("HEPB", "2026-10-01"))

    said = text(client.get(response.url))
    assert "Saved 1 vaccination." in said
    assert "1 vaccination was there already." in said
    assert len(entered()) == 2


def test_a_form_sent_after_its_undo_keeps_what_was_typed_and_asks(client, post, child):
    page = uuid4()
    post(row("PCV", "2026-10-01"), page=page)
    client.post(address("undo-page", child, page_id=page))

    response = post(row("PCV", "2026-10-01"), page=page)

    assertContains(response, "This page was taken back.", status_code=422)
    assertContains(response, 'value="2026-10-01"', status_code=422)
    assertNotContains(response, str(page), status_code=422)


@pytest.mark.parametrize("name", ["Varicella (chickenpox)", "水痘（みずぼうそう）", "var"])
def test_a_name_that_the_schedule_has_becomes_its_vaccine(post, name):
    post({"vaccine": name, "on": "2026-10-01", "fixed": ""})

    assert entered() == [("VAR", OCTOBER)]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_vaccines_name_leads_back_to_its_code(language):
    schedule = the_schedule()
    codes = [*schedule.vaccines, *schedule.others]

    with translation.override(language):
        assert [vaccine_called(vaccine_name(code)) for code in codes] == codes


@pytest.mark.parametrize(
    "typed", ["0000-01-01", "0001-01-01", "9999-12-31", "2026-10-01\0", "1" * 99]
)
def test_no_date_however_odd_breaks_the_form(post, typed):
    assert post(row("PCV", typed)).status_code == 422


def test_another_name_is_kept_as_it_was_written(post):
    post({"vaccine": "Hexaxim", "on": "2026-10-01", "note": "Paris", "fixed": ""})

    assert entered() == [("Hexaxim", OCTOBER)]


@pytest.mark.parametrize(
    "typed", ["2026/10/1", "2026年10月1日", "２０２６－１０－０１", "2026.10.01"]
)
def test_a_date_may_be_written_as_in_the_handbook(post, typed):
    post(row("PCV", typed))

    assert entered() == [("PCV", OCTOBER)]


TOO_LONG = "x" * 65
BAD = [
    ([row("PCV", "2026-07-31")], "31 July 2026 (Fri) is before the birth on 1 August 2026 (Sat)."),
    ([row("PCV", "2026-11-26")], "26 November 2026 (Thu) has not come yet."),
    ([row("PCV", "2026-02-30")], "“2026-02-30” is not a date. Write year-month-day"),
    ([row("PCV", "soon")], "“soon” is not a date."),
    ([row("PCV", "", lot="A1")], "Write the date of this vaccination."),
    ([{"vaccine": "", "on": "2026-10-01", "fixed": ""}], "Write what the vaccination was."),
    (
        [row("PCV", "2026-10-01"), row("PCV", "2026-10-01")],
        "The same vaccine stands here 2 times on 1 October 2026 (Thu). Leave one.",
    ),
    ([row("PCV", "")], "Nothing was entered. Write the date of one vaccination."),
    ([row("PCV", "2026-10-01", lot=TOO_LONG)], "at most 64 characters"),
    (
        [row("PCV", "2026-10-01", clinic="My Number 1234 5678 9018")],
        "This holds twelve digits that may be a My Number. Leave them out.",
    ),
    (
        [row("PCV", f"2026-09-{day:02}") for day in range(1, 31)] * 7,
        "At most 100 vaccinations can be saved at once. Save these in two parts.",
    ),
]


@pytest.mark.parametrize(("doses", "sentence"), BAD)
def test_what_is_wrong_is_said_beside_it_and_on_top_and_nothing_is_lost(post, doses, sentence):
    right = row("HEPB", "2026-10-02", lot="kept")

    response = post(*doses, right) if sentence[:7] != "Nothing" else post(*doses)

    assert response.status_code == 422
    assert sentence in text(response)
    if sentence[:7] != "Nothing":
        assertContains(response, 'value="kept"', status_code=422)
    assert entered() == []


def test_the_first_and_the_last_possible_day_are_taken(post):
    post(row("HEPB", "2026-08-01"), row("PCV", "2026-11-25"))

    assert [on for _vaccine, on in entered()] == [date(2026, 8, 1), TODAY]


def test_a_form_that_did_not_arrive_whole_is_asked_for_again(client, post, child):
    response = client.post(address("enter", child), {"page": "nonsense"}, follow=True)

    assertContains(response, "The page did not arrive whole. Please enter it again.")


# ---- one entry


@pytest.fixture
def entry(post):
    post(row("PCV", "2026-10-01", lot="A1"))
    return FamilyVaccination.objects.get()


def test_an_entry_can_be_corrected(client, child, entry):
    opened = client.get(address("correct", child, entry=entry.uuid))
    assertContains(opened, 'value="2026-10-01"')

    client.post(
        address("correct", child, entry=entry.uuid), {"vaccine": "Pneumococcal", "on": "2026-10-02"}
    )

    assert entered() == [("PCV", date(2026, 10, 2))]


def test_a_wrong_correction_is_said_and_changes_nothing(client, child, entry):
    response = client.post(
        address("correct", child, entry=entry.uuid), {"vaccine": "PCV", "on": "2027-10-02"}
    )

    assertContains(response, "has not come yet", status_code=422)
    assert entered() == [("PCV", OCTOBER)]


def test_an_entry_can_be_taken_back(client, child, entry):
    client.post(address("undo-entry", child, entry=entry.uuid))

    assert entered() == []


def test_an_entry_of_nobody_is_a_404(client, child, entry):
    assert client.get(address("correct", child, entry=uuid4())).status_code == 404


# ---- records that differ


@pytest.fixture
def pair(visit, child):
    """The municipality has another date than the family."""
    return (
        VaccinationFactory(resident=child, vaccine="PCV", on=OCTOBER, lot="M1"),
        FamilyVaccinationFactory(child=child, vaccine="PCV", on=date(2026, 10, 3)),
    )


def test_records_that_differ_are_counted_on_the_page_and_shown_side_by_side(visit, child, pair):
    assertContains(visit(address("child", child)), "In 1 place the municipal record and what you")

    said = text(visit(address("compare", child)))

    assert "Municipal record 1 October 2026 (Thu)" in said
    assert "Entered by the family 3 October 2026 (Sat)" in said
    assert "Until you answer, the municipal record counts in the dates." in said


@pytest.mark.parametrize(
    ("which", "counted"),
    [
        ("municipal", [OCTOBER]),
        ("family", [date(2026, 10, 3)]),
        ("both", [OCTOBER, date(2026, 10, 3)]),
    ],
)
def test_an_answer_decides_what_counts_and_keeps_both_records(client, child, pair, which, counted):
    of = records_of([child.pk])[child.pk].pairs[0].fingerprint

    for _twice in range(2):
        response = client.post(address("compare", child), {"of": of, "answer": which})

    assertRedirects(response, address("compare", child))
    record = records_of([child.pk])[child.pk]
    assert [dose.on for dose in record.counted] == counted
    assert (len(record.municipal), len(record.family)) == (1, 1)
    assert RecordAnswer.objects.count() == 1
    assertNotContains(client.get(address("child", child)), "In 1 place")


def test_an_answer_can_be_changed_and_taken_back(client, child, pair):
    of = records_of([child.pk])[child.pk].pairs[0].fingerprint

    for which in ("municipal", "family", "unknown"):
        client.post(address("compare", child), {"of": of, "answer": which})

    assert not RecordAnswer.objects.standing().exists()
    assert RecordAnswer.objects.count() == 2
    assertContains(client.get(address("child", child)), "In 1 place")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"of": "PCV 2026-10-01 | -", "answer": "both"}, "have changed in the meantime"),
        ({}, "have changed in the meantime"),
        ({"answer": ""}, "Choose which of the two is right."),
        ({"answer": "neither"}, "Choose which of the two is right."),
    ],
)
def test_an_answer_to_something_else_is_refused_with_a_sentence(
    client, child, pair, sent, sentence
):
    of = records_of([child.pk])[child.pk].pairs[0].fingerprint

    response = client.post(
        address("compare", child), {"of": of} | sent if sent else {}, follow=True
    )

    assertContains(response, sentence)
    assert not RecordAnswer.objects.exists()


# ---- "this is not my child's"


@pytest.fixture
def records(visit, child):
    """A municipal record of each kind, with the address that says it is another child's."""
    vaccination = VaccinationFactory(resident=child, vaccine="PCV", on=OCTOBER, lot="M1")
    checkup = CheckupFactory(resident=child)
    birth = BirthFactory(resident=child, born=child.born, weight_g=3010)
    return {
        "vaccination": (
            vaccination,
            address("not-mine", child, kind="vaccination", pk=vaccination.pk),
        ),
        "checkup": (checkup, address("not-mine", child, kind="checkup", pk=checkup.pk)),
        "birth": (birth, address("not-mine", child, kind="birth")),
    }


@pytest.mark.parametrize("kind", ["birth", "checkup", "vaccination"])
def test_a_record_of_another_child_is_asked_about_hidden_and_kept(client, child, records, kind):
    record, where = records[kind]
    assertContains(client.get(where), "It is kept as it is. A clerk compares it")

    for _twice in range(2):
        client.post(where)

    said = NotMine.objects.get()
    assert said.hides
    assert said.evidence["resident_id"] == str(child.pk)
    assert type(record).objects.filter(pk=record.pk).exists()
    client.post(where, {"back": ""})
    assert not NotMine.objects.standing().exists()


def test_a_hidden_vaccination_counts_no_more_and_can_be_shown_again(client, child, records):
    _record, where = records["vaccination"]

    client.post(where)

    response = client.get(address("child", child))
    assertContains(response, "Hidden: not your child’s")
    assertContains(response, "Vaccinations given: 0")
    client.post(where, {"back": ""})
    assertContains(client.get(address("child", child)), "Vaccinations given: 1")


def test_a_hidden_birth_is_said_and_shows_nothing_of_itself(client, child, records):
    _record, where = records["birth"]
    assertContains(client.get(address("child", child)), "3,010 g")

    client.post(where)

    response = client.get(address("child", child))
    assertNotContains(response, "3,010 g")
    assertContains(response, "You said that the record of the birth is not your child’s.")


def test_what_the_office_confirmed_cannot_be_taken_back_here(client, child, records):
    _record, where = records["vaccination"]
    client.post(where)
    NotMine.objects.update(outcome="confirmed", handled_at=timezone.now())

    response = client.post(where, {"back": ""}, follow=True)

    assertContains(response, "The office has confirmed that this is not your child’s.")
    assert NotMine.objects.standing().exists()


@pytest.mark.parametrize("kind", ["vaccination", "checkup", "allergy"])
def test_a_record_of_nobody_is_a_404(visit, child, kind):
    assert visit(address("not-mine", child, kind=kind, pk=999)).status_code == 404


def test_another_childs_record_cannot_be_reached_through_ones_own(client, child, records):
    foreign = VaccinationFactory(resident=GuardianshipFactory().child)

    response = client.post(address("not-mine", child, kind="vaccination", pk=foreign.pk))

    assert response.status_code == 404
    assert not NotMine.objects.exists()


# ---- diseases had


def test_a_disease_had_ends_its_series_and_can_be_taken_back(client, visit, child):
    given(child, *FIRST)
    visit(address("had", child))

    client.post(address("had", child), {"had": "varicella", "on": "2026-11-01", "note": ""})

    assertContains(visit(address("had", child)), "varicella (chickenpox)")
    assertContains(
        visit(address("child", child)), "no next dose is shown, because this is recorded"
    )
    client.post(address("had", child), {"back": "varicella"})
    assert not SeriesEnd.objects.standing().exists()


def test_only_what_was_noted_can_be_taken_back(client, visit, child):
    visit(address("had", child))

    response = client.post(address("had", child), {"back": "\0"})

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"had": ""}, "Choose what it is."),
        ({"had": "plague"}, "Select a valid choice."),
        ({"had": "varicella", "on": "2026-07-31"}, "Choose a date from the birth"),
        ({"had": "varicella", "on": "2026-11-26"}, "Choose a date from the birth"),
        ({"had": "varicella", "note": "1234 5678 9018"}, "may be a My Number"),
    ],
)
def test_what_is_wrong_about_a_disease_is_said(client, visit, child, sent, sentence):
    visit(address("had", child))

    response = client.post(address("had", child), sent)

    assert response.status_code == 422
    assert sentence in text(response)
    assert not SeriesEnd.objects.exists()


# ---- no page opens for another


PAGES = ["child", "enter", "compare", "had"]
ACTS = ["enter", "compare", "had", "say"]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_another_persons_child_is_a_404(visit, hanako, name):
    for whose in NOT_TO_BE_SEEN:
        assert visit(address(name, whose(hanako))).status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_nothing_can_be_written_about_another_persons_child(client, hanako, name):
    foreign = GuardianshipFactory().child
    client.force_login(hanako.user)
    sent = rows(row("PCV", "2026-10-01")) | {"what": "girl", "had": "varicella", "of": "x"}

    assert client.post(address(name, foreign), sent).status_code == 404
    assert not FamilyVaccination.objects.exists()


@pytest.mark.parametrize("name", ["undo-page", "undo-entry", "correct"])
def test_an_entry_about_another_persons_child_stays(client, hanako, child, name):
    foreign = FamilyVaccinationFactory(child=GuardianshipFactory().child)
    client.force_login(hanako.user)
    of = {"page_id": foreign.page} if name == "undo-page" else {"entry": foreign.uuid}

    through_own = client.post(address(name, child, **of), {"vaccine": "PCV", "on": "2026-10-09"})
    directly = client.post(address(name, foreign.child, **of))

    assert through_own.status_code in (302, 404)
    assert directly.status_code == 404
    assert entered() == [(foreign.vaccine, foreign.on)]


def test_opening_the_address_of_an_act_does_nothing(visit, child):
    for where in (
        address("say", child),
        address("undo-page", child, page_id=uuid4()),
        address("undo-entry", child, entry=uuid4()),
    ):
        assertRedirects(visit(where), address("child", child))


def test_the_home_page_leads_to_the_child(visit, child):
    InsuranceUseFactory(resident=child)
    reconcile_people([child.pk], today=TODAY)

    assertContains(visit("/"), f'href="{address("child", child)}"')
