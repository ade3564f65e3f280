"""What a parent finds, answers and says after a birth, and a birth told before the register."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from childcare.models import AllowanceAnswer, AnnouncedBirth, StepDone
from portal.applications.models import Procedure, ProcedureVersion
from portal.applications.ship import ship
from portal.residents.models import Resident
from tasks.models import Task
from tasks.rules import registry
from tests.factories import (
    GuardianshipFactory,
    MunicipalityFactory,
    ResidentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

BORN = date(2026, 4, 30)
TODAY = date(2026, 5, 3)
ALLOWANCE = "childcare.after-birth.child-allowance"
EMPLOYER = "childcare.after-birth.child-allowance-employer"
NOTIFICATION = "childcare.after-birth.notification"


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2026, 5, 3, 22, 30, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def hanako(client):
    hanako = ResidentFactory(user=UserFactory(language="en"))
    client.force_login(hanako.user)
    return hanako


@pytest.fixture
def child(hanako):
    return GuardianshipFactory(guardian=hanako, child__born=BORN).child


@pytest.fixture
def father(child):
    return GuardianshipFactory(
        child=child, guardian=ResidentFactory(user=UserFactory(language="en"))
    ).guardian


def address(name, child):
    return reverse(f"childcare:{name}", args=[child.uuid])


def answer(client, child, main_earner="me", civil_servant="no"):
    said = {"main_earner": main_earner, "civil_servant": civil_servant}
    return client.post(address("allowance", child), said, follow=True)


def live(resident):
    live = Task.objects.for_resident(resident).live()
    return {registry.by_id(task.rule_id).key for task in live}


# ---- the list


def test_the_list_has_every_step_and_the_day_by_which_to_claim(client, child):
    response = client.get(address("after-birth", child))

    for title in (
        "Notification of birth",
        "Child allowance",
        "Health insurance of the child",
        "Subsidy for the child’s medical costs",
        "Notification of a low birth weight",
        "Card that tells of the birth",
        "Lump sum for childbirth",
        "Individual Number Card of the child",
    ):
        assertContains(response, f'{title} (<span lang="ja">')
    assertContains(response, 'by <time datetime="2026-05-15">')


def test_it_is_the_same_404_for_another_persons_child_and_for_nobody(client, hanako):
    another = GuardianshipFactory().child

    for name in ("after-birth", "allowance"):
        for child in (another, Resident(uuid="0199aaaa-0000-7000-8000-000000000000")):
            assert client.get(address(name, child)).status_code == 404
            assert client.post(address(name, child), {"done": "allowance"}).status_code == 404
    assert not StepDone.objects.exists()


def test_who_is_not_signed_in_is_asked_to(client, child):
    client.logout()

    for address_of_page in (address("after-birth", child), reverse("childcare:born")):
        assert client.get(address_of_page).status_code == 302
        assert client.post(address_of_page, {"done": "allowance"}).status_code == 302
    assert not StepDone.objects.exists()


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (BORN, "To do"),
        (date(2026, 4, 18), "To do"),
        (date(2026, 4, 10), "The date has passed; claim it soon"),
        (date(2025, 5, 3), "The first year after the birth is over"),
    ],
)
def test_the_state_follows_the_day(client, hanako, born, words):
    child = GuardianshipFactory(guardian=hanako, child__born=born).child

    assertContains(client.get(address("after-birth", child)), words)


def test_the_list_takes_as_many_queries_whatever_was_said(
    client, child, django_assert_max_num_queries
):
    answer(client, child)
    for step in StepDone.Step:
        client.post(address("after-birth", child), {"done": step})

    with django_assert_max_num_queries(9):
        client.get(address("after-birth", child))


# ---- who earns most


def test_before_the_allowance_it_asks_who_earns_most(client, child):
    first = client.get(address("after-birth", child))
    assertContains(first, "Where do I claim it? Two questions")

    assertContains(
        client.get(address("allowance", child)), "<h1>Who earns most in the family?</h1>"
    )


@pytest.mark.parametrize(
    ("earner", "question"),
    [
        ("me", "Are you a civil servant?"),
        ("other", "Is the other parent a civil servant?"),
        ("unknown", "Is one of you a civil servant?"),
    ],
)
def test_then_whether_that_person_is_a_civil_servant(client, child, earner, question):
    response = client.get(address("allowance", child), {"next": "1", "main_earner": earner})

    assertContains(response, f"<h1>{question}</h1>")
    assert not AllowanceAnswer.objects.exists()


@pytest.mark.parametrize("said", [{}, {"main_earner": ""}, {"main_earner": "nobody"}])
def test_an_unanswered_first_question_says_what_to_choose(client, child, said):
    response = client.get(address("allowance", child), {"next": "1", **said})

    assert response.status_code == 422
    assertContains(response, "Please correct", status_code=422)
    assertContains(response, "<h1>Who earns most in the family?</h1>", status_code=422)


@pytest.mark.parametrize("said", [{}, {"civil_servant": "perhaps"}])
def test_an_unanswered_second_question_says_what_to_choose_and_keeps_the_first(client, child, said):
    response = client.post(address("allowance", child), {"main_earner": "other", **said})

    assertContains(response, "Is the other parent a civil servant?", status_code=422)
    assertContains(response, 'name="main_earner" value="other"', status_code=422)
    assert not AllowanceAnswer.objects.exists()


def test_a_second_answer_without_the_first_asks_the_first_again(client, child):
    response = client.post(address("allowance", child), {"civil_servant": "no"})

    assertContains(response, "Who earns most in the family?", status_code=422)
    assert not AllowanceAnswer.objects.exists()


@pytest.mark.parametrize(
    ("earner", "civil", "words"),
    [
        ("me", "no", "You earn most, and are not a civil servant."),
        ("other", "yes", "The other parent earns most, as a civil servant."),
        ("unknown", "unknown", "Ask the employer of the person who earns most"),
        ("me", "unknown", "incorporated administrative agencies"),
        ("unknown", "yes", "one of you is a civil servant"),
    ],
)
def test_every_answer_leads_to_an_office_or_to_whom_to_ask(client, child, earner, civil, words):
    response = answer(client, child, earner, civil)

    assertContains(response, words)
    assertNotContains(response, "Where do I claim it? Two questions")


def test_the_municipal_answer_names_office_and_form(client, child):
    response = answer(client, child)

    assertContains(response, "認定請求書")
    assertContains(response, "The municipality in which that person lives")
    assertContains(response, 'by <time datetime="2026-05-15">')


def test_a_civil_servant_is_not_shown_the_municipal_form(client, child):
    response = answer(client, child, civil_servant="yes")

    assertContains(response, "with the employer’s form, and not from the municipality")
    assertNotContains(response, "認定請求書")


def test_the_other_parent_reads_the_answer_from_its_own_side(client, child, father):
    answer(client, child, main_earner="me", civil_servant="yes")
    client.force_login(father.user)

    response = client.get(address("after-birth", child))

    assertContains(response, "The other parent earns most, as a civil servant.")


def test_the_same_answer_twice_is_one_and_another_takes_its_place(client, child):
    answer(client, child)
    answer(client, child)
    assert AllowanceAnswer.objects.count() == 1

    answer(client, child, civil_servant="yes")

    standing = AllowanceAnswer.objects.standing().get()
    assert (standing.civil_servant, AllowanceAnswer.objects.count()) == ("yes", 2)


@pytest.mark.parametrize(("earner", "chosen"), [("me", True), ("other", False)])
def test_what_was_answered_is_chosen_of_the_same_person_alone(client, child, earner, chosen):
    answer(client, child, main_earner="me", civil_servant="yes")

    response = client.get(address("allowance", child), {"main_earner": earner})

    assert (b'value="yes" id="id_civil_servant" checked' in response.content) == chosen


def test_the_tasks_follow_the_answer_at_once(client, hanako, child):
    answer(client, child)
    assert ALLOWANCE in live(hanako)

    answer(client, child, civil_servant="yes")
    assert EMPLOYER in live(hanako) and ALLOWANCE not in live(hanako)

    answer(client, child, civil_servant="no")
    assert ALLOWANCE in live(hanako) and EMPLOYER not in live(hanako)


# ---- what is done


def test_a_step_that_is_done_says_so_and_can_be_taken_back(client, hanako, child):
    page = address("after-birth", child)
    client.post(page, {"done": "insurance"})
    assertRedirects(client.post(page, {"done": "insurance"}), f"{page}#insurance")
    assert StepDone.objects.get().on == TODAY
    assertContains(client.get(page), 'said on <time datetime="2026-05-03">')

    assertRedirects(client.post(page, {"back": "insurance"}), f"{page}#insurance")

    assert not StepDone.objects.standing().exists()
    assertNotContains(client.get(page), "said on")


def test_what_is_done_closes_its_task_at_once(client, hanako, child):
    page = address("after-birth", child)
    answer(client, child)

    client.post(page, {"done": "allowance"})
    assert ALLOWANCE not in live(hanako)

    client.post(page, {"back": "allowance"})
    assert ALLOWANCE in live(hanako)


@pytest.mark.parametrize("said", [{}, {"done": "everything"}, {"back": ""}])
def test_what_is_no_step_is_a_404(client, child, said):
    assert client.post(address("after-birth", child), said).status_code == 404


def test_every_row_says_who_entered_it_and_who_took_it_back(client, hanako, child, father):
    client.post(address("after-birth", child), {"done": "medical"})
    client.force_login(father.user)
    client.post(address("after-birth", child), {"back": "medical"})

    step = StepDone.objects.get()
    assert (step.entered_by, step.removed_by) == (hanako.user, father.user)


def test_what_is_reported_on_the_task_is_done_and_taken_back_on_the_list(client, hanako, child):
    answer(client, child)
    task = Task.objects.for_resident(hanako).get(rule_id=registry[ALLOWANCE].id)
    page = reverse("tasks:task", args=[task.pk])
    assertContains(client.get(page), address("allowance", child))

    client.post(reverse("tasks:report-done", args=[task.pk]))
    client.post(reverse("tasks:report-done", args=[task.pk]))

    assert StepDone.objects.get().step == "allowance"
    assert Task.objects.get(pk=task.pk).status == "done"
    history = list(task.events.order_by("at", "pk").values_list("what", flat=True))
    assert history == ["reported", "done"]
    assertContains(client.get(page), address("after-birth", child))

    client.post(address("after-birth", child), {"back": "allowance"})
    assert ALLOWANCE in live(hanako)


# ---- a birth that the register does not know yet


def tell(client, born="2026-04-30", abroad="no", **kwargs):
    return client.post(reverse("childcare:born"), {"born": born, "abroad": abroad}, **kwargs)


def test_a_birth_that_is_told_shows_what_comes_first_and_opens_a_task(client, hanako):
    response = tell(client, follow=True)

    assertContains(response, "Born on")
    assertContains(response, 'By <time datetime="2026-05-13">')
    assertContains(response, 'By <time datetime="2026-05-15">')
    assert live(hanako) == {NOTIFICATION}


def test_the_task_says_where_and_why(client, hanako):
    tell(client)
    task = Task.objects.for_resident(hanako).get()

    response = client.get(reverse("tasks:task", args=[task.pk]))

    assertContains(response, "At the counter of your municipality.")
    assertContains(response, "14 days, the day of birth being the first.")


def test_abroad_there_are_three_months(client, hanako):
    assertContains(tell(client, abroad="yes", follow=True), 'By <time datetime="2026-07-29">')


def test_the_same_birth_twice_is_one_and_said_otherwise_the_newest_stands(client, hanako):
    tell(client)
    tell(client)
    assert AnnouncedBirth.objects.count() == 1

    tell(client, abroad="yes")

    assert AnnouncedBirth.objects.get(removed_at=None).abroad
    assert Task.objects.for_resident(hanako).live().get().due_on == date(2026, 7, 29)


def test_a_birth_can_be_taken_back(client, hanako):
    tell(client)

    response = client.post(reverse("childcare:born"), {"back": "2026-04-30"}, follow=True)

    assertNotContains(response, "Born on")
    assert live(hanako) == set()


@pytest.mark.parametrize("back", ["", "2026-04-29", "yesterday", "9" * 400])
def test_taking_back_what_was_not_told_changes_nothing(client, hanako, back):
    tell(client)

    client.post(reverse("childcare:born"), {"back": back})

    assert live(hanako) == {NOTIFICATION}


def test_another_persons_birth_is_not_shown_nor_taken_back(client, hanako):
    tell(client)
    client.force_login(ResidentFactory(user=UserFactory(language="en")).user)

    assertNotContains(client.get(reverse("childcare:born")), "Born on")
    client.post(reverse("childcare:born"), {"back": "2026-04-30"})

    assert live(hanako) == {NOTIFICATION}


@pytest.mark.parametrize(
    ("born", "abroad", "words"),
    [
        ("", "no", "Write the day on which the child was born."),
        ("2026-02-30", "no", "is not a date"),
        ("2026-05-04", "no", "has not come yet"),
        ("2025-05-01", "no", "is more than a year ago"),
        ("2026-04-30", "", "Choose where the child was born."),
    ],
)
def test_a_mistake_is_told_in_words_and_what_was_typed_is_kept(client, hanako, born, abroad, words):
    response = tell(client, born, abroad)

    assertContains(response, words, status_code=422)
    assertContains(response, "Please correct", status_code=422)
    assert not AnnouncedBirth.objects.exists()


@pytest.mark.parametrize("born", ["2026-05-03", "2025-05-02"])
def test_today_and_a_day_a_year_ago_are_taken(client, hanako, born):
    tell(client, born)

    assert AnnouncedBirth.objects.get().born.isoformat() == born


def test_a_child_that_is_in_the_register_need_not_be_told(client, child):
    assertContains(tell(client), "is in the resident register already", status_code=422)
    assert not AnnouncedBirth.objects.exists()


def test_a_birth_that_the_register_has_reported_is_no_longer_listed(client, hanako):
    tell(client)
    AnnouncedBirth.objects.update(registered_on=TODAY + timedelta(days=1))

    assertNotContains(client.get(reverse("childcare:born")), "Born on")


# ---- where it can be applied for here
PROCEDURE = "/applications/procedures/child-allowance/"


@pytest.fixture
def offered(db):
    ship(using="default")


@pytest.fixture
def task(client, hanako, child):
    answer(client, child)
    return Task.objects.get(resident=hanako, rule_id=registry[ALLOWANCE].id)


def withdraw(*, own):
    """Nobody is offered the claim any more, or only the residents of another municipality."""
    ProcedureVersion.objects.filter(procedure__key="child-allowance").update(
        **{"state": "withdrawn", "ended_at": timezone.now()} if not own else {}
    )
    if own:
        MunicipalityFactory(code="131024", name="中央区", name_kana="チュウオウク")
        Procedure.objects.filter(key="child-allowance").update(municipality="131024")


def test_the_task_and_the_list_lead_to_the_claim_where_the_municipality_takes_it_here(
    client, child, offered, task
):
    for page in (f"/tasks/{task.pk}/", address("after-birth", child)):
        assertContains(client.get(page), f'href="{PROCEDURE}"')
    assert client.get(PROCEDURE).status_code == 200


@pytest.mark.parametrize("own", [True, False])
def test_where_it_does_not_nothing_leads_there(client, child, offered, task, own):
    withdraw(own=own)

    for page in (f"/tasks/{task.pk}/", address("after-birth", child)):
        assertNotContains(client.get(page), PROCEDURE)


def test_what_is_claimed_from_the_employer_or_done_leads_there_no_more(client, child, offered):
    answer(client, child, civil_servant="yes")
    assertNotContains(client.get(address("after-birth", child)), PROCEDURE)

    answer(client, child, civil_servant="no")
    assertContains(client.get(address("after-birth", child)), PROCEDURE)
    client.post(address("after-birth", child), {"done": "allowance"})
    assertNotContains(client.get(address("after-birth", child)), PROCEDURE)
