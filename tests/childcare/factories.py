"""The least valid record of a child; a test states what matters to it."""

from datetime import date

import factory

from childcare.models import Birth, Checkup, DueCheckup, FamilyMeasurement, NotMine
from tests import factories
from tests.factories import FactFactory, SourceFactory, UserFactory

BORN = date(2025, 11, 1)


class ChildFactory(factories.ChildFactory):
    born = BORN


class BirthFactory(FactFactory):
    class Meta:
        model = Birth

    resident = factory.SubFactory(ChildFactory)
    born = factory.SelfAttribute("resident.born")


class CheckupFactory(FactFactory):
    class Meta:
        model = Checkup

    source = factory.SubFactory(SourceFactory, key="yobo-131016", name="千代田区保健所")
    resident = factory.SubFactory(ChildFactory)
    record = factory.Sequence("record-{}".format)
    checkup = "1m"
    on = date(2025, 12, 5)


class VaccinationFactory(factories.VaccinationFactory):
    source = factory.SubFactory(SourceFactory, key="yobo-131016", name="千代田区保健所")
    resident = factory.SubFactory(ChildFactory)
    record = factory.Sequence("record-{}".format)
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


class FamilyVaccinationFactory(factories.FamilyVaccinationFactory):
    child = factory.SubFactory(ChildFactory)
    on = date(2026, 1, 5)


class NotMineFactory(EntryFactory):
    class Meta:
        model = NotMine

    evidence = {}


class DueDoseFactory(factories.DueDoseFactory):
    """The second dose, to be had between 20 November and 20 December 2026."""

    resident = factory.SubFactory(ChildFactory)
    subject = factory.LazyAttribute(lambda due: f"{due.vaccine}-{due.dose}")
    dose = 2
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
