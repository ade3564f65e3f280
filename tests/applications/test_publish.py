"""Versions of a procedure: published once, never changed, and shipped without touching others'."""

import pytest
from django.db import IntegrityError

from portal.applications import ship as shipping
from portal.applications.models import Procedure, ProcedureVersion
from portal.applications.publish import CannotPublish, publish, save_draft, withdraw_version
from portal.applications.read_text import Mistakes
from portal.applications.ship import SHIPPED, ship, shipped_keys
from tests.applications.factories import ProcedureFactory
from tests.at_once import at_once
from tests.factories import CHIYODA, MunicipalityFactory, UserFactory

TEXT = (SHIPPED / "child-allowance.yaml").read_text(encoding="utf-8")
OTHER = TEXT.replace("en: Free of charge", "en: Nothing")


@pytest.fixture
def procedure(db):
    return ProcedureFactory(key="child-allowance")


@pytest.fixture
def files(tmp_path, monkeypatch, db):
    """A directory of shipped files that a test may change; the database holds none of them."""
    ProcedureVersion.objects.all().delete()
    Procedure.objects.all().delete()
    monkeypatch.setattr(shipping, "SHIPPED", tmp_path)
    (tmp_path / "child-allowance.yaml").write_text(TEXT, encoding="utf-8")
    ship(using="default")
    return tmp_path


def states(procedure):
    return dict(procedure.versions.values_list("number", "state"))


def publish_(procedure, text, by=None):
    version = save_draft(procedure=procedure, text=text, by=by)
    publish(version=version, by=by)
    return version


def test_a_published_version_stays_while_the_next_is_written(procedure):
    first = publish_(procedure, TEXT)
    save_draft(procedure=procedure, text=OTHER, by=None)
    second = save_draft(procedure=procedure, text=OTHER, by=None)
    assert states(procedure) == {1: "published", 2: "draft"}

    publish(version=second, by=None)

    first.refresh_from_db()
    assert (first.text, first.definition["fee"]["en"]) == (TEXT, "Free of charge")
    assert states(procedure) == {1: "replaced", 2: "published"}


@pytest.mark.usefixtures("english")
def test_what_was_replaced_or_withdrawn_is_not_published_again(procedure):
    first = publish_(procedure, TEXT)
    second = publish_(procedure, OTHER)
    withdraw_version(version=second, because="The allowance has another form now.", by=None)

    for version in (first, second):
        with pytest.raises(CannotPublish, match="Write a new one"):
            publish(version=version, by=None)
    assert states(procedure) == {1: "replaced", 2: "withdrawn"}


@pytest.mark.usefixtures("english")
def test_another_key_is_refused_and_nothing_kept(procedure):
    with pytest.raises(Mistakes, match="must stay"):
        save_draft(procedure=procedure, text=TEXT.replace("child-allow", "allow", 1), by=None)
    assert states(procedure) == {}


def test_the_database_holds_one_published_version(procedure):
    publish_(procedure, TEXT)
    draft = save_draft(procedure=procedure, text=OTHER, by=None)

    with pytest.raises(IntegrityError):
        procedure.versions.filter(pk=draft.pk).update(state="published", published_at=draft.made_at)


@pytest.mark.django_db(transaction=True)
def test_published_twice_at_once_it_is_published_once():
    MunicipalityFactory()
    procedure, by = ProcedureFactory(key="child-allowance"), UserFactory()
    publish_(procedure, TEXT)
    drafts = [save_draft(procedure=procedure, text=OTHER, by=by)]
    drafts += [ProcedureVersion.objects.get(pk=drafts[0].pk) for _again in range(3)]

    at_once(*[lambda draft=draft: publish(version=draft, by=by) for draft in drafts])

    assert states(procedure) == {1: "replaced", 2: "published"}


@pytest.mark.django_db(transaction=True)
def test_saved_at_once_there_is_one_draft():
    MunicipalityFactory()
    procedure = ProcedureFactory(key="child-allowance")

    at_once(*[lambda: save_draft(procedure=procedure, text=TEXT, by=None)] * 4)

    assert states(procedure) == {1: "draft"}


# ---- what comes with the portal
def test_shipped_again_it_changes_nothing(shipped):
    before = list(ProcedureVersion.objects.values_list("pk", "made_at").order_by("pk"))

    ship(using="default")

    assert list(ProcedureVersion.objects.values_list("pk", "made_at").order_by("pk")) == before
    assert set(shipped_keys()) >= {
        *("child-allowance", "moving-out", "moving-in", "medical-subsidy", "nursery"),
        "residence-certificate",
    }


def test_a_changed_file_becomes_the_next_version(files):
    (files / "child-allowance.yaml").write_text(OTHER, encoding="utf-8")

    ship(using="default")

    assert states(Procedure.objects.get()) == {1: "replaced", 2: "published"}


def test_an_update_leaves_a_withdrawal_and_what_staff_published_and_write(files):
    procedure = Procedure.objects.get()
    withdraw_version(version=procedure.versions.get(), because="It is on paper now.", by=None)
    ship(using="default")
    assert states(procedure) == {1: "withdrawn"}

    publish_(procedure, OTHER, by=UserFactory())
    save_draft(procedure=procedure, text=TEXT, by=UserFactory())
    ship(using="default")
    assert states(procedure) == {1: "withdrawn", 2: "published", 3: "draft"}

    (files / "child-allowance.yaml").write_text(TEXT + "# new\n", encoding="utf-8")
    ship(using="default")
    assert states(procedure) == {1: "withdrawn", 2: "replaced", 3: "draft", 4: "published"}


def test_a_municipalitys_own_is_left_alone_and_offered_there_alone(files):
    own = publish_(ProcedureFactory(key="child-allowance"), OTHER)
    elsewhere = MunicipalityFactory(code="141003")
    (files / "child-allowance.yaml").write_text(TEXT + "# new\n", encoding="utf-8")

    ship(using="default")

    assert list(ProcedureVersion.objects.offered_in(CHIYODA)) == [own]
    [offered] = ProcedureVersion.objects.offered_in(elsewhere.pk)
    assert (offered.number, offered.procedure.municipality) == (2, None)

    withdraw_version(version=own, because="Closed.", by=None)
    assert list(ProcedureVersion.objects.offered_in(CHIYODA)) == [offered]
