"""What a clerk sees of two records, a row for each thing that is known of both."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.applications.models import Application
from portal.exchange.merges.one_person import Pair
from portal.residents.models import FactReport, Guardianship, Municipality, Resident
from tasks.models import Task
from tasks.templatetags.annai import day, grouped, moment


@dataclass(frozen=True)
class Row:
    """One thing: as the record that goes has it, and the one that stands; whether they differ.

    None: that the two differ in it says nothing.
    """

    name: str
    gone: object
    stands: object
    differ: bool | None = None


class Side:
    """One of the two, with what is counted of it."""

    def __init__(self, person: Resident):
        self.person = person

    @cached_property
    def said(self) -> list[dict]:
        """What the register has said, the newest first."""
        reports = FactReport.objects.filter(resident=self.person, kind="resident")
        return list(reports.order_by("-checked_at", "-pk").values_list("value", flat=True)[:100])

    def former(self, field: str, now: str) -> list[str]:
        told = (value.get(field) for value in self.said)
        return [one for one in dict.fromkeys(told) if one and one != now]

    @property
    def former_names(self) -> str:
        return "、".join(self.former("name", self.person.name)) or "–"

    @property
    def former_places(self) -> str:
        codes = self.former("municipality", self.person.municipality_id)
        names = {one.code: one.called() for one in Municipality.objects.filter(code__in=codes)}
        return "、".join(names.get(code, code) for code in codes) or "–"

    @property
    def facts(self) -> int:
        return FactReport.objects.filter(resident=self.person).exclude(kind="resident").count()

    @property
    def applications(self) -> int:
        return Application.objects.for_resident(self.person).count()

    @property
    def tasks(self) -> int:
        return Task.objects.for_resident(self.person).live().count()

    @property
    def guardianships(self) -> int:
        either = Q(child=self.person) | Q(guardian=self.person)
        return Guardianship.objects.filter(either).count()


def has_one(account: int | None) -> str:
    return pgettext("a sign-in", "no") if account is None else pgettext("a sign-in", "yes")


def rows(pair: Pair) -> list[Row]:
    """Return what is known of both; the texts are in the reader's language."""
    sides = Side(pair.gone), Side(pair.stands)
    people = [side.person for side in sides]

    def compared(name, value):
        gone, stands = (value(one) or "–" for one in people)
        return Row(name, gone, stands, gone != stands)

    def counted(name, field):
        return Row(name, *(grouped(getattr(side, field)) for side in sides))

    return [
        Row(_("Register’s id"), *(one.ref for one in people)),
        compared(_("Name"), lambda one: one.name),
        compared(_("Name, kana"), lambda one: one.name_kana),
        compared(_("Born"), lambda one: day(one.born)),
        compared(_("Municipality"), lambda one: one.municipality.called()),
        Row(_("State by the register"), *(one.get_state_display() for one in people)),
        Row(_("Reported by"), *(one.source.called() for one in people)),
        Row(_("Reported as of"), *(moment(one.checked_at) for one in people)),
        Row(_("Former names"), *(side.former_names for side in sides)),
        Row(_("Former municipalities"), *(side.former_places for side in sides)),
        Row(_("Has a sign-in"), *(has_one(one.user_id) for one in people)),
        counted(_("Reports of facts"), "facts"),
        counted(_("Applications"), "applications"),
        counted(_("Open tasks"), "tasks"),
        counted(_("Guardianships"), "guardianships"),
    ]
