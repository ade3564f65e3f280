"""A municipality launches a procedure of its own, through the staff pages alone."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from portal.applications.models import Procedure, ProcedureVersion
from tests.applications.factories import OfficeMembershipFactory

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
