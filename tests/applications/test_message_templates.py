"""Texts that clerks begin messages with: written by deciders of the own office, put in by hand."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from portal.applications.models import Message, MessageTemplate
from portal.applications.office_groups import CASE_WORKERS, DECIDERS, make_office_groups
from tests.applications.factories import OfficeMembershipFactory, SentApplicationFactory
from tests.factories import CHIYODA, MunicipalityFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
LIST = "/staff/applications/messagetemplate/"
CHUO = "131024"


def member(group, office=CHIYODA):
    make_office_groups("default")
    user = OfficeMembershipFactory(user__language="en", municipality_id=office).user
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def chuo(db):
    return MunicipalityFactory(code=CHUO, name="中央区", name_kana="チュウオウク")


def template(office=CHIYODA, name="Account", ja="口座について", en="About your account"):
    return MessageTemplate.objects.create(municipality_id=office, name=name, text_ja=ja, text_en=en)


def write(client, address=f"{LIST}add/", **said):
    said = {"municipality": CHIYODA, "name": "Account", "text_ja": "口座", "text_en": "", **said}
    return client.post(address, said)


def test_a_decider_writes_changes_and_deletes_the_own_offices_templates():
    decider = member(DECIDERS)

    assert write(decider).status_code == 302
    own = MessageTemplate.objects.get()
    assert own.name in decider.get(LIST).content.decode()
    write(decider, f"{LIST}{own.pk}/change/", text_ja="口座の写し")
    own.refresh_from_db()
    assert own.text_ja == "口座の写し"
    decider.post(f"{LIST}{own.pk}/delete/", {"post": "yes"})
    assert not MessageTemplate.objects.exists()


def test_a_case_worker_writes_none():
    assert member(CASE_WORKERS).get(LIST).status_code == 403


def test_another_offices_template_is_as_none(chuo):
    decider, theirs = member(DECIDERS), template(CHUO)

    assert theirs.name not in decider.get(LIST).content.decode()
    for page in ("change", "delete", "history"):
        foreign = decider.get(f"{LIST}{theirs.pk}/{page}/")
        missing = decider.get(f"{LIST}{theirs.pk + 1}/{page}/")
        assert (foreign.status_code, foreign["location"]) == (302, missing["location"])
    assert write(decider, municipality=CHUO).status_code == 200
    assert MessageTemplate.objects.get() == theirs


@pytest.mark.parametrize(
    "said", [{"text_ja": "1234 5678 9018"}, {"text_en": "1234/5678/9018"}, {"text_ja": " "}]
)
def test_what_could_not_be_sent_is_no_template(said):
    assert write(member(DECIDERS), **said).status_code == 200
    assert not MessageTemplate.objects.exists()


@pytest.fixture
def case(shipped):
    version = shipped.get(procedure__key="child-allowance")
    return SentApplicationFactory(version=version, answers={"main-earner": "me"})


def begin_with(client, case, **said):
    return client.post(f"/staff/applications/application/{case.uuid}/begin-with/", said)


def typed(response):
    return response.context["typed"]["text"]


def test_without_scripts_its_text_is_put_below_what_is_typed_and_nothing_is_sent(case):
    one, client = template(), member(CASE_WORKERS)

    shown = begin_with(
        client, case, template=one.pk, text="Good day.", answer_by="2026-12-04", token="x"
    )

    assert typed(shown) == "Good day.\n\n口座について"
    page = shown.content.decode()
    assert "Good day.\n\n口座について</textarea>" in page and 'value="2026-12-04"' in page
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("account", "register", "text"),
    [
        ("en", "ja", "About your account"),
        ("ja", "en", "口座について"),
        (None, "en", "About your account"),
    ],
)
def test_the_text_is_in_the_language_in_which_the_resident_reads(case, account, register, text):
    case.resident.user = UserFactory(language=account) if account else None
    case.resident.language = register
    case.resident.save()

    assert typed(begin_with(member(CASE_WORKERS), case, template=template().pk)) == text


def test_a_template_without_english_is_put_in_as_it_is(case):
    case.resident.language = "en"
    case.resident.save()

    shown = begin_with(member(CASE_WORKERS), case, template=template(en="").pk)

    assert typed(shown) == "口座について"


@pytest.mark.parametrize("given", ["", "\0", "x", "9" * 5000])
def test_of_no_template_nothing_is_put_in(case, given):
    shown = begin_with(member(CASE_WORKERS), case, template=given, text="Good day.")

    assert shown.status_code == 200 and typed(shown) == "Good day."


def test_another_offices_text_is_not_put_in(case, chuo):
    shown = begin_with(member(CASE_WORKERS), case, template=template(CHUO).pk, text="Hm.")

    assert typed(shown) == "Hm."
    assert begin_with(member(CASE_WORKERS, CHUO), case, template="1").status_code == 404
