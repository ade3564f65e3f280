"""What staff see of children: in a resident's record, in two queues, and the checkups' calendar.

The queues show no health facts: who handles a row opens the child's record, for a purpose.
"""

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from childcare.change import follow_calendars
from childcare.checkups.rule import called as checkup_name
from childcare.checkups.windows import of_children
from childcare.decide import decide_not_mine, note_handled
from childcare.models import (
    Birth,
    Checkup,
    CheckupCalendar,
    DueDose,
    FamilyMeasurement,
    FamilyStatement,
    FamilyVaccination,
    NotMine,
    RecordAnswer,
    SeriesEnd,
    Vaccination,
)
from childcare.words import had_name, vaccine_name
from portal import clock
from portal.residents.admin import person_link
from portal.residents.record import FACT_COLUMNS, Section, fact_cells, names_of, sections
from portal.staff import LongList, LookOnly

MEASURES = ["weight_g", "height_cm", "head_cm"]
BIRTH = ["born", "sex", "gestation_weeks", "gestation_days", *MEASURES, "place"]
VACCINATION = ["vaccine", "on", "lot", "clinic"]
CHECKUP = ["checkup", "on", *MEASURES, "findings", "place"]
ENTERED = ["entered_at", "entered_by", "removed_at"]
DOSE = ["subject", "given_on", "earliest", "recommended_from", "recommended_until", "legal_until"]


# ---- in a resident's record
def state(record, hidden) -> str:
    """Say whether a municipal record counts."""
    if record.withdrawn:
        return _("withdrawn by the source")
    return _("said not to be this child’s") if hidden else _("in force")


def hidden_of(resident, kind: str, column: str) -> set:
    """Return what stands in `column` of what was said not to be this child's."""
    said = NotMine.objects.for_child(resident).standing().filter(kind=kind)
    return set(said.exclude(outcome=NotMine.Outcome.RESTORED).values_list(column, flat=True))


def birth(resident):
    for one in Birth.objects.filter(resident=resident).select_related("source"):
        hidden = hidden_of(resident, NotMine.Kind.BIRTH, "pk")
        cells = [getattr(one, name) for name in BIRTH[2:]]
        yield [one.born, one.get_sex_display(), *cells, state(one, hidden), *fact_cells(one)]


def vaccinations(resident):
    hidden = hidden_of(resident, NotMine.Kind.VACCINATION, "vaccination")
    found = Vaccination.objects.filter(resident=resident).select_related("source")
    for one in found.order_by("on", "vaccine", "pk"):
        yield [
            vaccine_name(one.vaccine),
            one.on,
            one.lot,
            one.clinic,
            state(one, one.pk in hidden),
            *fact_cells(one),
        ]


def family_vaccinations(resident):
    found = FamilyVaccination.objects.for_child(resident).select_related("entered_by")
    for one in found.order_by("on", "vaccine", "pk"):
        yield [
            vaccine_name(one.vaccine),
            *(getattr(one, name) for name in [*VACCINATION[1:], "note", *ENTERED]),
        ]


def checkups(resident):
    hidden = hidden_of(resident, NotMine.Kind.CHECKUP, "checkup")
    found = Checkup.objects.filter(resident=resident).select_related("source")
    for one in found.order_by("on", "pk"):
        cells = [getattr(one, name) for name in CHECKUP]
        yield [*cells, state(one, one.pk in hidden), *fact_cells(one)]


def measurements(resident):
    found = FamilyMeasurement.objects.for_child(resident).select_related("entered_by")
    for one in found.order_by("on", "pk"):
        yield [getattr(one, name) for name in ["on", *MEASURES, *ENTERED]]


def sayings(resident):
    """Everything else that the family said, the newest first."""
    said = [
        *((one, one.get_what_display()) for one in _of(FamilyStatement, resident)),
        *((one, f"{had_name(one.had)} {one.note}") for one in _of(SeriesEnd, resident)),
        *((one, f"{one.get_answer_display()}: {one.of}") for one in _of(RecordAnswer, resident)),
        *((one, _not_mine(one)) for one in _of(NotMine, resident)),
    ]
    for one, what in sorted(said, key=lambda row: row[0].entered_at, reverse=True):
        yield [one._meta.verbose_name, what, *(getattr(one, name) for name in ENTERED)]


def _of(model, resident):
    return model.objects.for_child(resident).select_related("entered_by")


def _not_mine(said) -> str:
    evidence = ", ".join(
        f"{name}: {value}" for name, value in said.evidence.items() if value not in (None, "")
    )
    return f"{said.get_kind_display()} ({evidence}): {said.get_outcome_display()}"


def doses(resident):
    for one in DueDose.objects.filter(resident=resident).order_by("given_on", "opens_on"):
        yield [getattr(one, name) for name in DOSE]


STATE = _("state")
sections += [
    Section(
        title=_("Birth"),
        permission="childcare.view_birth",
        columns=[*names_of(Birth, *BIRTH), STATE, *FACT_COLUMNS],
        rows=birth,
    ),
    Section(
        title=_("Vaccinations: municipal record"),
        permission="childcare.view_vaccination",
        columns=[*names_of(Vaccination, *VACCINATION), STATE, *FACT_COLUMNS],
        rows=vaccinations,
    ),
    Section(
        title=_("Vaccinations: entered by the family"),
        permission="childcare.view_familyvaccination",
        columns=names_of(FamilyVaccination, *VACCINATION, "note", *ENTERED),
        rows=family_vaccinations,
    ),
    Section(
        title=_("Vaccinations: given and to come"),
        permission="childcare.view_duedose",
        columns=names_of(DueDose, *DOSE),
        rows=doses,
    ),
    Section(
        title=_("Checkups"),
        permission="childcare.view_checkup",
        columns=[*names_of(Checkup, *CHECKUP), STATE, *FACT_COLUMNS],
        rows=checkups,
    ),
    Section(
        title=_("Measurements: entered by the family"),
        permission="childcare.view_familymeasurement",
        columns=names_of(FamilyMeasurement, "on", *MEASURES, *ENTERED),
        rows=measurements,
    ),
    Section(
        title=_("What the family said"),
        permission="childcare.view_familystatement",
        columns=[_("kind"), _("what"), *names_of(FamilyStatement, *ENTERED)],
        rows=sayings,
    ),
]


# ---- what waits for staff
class Waiting(admin.SimpleListFilter):
    """What waits first: with nothing chosen, the list is of that."""

    title = STATE
    parameter_name = "handled"

    def lookups(self, request, model_admin):
        return [("yes", _("handled")), ("all", _("All"))]

    def choices(self, changelist):
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("waiting"),
        }
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(handled_at__isnull=self.value() != "yes")


class QueueAdmin(LookOnly, LongList, admin.ModelAdmin):
    """What families said and staff look into, the oldest first."""

    list_display_links = None
    list_filter = [Waiting]
    list_select_related = ["child", "entered_by", "handled_by"]
    ordering = ["entered_at"]
    sortable_by = []

    def has_handle_permission(self, request):
        return request.user.has_perm(f"childcare.change_{self.opts.model_name}")

    @admin.display(description=_("child"))
    def whose(self, said):
        return person_link(said.child)

    def tell(self, request, handled: int) -> None:
        messages.success(
            request,
            ngettext(
                "%(count)d row has been handled.", "%(count)d rows have been handled.", handled
            )
            % {"count": handled},
        )


@admin.register(NotMine)
class NotMineAdmin(QueueAdmin):
    list_display = ["whose", "kind", "entered_at", "outcome", "handled_by", "handled_at"]
    actions = ["confirm", "restore"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(removed_at=None)

    @admin.action(description=_("It is not this child’s: keep it hidden"), permissions=["handle"])
    def confirm(self, request, sayings):
        self.decide(request, sayings, NotMine.Outcome.CONFIRMED)

    @admin.action(description=_("It is this child’s: show it again"), permissions=["handle"])
    def restore(self, request, sayings):
        self.decide(request, sayings, NotMine.Outcome.RESTORED)

    def decide(self, request, sayings, outcome):
        decided = [decide_not_mine(said=one, outcome=outcome, by=request.user) for one in sayings]
        self.tell(request, sum(decided))


@admin.register(RecordAnswer)
class RecordAnswerAdmin(QueueAdmin):
    """Where the family says that what it entered is right, and the municipal record is not."""

    list_display = ["whose", "entered_at", "handled_by", "handled_at"]
    actions = ["handled"]

    def get_queryset(self, request):
        said = super().get_queryset(request)
        return said.filter(answer=RecordAnswer.Answer.FAMILY, removed_at=None)

    @admin.action(description=_("Looked into"), permissions=["handle"])
    def handled(self, request, answers):
        self.tell(request, sum(note_handled(answer=one, by=request.user) for one in answers))


class CheckupCalendarForm(forms.ModelForm):
    checkup = forms.ChoiceField(label=_("checkup"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["checkup"].choices = [(code, checkup_name(code)) for code in of_children()]

    def clean(self):
        said = super().clean()
        for first, last in (("born_from", "born_until"), ("held_from", "held_until")):
            if said.get(first) and said.get(last) and said[last] < said[first]:
                self.add_error(last, _("This lies before the day above. Write a later day."))
        return said


@admin.register(CheckupCalendar)
class CheckupCalendarAdmin(admin.ModelAdmin):
    form = CheckupCalendarForm
    list_display = [
        *("municipality", "called", "born_from", "born_until"),
        *("held_from", "held_until", "place"),
    ]
    list_select_related = ["municipality"]
    raw_id_fields = ["municipality"]
    search_fields = ["municipality__name", "municipality__code", "checkup"]

    @admin.display(description=_("checkup"), ordering="checkup")
    def called(self, calendar):
        return checkup_name(calendar.checkup)

    def save_model(self, request, calendar, form, change):
        before = list(CheckupCalendar.objects.filter(pk=calendar.pk))
        super().save_model(request, calendar, form, change)
        self.follow(request, [*before, calendar])

    def delete_model(self, request, calendar):
        before = CheckupCalendar.objects.get(pk=calendar.pk)
        super().delete_model(request, calendar)
        self.follow(request, [before])

    def delete_queryset(self, request, calendars):
        before = list(calendars)
        super().delete_queryset(request, calendars)
        self.follow(request, before)

    def follow(self, request, calendars):
        if not follow_calendars(calendars, today=clock.today()):
            text = _("So many children are concerned that they follow with the next night.")
            messages.info(request, text)
