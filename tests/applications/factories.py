"""The least valid row of each model of applications; a test states what matters to it."""

from datetime import UTC, date, datetime, timedelta

import factory

from portal.applications.models import (
    Application,
    CorrectionRequest,
    Procedure,
    ProcedureVersion,
)
from portal.residents.models import OfficeMembership
from tests.factories import CHIYODA, FactFactory, ResidentFactory, SourceFactory, UserFactory

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


class ProcedureFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Procedure

    key = factory.Sequence("procedure-{}".format)
    municipality_id = CHIYODA


class VersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProcedureVersion

    procedure = factory.SubFactory(ProcedureFactory)
    number = 1
    state = "published"
    published_at = NOON
    text = "{}"
    definition = factory.LazyFunction(dict)
    searched = ""


class ApplicationFactory(FactFactory):
    class Meta:
        model = Application

    source = factory.SubFactory(SourceFactory, key="applications")
    stale_on = date(2200, 1, 1)
    resident = factory.SubFactory(ResidentFactory)
    about = factory.SelfAttribute("resident")
    municipality_id = CHIYODA
    version = factory.SubFactory(VersionFactory)
    procedure_key = factory.LazyAttribute(
        lambda one: one.version.procedure.key if one.version else "elsewhere"
    )


class SentApplicationFactory(ApplicationFactory):
    """Received on 20 November 2026; the office has not opened it yet."""

    state, turn = "received", "office"
    sent_at = state_since = NOON
    receipt_number = factory.Sequence("A-2026-{:06d}-0".format)


class CorrectionRequestFactory(FactFactory):
    class Meta:
        model = CorrectionRequest

    source = factory.SubFactory(SourceFactory, key="applications")
    stale_on = date(2200, 1, 1)
    application = factory.SubFactory(SentApplicationFactory, state="correction", turn="you")
    resident = factory.SelfAttribute("application.resident")
    receipt_number = factory.SelfAttribute("application.receipt_number")
    procedure_key = factory.SelfAttribute("application.procedure_key")
    procedure_name = factory.LazyFunction(lambda: {"ja": "児童手当", "en": "Child allowance"})
    text = "The account’s holder must be you."
    asked_by = factory.SubFactory(UserFactory)
    asked_on = date(2026, 11, 20)
    answer_by = factory.LazyAttribute(lambda one: one.asked_on + timedelta(days=14))


class OfficeMembershipFactory(factory.django.DjangoModelFactory):
    """A clerk of Chiyoda."""

    class Meta:
        model = OfficeMembership

    user = factory.SubFactory(UserFactory, is_staff=True)
    municipality_id = CHIYODA
