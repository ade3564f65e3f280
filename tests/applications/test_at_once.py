"""Sent and decided by several at the same moment: one application, one decision."""

import pytest
from django.utils import timezone, translation

from portal.applications.decide import grant
from portal.applications.models import Application, ApplicationEvent, ProcedureVersion
from portal.applications.send import send
from portal.applications.ship import ship
from portal.applications.start import start
from portal.applications.states import CannotChange
from portal.applications.take import CannotTake, take
from portal.residents.models import OfficeMembership
from tests.applications.factories import SentApplicationFactory
from tests.at_once import at_once
from tests.factories import ChildFactory, GuardianshipFactory, ResidentFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities", "november"),
]
ANSWERS = {
    "main-earner": "me",
    "civil-servant": "no",
    "name": "山田 花子",
    "name-kana": "ヤマダ ハナコ",
    "phone": "",
    "address": {"postcode": "102-8688", "address": "千代田区九段南1-2-1"},
    "lives-with-child": "yes",
    "account": "registered",
}


@pytest.fixture
def version(municipalities):
    ship(using="default")
    return ProcedureVersion.objects.offered().get(procedure__key="child-allowance")


def attempt(deed):
    def tried():
        try:
            with translation.override("en"):
                return deed()
        except (CannotChange, CannotTake) as reason:
            return reason

    return tried


def test_sent_by_fifty_posts_at_once_it_is_one_application_with_one_number(version):
    resident, child = ResidentFactory(user=UserFactory()), ChildFactory()
    GuardianshipFactory(guardian=resident, child=child)
    today = timezone.localdate()
    draft = start(version=version, resident=resident, about=child, today=today)
    Application.objects.filter(pk=draft.pk).update(answers=ANSWERS)

    sent = at_once(
        *[lambda: send(resident=resident, uuid=draft.uuid, by=resident.user, today=today)] * 50
    )

    assert {one.receipt_number for one in sent} == {Application.objects.get().receipt_number}
    assert ApplicationEvent.objects.filter(what="state", state="received").count() == 1


def test_begun_by_many_at_once_it_is_one_draft(version):
    resident, child = ResidentFactory(), ChildFactory()
    today = timezone.localdate()

    at_once(*[lambda: start(version=version, resident=resident, about=child, today=today)] * 10)

    assert Application.objects.count() == 1


def test_of_two_clerks_who_decide_at_once_the_later_is_told_what_stands(version):
    first, second = UserFactory(), UserFactory()
    case = SentApplicationFactory(version=version, state="under-review", step="review")
    which = {
        "cases": Application.objects.of_office(case.municipality_id),
        "uuid": case.uuid,
    }
    today = timezone.localdate()

    done = at_once(
        attempt(lambda: grant(**which, reason="", by=first, today=today)),
        attempt(lambda: grant(**which, reason="", by=second, today=today)),
    )

    case.refresh_from_db()
    refused = [one for one in done if isinstance(one, CannotChange)]
    assert case.state == "granted" and case.outcome == "granted"
    assert ApplicationEvent.objects.filter(what="state", state="granted").count() == 1
    assert refused and all("Somebody may have changed it" in str(one) for one in refused)


def test_of_two_clerks_who_take_a_case_at_once_one_has_it(version):
    clerks = [UserFactory(), UserFactory()]
    case = SentApplicationFactory(version=version)
    for one in clerks:
        OfficeMembership.objects.create(user=one, municipality_id=case.municipality_id)
    cases = Application.objects.of_office(case.municipality_id)
    today = timezone.localdate()

    done = at_once(
        *[
            attempt(lambda one=one: take(cases=cases, uuid=case.uuid, by=one, today=today))
            for one in clerks
        ]
    )

    assert sum(isinstance(one, CannotTake) for one in done) == 1
    assert ApplicationEvent.objects.filter(what="taken").count() == 1
