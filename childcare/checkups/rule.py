"""The rule that asks a child to a checkup, while it is held and has not been done."""

from collections.abc import Mapping

from django.db.models import Q
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from childcare.after_birth import examples
from childcare.checkups.windows import name_of
from childcare.models import DueCheckup
from tasks.models import Status
from tasks.rules import Condition, Rule, register

BASIS = {
    DueCheckup.Basis.LAW: _(
        "This is the period of the law, for the whole country. The municipality chooses the days: "
        "ask it."
    ),
    DueCheckup.Basis.CALENDAR: _("Your municipality’s calendar says so."),
}


def called(code: str) -> str:
    return name_of(code, get_language() or "ja")


def in_words(row: Mapping) -> dict:
    return {
        "who_says": BASIS[row["basis"]],
        "place": row["place"] or gettext("Your municipality says where."),
        "note": row["note"],
    }


register(
    Rule(
        key="childcare.checkup",
        title=_("Go to the child’s checkup"),
        short=_("Checkups of children"),
        theme=_("Children"),
        rows=lambda today: DueCheckup.objects.all(),
        subject="checkup",
        names=called,
        opens_on="opens_on",
        due_on="window_until",
        urgent_days=14,
        remind=[30, 7, 1],
        # Municipalities report what was done at a checkup weeks later.
        confirm_within=60,
        examples=examples.CHECKUPS,
        conditions=[
            Condition(
                name="checkup-not-done",
                test=lambda today: Q(done_on__isnull=True),
                holds=_("It has not been reported as done."),
                fails=_("It was done on {done_on}."),
                ends=Status.DONE,
                ends_when=_("The municipality reports that it was done."),
            ),
            Condition(
                name="checkup-not-over",
                test=lambda today: Q(window_until__gte=today),
                holds=_("It is held until {window_until}. {who_says}"),
                fails=_("It was held until {window_until}."),
                ends=Status.EXPIRED,
            ),
            Condition(
                name="checkup-comes",
                test=lambda today: Q(opens_on__lte=today),
                holds=_("It is held from {window_from}; this is shown 30 days before."),
                fails=_("It is held from {window_from}; this is shown from {opens_on}."),
            ),
        ],
        reads=("basis", "place", "note"),
        in_words=in_words,
        what=_(
            "This checkup is held from {window_from} to {window_until}. {who_says} Confirm the "
            "last day with your municipality. {note}"
        ),
        where="{place}",
        cost=_("Ask your municipality."),
        bring=_("The Maternal and Child Health Handbook, and what the invitation names."),
        if_not=_(
            "After {window_until} ask your municipality whether the checkup can still be done."
        ),
        nothing_recorded=_(
            "No date of a checkup is known for this person. Checkups here are those of children; "
            "ask your municipality when it holds them."
        ),
    )
)
