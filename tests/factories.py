"""The least valid row of each model; a test states what matters to it.

Facts were checked on 1 November 2026 and hold as long as their source says.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import factory

from childcare.models import DueDose, FamilyVaccination, Vaccination
from portal.accounts.models import User
from portal.card.models import BenefitAccount, Certificate, InsuranceUse
from portal.residents.ages import ADULT, first_day_at_age
from portal.residents.models import Guardianship, Municipality, Resident, ResidentRef, Source

CHECKED_AT = datetime(2026, 11, 1, 3, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
CHIYODA = "131016"
PASSWORD = "a long enough password"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence("person{}@example.jp".format)
    password = factory.django.Password(PASSWORD)


class MunicipalityFactory(factory.django.DjangoModelFactory):
    """The register's row of Chiyoda, or a new one after a test that emptied all tables."""

    class Meta:
        model = Municipality
        django_get_or_create = ("code",)

    code = CHIYODA
    prefecture, prefecture_kana = "東京都", "トウキョウト"
    name, name_kana = "千代田区", "チヨダク"


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Source
        django_get_or_create = ("key",)

    key = "juki-131016"


class FactFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    source = factory.SubFactory(SourceFactory)
    checked_at = CHECKED_AT
    stale_on = factory.LazyAttribute(
        lambda fact: fact.checked_at.date() + timedelta(days=fact.source.fresh_for)
    )


class ResidentRefFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ResidentRef

    ref = factory.SelfAttribute("resident.ref")


class ResidentFactory(FactFactory):
    class Meta:
        model = Resident
        skip_postgeneration_save = True

    ref = factory.Sequence("R{}".format)
    municipality_id = CHIYODA
    name = "山田 花子"
    born = date(1990, 4, 1)
    acts_from = factory.LazyAttribute(lambda person: first_day_at_age(person.born, ADULT))
    known_as = factory.RelatedFactory(ResidentRefFactory, factory_related_name="resident")


class GuardianshipFactory(FactFactory):
    class Meta:
        model = Guardianship

    guardian = factory.SubFactory(ResidentFactory)
    child = factory.SubFactory(ResidentFactory, name="山田 陽太", born=date(2024, 8, 1))
    starts_on = factory.SelfAttribute("child.born")
    ends_on = factory.SelfAttribute("child.acts_from")


class CertificateFactory(FactFactory):
    class Meta:
        model = Certificate

    source = factory.SubFactory(SourceFactory, key="jpki")
    resident = factory.SubFactory(ResidentFactory)
    type = Certificate.Type.USER_AUTHENTICATION
    serial = factory.Sequence("S{}".format)
    expires_on = date(2027, 5, 20)
    known_since = date(2022, 5, 20)


class InsuranceUseFactory(FactFactory):
    class Meta:
        model = InsuranceUse

    source = factory.SubFactory(SourceFactory, key="insurer-0601")
    resident = factory.SubFactory(ResidentFactory)
    status = InsuranceUse.Status.NOT_REGISTERED


class BenefitAccountFactory(FactFactory):
    class Meta:
        model = BenefitAccount

    source = factory.SubFactory(SourceFactory, key="kokin")
    resident = factory.SubFactory(ResidentFactory)
    status = BenefitAccount.Status.NOT_REGISTERED


class ChildFactory(ResidentFactory):
    """A child of three months, on the day after it was checked."""

    name = "山田 陽太"
    born = date(2026, 8, 1)


class VaccinationFactory(FactFactory):
    class Meta:
        model = Vaccination

    source = factory.SubFactory(SourceFactory, key="yobo-131016")
    resident = factory.SubFactory(ChildFactory)
    record = factory.LazyAttribute(lambda dose: f"{dose.vaccine} {dose.on}")
    vaccine = "PCV"
    on = date(2026, 10, 5)


class FamilyVaccinationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FamilyVaccination

    child = factory.SubFactory(ChildFactory)
    entered_by = factory.SubFactory(UserFactory)
    page = factory.Faker("uuid4")
    vaccine = "PCV"
    on = date(2026, 10, 5)


class DueDoseFactory(FactFactory):
    """The first pneumococcal vaccination, open from 31 August and free until 2031."""

    class Meta:
        model = DueDose

    source = factory.SubFactory(SourceFactory, key="childcare.plan")
    resident = factory.SubFactory(ChildFactory)
    subject, vaccine, dose = "PCV-1", "PCV", 1
    born = factory.SelfAttribute("resident.born")
    record_known = True
    earliest = recommended_from = date(2026, 9, 30)
    recommended_until = due_on = date(2027, 2, 28)
    legal_until = date(2031, 7, 31)
    opens_on = date(2026, 8, 31)
