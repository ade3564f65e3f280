"""The least valid record of a child; a test states what matters to it."""

from datetime import date
from uuid import uuid4

import factory

from childcare.models import (
    Birth,
    Checkup,
    DueCheckup,
    DueDose,
    FamilyMeasurement,
    FamilyVaccination,
    NotMine,
    Vaccination,
)
from tests.factories import FactFactory, ResidentFactory, SourceFactory, UserFactory

BORN = date(2025, 11, 1)


class ChildFactory(ResidentFactory):
    name = "山田 陽太"
    born = BORN


class BirthFactory(FactFactory):
    class Meta:
        model = Birth

    resident = factory.SubFactory(ChildFactory)
    born = factory.SelfAttribute("resident.born")


class RecordFactory(FactFactory):
    class Meta:
        abstract = True

    source = factory.SubFactory(SourceFactory, key="yobo-131016", name="千代田区保健所")
    resident = factory.SubFactory(ChildFactory)
    record = factory.Sequence("record-{}".format)


class CheckupFactory(RecordFactory):
    class Meta:
        model = Checkup

    checkup = "1m"
    on = date(2025, 12, 5)


class VaccinationFactory(RecordFactory):
    class Meta:
        model = Vaccination

    vaccine = "PCV"
    on = date(2026, 1, 5)


class EntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    child = factory.SubFactory(ChildFactory)
    entered_by = factory.SubFactory(UserFactory)


class FamilyMeasurementFactory(EntryFactory):
    class Meta:
        model = FamilyMeasurement

    on = date(2026, 5, 1)
    weight_g = 7450


class FamilyVaccinationFactory(EntryFactory):
    class Meta:
        model = FamilyVaccination

    page = factory.LazyFunction(uuid4)
    vaccine = "PCV"
    on = date(2026, 1, 5)


class NotMineFactory(EntryFactory):
    class Meta:
        model = NotMine

    evidence = {}


class DueDoseFactory(FactFactory):
    class Meta:
        model = DueDose

    source = factory.SubFactory(SourceFactory, key="childcare.plan")
    resident = factory.SubFactory(ChildFactory)
    subject = factory.LazyAttribute(lambda due: f"{due.vaccine}-{due.dose}")
    vaccine, dose = "PCV", 2
    born = factory.SelfAttribute("resident.born")
    record_known = True
    earliest = recommended_from = opens_on = date(2026, 11, 20)
    recommended_until = due_on = date(2026, 12, 20)
    legal_until = date(2030, 10, 31)


class DueCheckupFactory(FactFactory):
    class Meta:
        model = DueCheckup

    source = factory.SubFactory(SourceFactory, key="childcare.plan")
    resident = factory.SubFactory(ChildFactory)
    checkup, basis = "18m", DueCheckup.Basis.LAW
    window_from, window_until = date(2027, 5, 1), date(2027, 10, 31)
    opens_on = date(2027, 4, 1)
