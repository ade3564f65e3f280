"""What a parent finds on the pages about a child, and what another person does not."""

import re
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from portal.residents.models import Resident
from tests.factories import GuardianshipFactory, ResidentFactory, UserFactory

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


def address(name, child, **kwargs):
    return reverse(f"childcare:{name}", kwargs={"uuid": child.uuid, **kwargs})


# ---- whose record it is


def test_a_child_that_one_acts_for_is_shown(visit, child):
    assertContains(visit(address("child", child)), '<span lang="ja">山田 陽太</span> (age 0)')


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


# ---- what is shown


def test_a_page_without_anything(visit, child):
    response = visit(address("child", child))
    assert response.status_code == 200
