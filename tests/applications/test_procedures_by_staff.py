"""A municipality launches a procedure of its own, through the staff pages alone."""

import pytest
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from portal.applications.models import Procedure, ProcedureVersion
from portal.applications.ship import shipped_keys
from tests.applications.factories import OfficeMembershipFactory, ProcedureFactory, VersionFactory
from tests.factories import MunicipalityFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november", "shipped")]
LIST = "/staff/applications/procedure/"
MAY = ["add_procedure", "change_procedure", "view_procedure", "publish_procedure"]


@pytest.fixture
def clerk():
    user = OfficeMembershipFactory(user__language="en").user
    user.user_permissions.set(Permission.objects.filter(codename__in=MAY))
    client = Client()
    client.force_login(user)
    return client


def new(clerk, **said):
    said = {"key": "allotment-garden", "municipality": "131016", "copied": "", **said}
    return clerk.post(f"{LIST}add/", said, follow=True)


def text_of(procedure):
    return procedure.versions.first().text


def save(clerk, procedure, text):
    return clerk.post(f"{LIST}{procedure.pk}/", {"text": text}, follow=True)


def test_from_nothing_to_what_a_resident_is_offered_and_sends(clerk, hers):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    text = text_of(procedure)

    wrong = save(clerk, procedure, text.replace("type: choice", "type: choise"))
    line = text[: text.index("type: choice")].count("\n") + 1
    assert wrong.status_code == 422 and f"Line {line}:" in wrong.content.decode()
    shown = save(clerk, procedure, text.replace("5,000", "6,000")).content.decode()
    assert "How large should the plot be?" in shown and "6,000 yen a year" in shown
    assert hers.get(reverse("applications:procedure", args=["allotment-garden"])).status_code == 404

    clerk.post(f"{LIST}{procedure.pk}/publish/", follow=True)

    assert (
        "Use of an allotment garden" in hers.get(reverse("applications:catalogue")).content.decode()
    )
    hers.post(reverse("applications:start", args=["allotment-garden"]))
    draft = hers.get(reverse("applications:mine")).context["page"][0]
    for key, given in {"name": {"confirm": "1"}, "size": {"answer": "large"}}.items():
        hers.post(reverse("applications:question", args=[draft.uuid, key]), given)
    hers.post(reverse("applications:send", args=[draft.uuid]))
    draft.refresh_from_db()
    assert draft.state == "received" and draft.answers["size"] == "large"


def test_a_copy_of_what_all_offer_goes_before_it_in_the_own_municipality(clerk, hers):
    shipped = ProcedureVersion.objects.get(procedure__key="child-allowance")
    new(clerk, key="child-allowance", copied=shipped.pk)
    own = Procedure.objects.get(key="child-allowance", municipality="131016")
    save(clerk, own, text_of(own).replace("en: Free of charge", "en: Free in Chiyoda"))
    clerk.post(f"{LIST}{own.pk}/publish/")

    shown = hers.get(reverse("applications:procedure", args=["child-allowance"]))
    assert "Free in Chiyoda" in shown.content.decode()


def test_what_came_with_the_portal_is_not_for_an_office_to_change(clerk):
    shipped = Procedure.objects.get(key="child-allowance", municipality=None)

    assert clerk.get(f"{LIST}{shipped.pk}/").status_code == 200
    assert save(clerk, shipped, "key: x").status_code == 403
    assert clerk.post(f"{LIST}{shipped.pk}/withdraw/", {"because": "x"}).status_code == 403


def test_a_published_version_stays_as_it_is_and_a_draft_begun_with_it_keeps_it(clerk, hers):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    clerk.post(f"{LIST}{procedure.pk}/publish/")
    hers.post(reverse("applications:start", args=["allotment-garden"]))
    first = procedure.versions.get()

    save(clerk, procedure, first.text.replace("5,000", "7,000"))
    clerk.post(f"{LIST}{procedure.pk}/publish/")

    states = dict(procedure.versions.values_list("number", "state"))
    assert states == {1: "replaced", 2: "published"}
    draft = hers.get(reverse("applications:mine")).context["page"][0]
    assert draft.version == first
    shown = hers.get(reverse("applications:question", args=[draft.uuid, "name"]))
    assert "There is a newer form" in shown.content.decode()


def test_a_draft_is_told_what_changes_and_may_go_on_with_the_newer_form(clerk, hers):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    clerk.post(f"{LIST}{procedure.pk}/publish/")
    hers.post(reverse("applications:start", args=["allotment-garden"]))
    draft = hers.get(reverse("applications:mine")).context["page"][0]
    for key, given in {"name": {"confirm": "1"}, "size": {"answer": "large"}}.items():
        hers.post(reverse("applications:question", args=[draft.uuid, key]), given)
    text = text_of(procedure).replace("20 square metres", "25 square metres")
    save(clerk, procedure, text.replace("key: name\n", "key: full-name\n"))
    clerk.post(f"{LIST}{procedure.pk}/publish/")

    shown = hers.get(reverse("applications:review", args=[draft.uuid])).content.decode()
    assert "New: Your name" in shown and "No longer asked: Your name" in shown
    assert "Changed: How large should the plot be?" in shown

    after = hers.post(reverse("applications:newer", args=[draft.uuid]), follow=True)
    draft.refresh_from_db()
    assert (draft.version.number, draft.answers) == (2, {})
    assert after.redirect_chain[-1][0].endswith("/questions/full-name/")


def test_withdrawn_it_says_why_and_cannot_be_sent(clerk, hers):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    clerk.post(f"{LIST}{procedure.pk}/publish/")
    hers.post(reverse("applications:start", args=["allotment-garden"]))
    draft = hers.get(reverse("applications:mine")).context["page"][0]

    clerk.post(f"{LIST}{procedure.pk}/withdraw/", {"because": "The garden is closed."})

    shown = hers.get(reverse("applications:question", args=[draft.uuid, "name"]))
    assert "The garden is closed." in shown.content.decode()
    sent = hers.post(reverse("applications:send", args=[draft.uuid]))
    assert sent.status_code == 422


@pytest.mark.parametrize("because", ["", " \u202e ", "Ask for 1234/5678/9018."])
def test_a_reason_that_cannot_be_read_withdraws_nothing(clerk, because):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    clerk.post(f"{LIST}{procedure.pk}/publish/")

    answer = clerk.post(f"{LIST}{procedure.pk}/withdraw/", {"because": because})

    assert answer.context["form"].errors["because"]
    assert procedure.versions.get().state == "published"


@pytest.mark.parametrize("key", ["Allotment", "allot_ment", "1st", "-a", "", "a" * 33, "農園"])
def test_a_key_that_a_text_could_not_have_is_refused_at_once(clerk, key):
    answer = new(clerk, key=key)

    assert answer.status_code == 200 and answer.context["form"].errors["key"]
    assert not Procedure.objects.filter(municipality="131016").exists()


def test_what_cannot_be_copied_says_why_and_leaves_nothing(clerk):
    shipped = ProcedureVersion.objects.get(procedure__key="nursery")
    ProcedureVersion.objects.filter(pk=shipped.pk).update(text='{"key": "nursery"}')

    answer = new(clerk, key="own", copied=shipped.pk)

    assert "cannot be copied" in answer.content.decode()
    assert not Procedure.objects.filter(key="own").exists()


@pytest.mark.parametrize("copied", shipped_keys())
def test_each_that_came_with_the_portal_can_be_copied_and_looked_at(clerk, copied):
    version = ProcedureVersion.objects.get(procedure__key=copied)
    new(clerk, key="own", copied=version.pk)

    own = Procedure.objects.get(key="own")
    shown = clerk.get(f"{LIST}{own.pk}/preview/").content.decode()

    for question in version.definition["questions"]:
        assert escape(question["text"]["en"]) in shown


def test_the_preview_says_in_the_residents_words_who_is_asked_and_what_ends_it(clerk):
    shipped = Procedure.objects.get(key="child-allowance", municipality=None)

    shown = clerk.get(f"{LIST}{shipped.pk}/preview/").content.decode()

    assert "Asked only if “Are you a civil servant?” is: I do not know" in shown
    assert "Yes → Claim it from your employer" in shown


def test_what_a_colleague_changed_since_the_preview_is_not_published(clerk):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    seen = clerk.get(f"{LIST}{procedure.pk}/preview/").context["seen"]
    save(clerk, procedure, text_of(procedure).replace("5,000", "9,000"))

    answer = clerk.post(f"{LIST}{procedure.pk}/publish/", {"seen": seen}, follow=True)

    assert "changed since you looked at it" in answer.content.decode()
    assert procedure.versions.get().state == "draft"
    now = answer.context["seen"]
    clerk.post(f"{LIST}{procedure.pk}/publish/", {"seen": now})
    assert procedure.versions.get().state == "published"


def test_of_two_who_change_a_text_the_second_is_told_and_loses_nothing(clerk):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    page = f"{LIST}{procedure.pk}/"
    begun_with = clerk.get(page).context["begun_with"]
    first = text_of(procedure).replace("5,000", "6,000")
    second = text_of(procedure).replace("20 square metres", "25 <square> metres")
    clerk.post(page, {"text": first, "begun_with": begun_with})

    told = clerk.post(page, {"text": second, "begun_with": begun_with})

    shown = told.content.decode()
    assert told.status_code == 422 and "saved another text" in shown
    assert escape(second) in shown and escape(first) in shown
    assert text_of(procedure) == first

    clerk.post(page, {"text": second, "begun_with": told.context["begun_with"]})
    assert text_of(procedure) == second


def test_a_text_with_mistakes_does_not_count_as_what_was_begun_with(clerk):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    page = f"{LIST}{procedure.pk}/"
    begun_with = clerk.get(page).context["begun_with"]
    wrong = clerk.post(page, {"text": "key: x", "begun_with": begun_with})
    save(clerk, procedure, text_of(procedure).replace("5,000", "6,000"))

    told = clerk.post(
        page,
        {
            "text": text_of(procedure).replace("6,000", "7,000"),
            "begun_with": wrong.context["begun_with"],
        },
    )

    assert told.status_code == 422 and "6,000" in text_of(procedure)


def test_the_same_text_saved_twice_is_saved(clerk):
    new(clerk)
    procedure = Procedure.objects.get(key="allotment-garden")
    page = f"{LIST}{procedure.pk}/"
    said = {
        "text": text_of(procedure).replace("5,000", "6,000"),
        "begun_with": clerk.get(page).context["begun_with"],
    }

    assert [clerk.post(page, said).status_code for _twice in range(2)] == [302, 302]


def test_begun_twice_at_the_same_moment_the_second_is_told(clerk, monkeypatch):
    new(clerk)
    monkeypatch.setattr(QuerySet, "exists", lambda self: False)  # it was not there a moment ago

    answer = new(clerk)

    assert "of this key already" in answer.content.decode()


def test_the_list_says_what_is_offered_in_few_statements(clerk, django_assert_max_num_queries):
    for number in range(30):
        VersionFactory(procedure__key=f"own-{number}", number=7)
    clerk.get(LIST)

    with django_assert_max_num_queries(8):
        shown = clerk.get(LIST)

    assert len(shown.context["cl"].result_list) > 30
    assert shown.content.decode().count('<td class="field-offered">7</td>') == 30


def test_another_offices_procedure_is_the_same_404_as_none(clerk):
    MunicipalityFactory(code="131024", name="中央区")
    other = ProcedureFactory(key="theirs", municipality_id="131024")

    for pk in (other.pk, 999_999):
        for deed in ("", "preview/", "publish/", "withdraw/"):
            assert clerk.get(f"{LIST}{pk}/{deed}").status_code == 404
    assert new(clerk, municipality="131024").context["form"].errors["municipality"]
