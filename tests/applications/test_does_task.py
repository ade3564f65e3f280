"""The to-do that an application does: claiming the child allowance here is claiming it."""

from datetime import date

import pytest
from django.urls import reverse

from childcare.plan import replan
from portal.applications.models import Application, ProcedureVersion
from tasks.models import Status, Task
from tasks.reconcile import reconcile_people
from tests.applications.test_filling_in import fill, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november", "shipped")]
RULE = "childcare.after-birth.child-allowance"
TODAY = date(2026, 11, 20)


@pytest.fixture
def asked_for(hanako):
    """The inbox asks Hanako to claim the allowance for her child."""
    child = hanako.wardships.get().child
    replan([child.pk], today=TODAY)
    reconcile_people([child.pk, hanako.pk], today=TODAY)
    return claims(hanako).get()


def claims(hanako):
    return Task.objects.for_resident(hanako).live().filter(rule__key=RULE)


def test_once_it_is_sent_nobody_is_asked_to_claim_it(hers, hanako, asked_for):
    send(hers, fill(hers))

    assert not claims(hanako).exists()
    asked_for.refresh_from_db()
    assert asked_for.status == Status.DONE


def test_a_draft_leaves_the_to_do_as_it_is(hers, hanako, asked_for):
    fill(hers)

    assert claims(hanako).exists()


def test_who_takes_it_back_is_asked_again_and_it_can_be_claimed_anew(hers, hanako, asked_for):
    send(hers, fill(hers))
    hers.post(reverse("applications:withdraw", args=[Application.objects.get().uuid]))

    assert claims(hanako).exists()


def test_sent_once_more_by_a_reload_it_is_done_once(hers, hanako, asked_for):
    draft = fill(hers)
    send(hers, draft)
    send(hers, draft)

    assert not claims(hanako).exists()


@pytest.mark.parametrize("key", ["", "no.such-rule", "applications.correction"])
def test_a_procedure_that_does_no_to_do_is_sent_all_the_same(hers, hanako, asked_for, key):
    version = ProcedureVersion.objects.get(procedure__key="child-allowance")
    version.definition["does_task"] = key
    ProcedureVersion.objects.filter(pk=version.pk).update(definition=version.definition)
    send(hers, fill(hers))

    assert Application.objects.get().state == "received"
    assert claims(hanako).exists()
