"""The rule that asks a child to the next dose of each series, while it is free of charge."""

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from childcare import examples, stored
from childcare.models import DueDose
from childcare.schedule import the_schedule
from childcare.words import language, said, series_name, vaccine_name
from tasks.models import Status, Task
from tasks.rules import Condition, Rule, Start, register

# So long after the birth a child of whom nothing is recorded has most likely had nothing yet.
TOO_YOUNG_FOR_A_RECORD = timedelta(days=184)
# The first step is reached as soon as a dose is shown: no recommended period is longer.
LADDER = [400, 14, 3]
# The municipality has the record of a dose one or two months after it was given.
CONFIRMED_WITHIN = 60


def called(subject: str) -> str:
    """Return what the dose is called whose row has this subject: "PCV-2"."""
    series, _dash, dose = subject.rpartition("-")
    name = series_name(series) if series in the_schedule().series else series
    return gettext("Vaccination: %(vaccine)s, dose %(dose)s") % {"vaccine": name, "dose": dose}


def in_words(row: Mapping) -> dict:
    between = "" if language() == "ja" else " "
    begins = [day for day in (row["earliest"], row["recommended_from"]) if day]
    return {
        "vaccine": vaccine_name(row["vaccine"]),
        "reasons": between.join(map(said, stored.sentences(row["reasons"]))),
        "warnings": between.join(map(said, stored.sentences(row["warnings"]))),
        "begins": max(begins, default=None),
    }


def page_to_enter_it(task: Task) -> str:
    series = the_schedule().series.get(task.subject.rpartition("-")[0])
    query = {"vaccine": series.vaccines[0]} if series else None
    return reverse("childcare:enter", args=[task.about.uuid], query=query)


register(
    Rule(
        key="childcare.dose",
        title=_("Have the next dose of a vaccination"),
        short=_("Vaccinations of children"),
        theme=_("Children"),
        rows=lambda today: DueDose.objects.all(),
        subject="subject",
        names=called,
        opens_on="opens_on",
        due_on="due_on",
        urgent_days=30,
        urgent_until="legal_until",
        remind=LADDER,
        confirm_within=CONFIRMED_WITHIN,
        conditions=[
            Condition(
                name="dose-not-given",
                test=lambda today: Q(given_on__isnull=True),
                known=lambda today: (
                    Q(record_known=True) | Q(born__gt=today - TOO_YOUNG_FOR_A_RECORD)
                ),
                holds=_("It has not been recorded as given."),
                fails=_("It was recorded as given on {given_on}."),
                unknown=_(
                    "Nothing is recorded of what this child has had, so it is not known whether "
                    "this dose was given. Enter what the Maternal and Child Health Handbook says."
                ),
                ends=Status.DONE,
                ends_when=_(
                    "The dose is recorded: by the municipality, or by you from the Maternal and "
                    "Child Health Handbook."
                ),
            ),
            Condition(
                name="dose-needed",
                test=lambda today: Q(ended=False),
                holds=_(
                    "No disease that the child has had, and no other reason, is recorded that ends "
                    "the series."
                ),
                fails=_(
                    "A disease that the child has had, or another reason, is recorded that ends "
                    "the series. If that is wrong, take it back on the child’s page."
                ),
                ends_when=_(
                    "You enter a disease that the child has had, or another reason that ends the "
                    "series."
                ),
            ),
            Condition(
                name="dose-possible",
                test=lambda today: Q(earliest__lte=F("legal_until")),
                holds=_("It can be given within the period in which it is free."),
                fails=_(
                    "The interval after the dose before ends on {earliest}, after the period in "
                    "which it is free. Ask the clinic."
                ),
                ends=Status.EXPIRED,
            ),
            Condition(
                name="dose-free",
                test=lambda today: Q(legal_until__gte=today),
                holds=_("It is free until {legal_until}."),
                fails=_(
                    "The period in which it is free ended on {legal_until}. Ask the clinic and "
                    "your municipality."
                ),
                ends=Status.EXPIRED,
            ),
            Condition(
                name="dose-shown",
                test=lambda today: Q(opens_on__lte=today),
                holds=_("The time to have it begins on {begins}. {reasons}"),
                fails=_(
                    "The time to have it begins on {begins}; it is shown here from {opens_on}."
                ),
            ),
        ],
        start=Start(
            _("Enter that it was given"),
            page_to_enter_it,
            before=_("Has it been given? Then enter the day from the handbook."),
        ),
        examples=examples.DOSES,
        reads=(
            "vaccine",
            "reasons",
            "warnings",
            "earliest",
            "recommended_from",
        ),
        in_words=in_words,
        what=_(
            "{vaccine}: {reasons} {warnings} The dates are a help, worked out from what is "
            "recorded: confirm them with the clinic and your municipality."
        ),
        where=_("At a clinic that your municipality names. Make an appointment."),
        cost=_("Free until {legal_until}, at the clinics that your municipality names."),
        bring=_(
            "The Maternal and Child Health Handbook, and what your municipality sent you for this "
            "vaccination. Ask the clinic what else."
        ),
        after_due=_(
            "It was recommended until {due_on}, and is free until {legal_until}. {warnings}"
        ),
        if_not=_(
            "After {legal_until} it is no longer free of charge. Ask the clinic whether it can "
            "still be given."
        ),
        nothing_recorded=_("No vaccination schedule has been worked out for this person."),
        to_correct=_(
            "If this is wrong, enter what the Maternal and Child Health Handbook says on the "
            "child’s page, or ask your municipality to correct its record."
        ),
    )
)
