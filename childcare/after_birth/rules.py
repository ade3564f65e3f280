"""The rules about what is to be done after a birth. The law's dates: docs/law.md.

Of most steps no source tells the portal that they are done: what the family says counts.
"""

from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from childcare.after_birth import examples
from childcare.after_birth.acts import note_done, take_back_step
from childcare.models import AfterBirth, AnnouncedBirth, StepDone
from childcare.models.after_birth import ClaimAt
from childcare.plan import replan
from tasks.models import Status, Task
from tasks.rules import Condition, Rule, Start, register
from tasks.words import day

CHILDREN = _("Children")
COUNTER = _("At the counter of your municipality.")
TWO_WEEKS = [7, 3, 1]  # three reminders within some fifteen days
ASK_AGAIN = 14  # days, of what has no date
NEWBORN = timedelta(days=122)  # about the four months in which a newborn is visited at home
A_YEAR = timedelta(days=366)


def not_done(step: str, column: str) -> Condition:
    """Return the condition that ends a step: the family says that it is done."""
    return Condition(
        name=f"{step}-not-done",
        test=lambda today: Q(**{f"{column}__isnull": True}),
        holds=_("Your family has not said here that it is done."),
        fails=_("Your family said that it was done on {done_on}."),
        ends=Status.DONE,
        ends_when=_("You say that you have done it."),
    )


def done_by(column: str) -> dict:
    """Return what a rule needs for `not_done` to name the day."""
    return {"reads": (column,), "in_words": lambda row: {"done_on": row[column]}}


def in_first_year(*, holds: Promise) -> Condition:
    return Condition(
        name="first-year",
        test=lambda today: Q(ends_on__gt=today),
        holds=holds,
        fails=_("The first year after the birth is over."),
        ends=Status.EXPIRED,
    )


def page_of_the_list(task: Task) -> str:
    return reverse("childcare:after-birth", args=[task.about.uuid])


def page_of_the_question(task: Task) -> str:
    return reverse("childcare:allowance", args=[task.about.uuid])


def after_birth(*, step: StepDone.Step, **parts) -> Rule:
    """Register a rule about a step after a child's birth, one task a child."""

    def record_report(*, task: Task, by, today: date) -> None:
        note_done(child=task.about, step=step, by=by, today=today)
        replan([task.about_id], today=today)

    def take_back_report(*, task: Task, by, today: date) -> None:
        take_back_step(child=task.about, step=step, by=by, today=today)

    return register(
        Rule(
            theme=CHILDREN,
            rows=lambda today: AfterBirth.objects.all(),
            opens_on="born",
            record_report=record_report,
            take_back_report=take_back_report,
            taken_back_at=page_of_the_list,
            nothing_recorded=_("No birth within the last year is recorded of this person."),
            **parts,
        )
    )


CHILD_ALLOWANCE = "child-allowance"  # the key of the claim among the procedures
BORN_ON = in_first_year(holds=_("The child was born on {born}."))

after_birth(
    key="childcare.after-birth.child-allowance",
    procedure=CHILD_ALLOWANCE,
    step=StepDone.Step.ALLOWANCE,
    title=_("Claim the child allowance"),
    due_on="allowance_due_on",
    priority=True,
    urgent_days=7,
    remind=TWO_WEEKS,
    examples=examples.ALLOWANCE,
    conditions=[
        not_done("allowance", "allowance_done_on"),
        Condition(
            name="claimed-at-the-municipality",
            test=lambda today: Q(claim_at__in=[ClaimAt.MUNICIPALITY, ClaimAt.UNKNOWN]),
            holds=_(
                "It is claimed at the municipality, unless the person who earns most in the "
                "family is a civil servant."
            ),
            fails=_(
                "The person who earns most in the family is a civil servant, so it is claimed "
                "from the employer."
            ),
            ends_when=_(
                "You answer that the person who earns most in the family is a civil servant: then "
                "it is claimed from the employer."
            ),
        ),
        in_first_year(
            holds=_(
                "The child was born on {born}. Fifteen days, counted from the day after the birth, "
                "end on {allowance_counts_until}. If the offices are closed on that day, the last "
                "day is the next on which they are open: {allowance_due_on}."
            )
        ),
    ],
    **done_by("allowance_done_on"),
    what=_("Claim the child allowance at your municipality by {allowance_due_on}."),
    where=COUNTER,
    bring=_("Ask your municipality what it needs. It has the form."),
    start=Start(
        _("Where do I claim it? Two questions"),
        page_of_the_question,
        before=_(
            "First answer who earns most in the family and whether that person is a civil servant: "
            "civil servants claim it from their employer."
        ),
    ),
    if_not=_(
        "A claim within the fifteen days is paid from the month after the birth. A later one may "
        "cost a month: for a birth on 30 April, a claim on 15 May is paid from May, one on 16 May "
        "from June."
    ),
    after_due=_(
        "The fifteen days ended on {allowance_due_on}. Claim it soon all the same: a later claim "
        "is paid from a later month."
    ),
)

after_birth(
    key="childcare.after-birth.child-allowance-employer",
    step=StepDone.Step.ALLOWANCE,
    title=_("Claim the child allowance from the employer"),
    due_on="allowance_counts_until",
    priority=True,
    urgent_days=7,
    remind=TWO_WEEKS,
    examples=examples.EMPLOYER,
    conditions=[
        not_done("allowance", "allowance_done_on"),
        Condition(
            name="claimed-from-the-employer",
            test=lambda today: Q(claim_at=ClaimAt.EMPLOYER),
            holds=_(
                "You answered that the person who earns most in the family is a civil servant."
            ),
            fails=_(
                "You have not answered that the person who earns most in the family is a civil "
                "servant."
            ),
            ends_when=_("You change the answer about who earns most in the family."),
        ),
        in_first_year(
            holds=_(
                "The child was born on {born}. Fifteen days, counted from the day after the birth, "
                "end on {allowance_counts_until}. Ask the employer beforehand if it is closed then."
            )
        ),
    ],
    **done_by("allowance_done_on"),
    what=_(
        "The person who earns most in the family is a civil servant, and claims the child "
        "allowance from the employer by {allowance_counts_until}, not from the municipality."
    ),
    where=_("At the office that pays the salary of the person who earns most."),
    bring=_("Ask the employer what it needs. It has the form."),
    start=Start(_("All steps after the birth"), page_of_the_list),
    if_not=_("A claim after the fifteen days may cost a month of the allowance."),
    after_due=_(
        "The fifteen days ended on {allowance_counts_until}. Claim it soon all the same: a later "
        "claim is paid from a later month."
    ),
)

after_birth(
    key="childcare.after-birth.insurance",
    step=StepDone.Step.INSURANCE,
    title=_("Have the child covered by health insurance"),
    remind_every=ASK_AGAIN,
    examples=examples.INSURANCE,
    conditions=[not_done("insurance", "insurance_done_on"), BORN_ON],
    **done_by("insurance_done_on"),
    what=_(
        "Have the child covered by health insurance as soon as possible. With an employee’s "
        "insurance the employer does it; National Health Insurance is at the municipality. Ask "
        "there by when."
    ),
    where=_("At the employer, or at the counter of your municipality."),
    bring=_("Ask the employer or the municipality what it needs."),
    if_not=_("The subsidy for the child’s medical costs needs the insurance first."),
)

after_birth(
    key="childcare.after-birth.medical-subsidy",
    step=StepDone.Step.MEDICAL,
    title=_("Apply for the subsidy for the child’s medical costs"),
    remind_every=ASK_AGAIN,
    examples=examples.MEDICAL,
    conditions=[
        not_done("medical-subsidy", "medical_done_on"),
        Condition(
            name="child-insured",
            test=lambda today: Q(insurance_done_on__isnull=False),
            known=lambda today: Q(insurance_done_on__isnull=False),
            holds=_("The child has been covered by health insurance since {insurance_done_on}."),
            fails=_("The child is not covered by health insurance yet."),
            unknown=_(
                "It is not known here whether the child is covered by health insurance, which "
                "comes first. Say so when it is."
            ),
        ),
        BORN_ON,
    ],
    **done_by("medical_done_on"),
    what=_(
        "The child is covered by health insurance, so you can apply for the subsidy for its "
        "medical costs. What is paid, up to which age and by when to apply, your municipality "
        "decides: ask it."
    ),
    where=COUNTER,
    bring=_("What shows the child’s health insurance. Ask your municipality what else it needs."),
    if_not=_("Until you have applied you may have to pay for the child’s treatment yourself."),
)

after_birth(
    key="childcare.after-birth.low-birth-weight",
    step=StepDone.Step.LOW_WEIGHT,
    title=_("Notify the municipality of the low birth weight"),
    remind_every=ASK_AGAIN,
    examples=examples.LOW_WEIGHT,
    conditions=[
        not_done("low-birth-weight", "low_weight_done_on"),
        Condition(
            name="low-birth-weight",
            test=lambda today: Q(low_weight=True),
            holds=_("The weight at birth was reported to be under 2,500 g."),
            fails=_("The weight at birth was reported to be 2,500 g or more."),
            unknown=_("The weight at birth has not been reported."),
        ),
        Condition(
            name="newborn",
            test=lambda today: Q(born__gt=today - NEWBORN),
            holds=_("The child was born on {born}."),
            fails=_("The months in which a newborn is visited at home are over."),
            ends=Status.EXPIRED,
        ),
    ],
    **done_by("low_weight_done_on"),
    what=_(
        "The child weighed under 2,500 g at birth. Notify your municipality, so that a nurse or "
        "midwife can visit you and help. Ask it by when, and whether the hospital has done it."
    ),
    where=COUNTER,
    bring=_("The Maternal and Child Health Handbook."),
)


IN_JAPAN = _(
    "14 days, the day of birth being the first. If the offices are closed on the last day, it is "
    "the next on which they are open."
)
ABROAD = _("three months, for a birth abroad.")
AT_THE_EMBASSY = _("At a Japanese embassy or consulate, or at the counter of your municipality.")


def birth_called(born: str) -> str:
    return gettext("Notification of the birth on %(day)s") % {"day": day(date.fromisoformat(born))}


register(
    Rule(
        key="childcare.after-birth.notification",
        title=_("Submit the notification of birth"),
        theme=CHILDREN,
        rows=lambda today: AnnouncedBirth.objects.filter(removed_at=None),
        subject="born",
        names=birth_called,
        opens_on="born",
        due_on="notify_by",
        priority=True,
        urgent_days=7,
        remind=TWO_WEEKS,
        # The register reports the child some days after the notification.
        confirm_within=21,
        examples=examples.NOTIFICATION,
        conditions=[
            Condition(
                name="birth-not-in-the-register",
                test=lambda today: Q(registered_on__isnull=True),
                holds=_("The resident register has not reported a child of yours born on {born}."),
                fails=_(
                    "Since {registered_on} the resident register has a child of yours born on "
                    "{born}."
                ),
                ends=Status.DONE,
                ends_when=_("The resident register reports your child."),
            ),
            Condition(
                name="birth-within-a-year",
                test=lambda today: Q(born__gt=today - A_YEAR),
                holds=_(
                    "You told us of a birth on {born}. The last day for the notification of birth "
                    "is {notify_by}: {how_counted}"
                ),
                fails=_("More than a year has passed since the birth."),
                ends=Status.EXPIRED,
            ),
        ],
        reads=("abroad",),
        in_words=lambda row: {
            "how_counted": ABROAD if row["abroad"] else IN_JAPAN,
            "place": AT_THE_EMBASSY if row["abroad"] else COUNTER,
        },
        what=_(
            "Submit the notification of birth for the child born on {born} by {notify_by}. The "
            "child is then entered in the family register and the resident register."
        ),
        where="{place}",
        start=Start(_("What comes first, and by when"), lambda task: reverse("childcare:born")),
        bring=_(
            "The notification with the certificate of birth that the hospital or midwife filled "
            "in, and the Maternal and Child Health Handbook."
        ),
        after_due=_(
            "Submit the notification of birth at once. The last day for the child born on {born} "
            "was {notify_by}."
        ),
        nothing_recorded=_("Nobody has told this portal of a birth that is not yet registered."),
        to_correct=_(
            "If this is wrong, take back what you told us, on the page “A child has been born”."
        ),
    )
)
