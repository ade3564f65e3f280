"""The list of what is to be done after one child's birth: each step with its date, state, place.

In words, since each step has its own. What is marked in docs/law.md as not checked is told
without a date, and with whom to ask.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from childcare.after_birth.plan import Newborn, plan_rows
from childcare.after_birth.rules import CHILD_ALLOWANCE
from childcare.models import AfterBirth, AllowanceAnswer, StepDone
from childcare.models.after_birth import ClaimAt
from portal.residents.models import Resident
from tasks.offers import page_of_procedure

# The forms, as they are called at the counter.
CLAIM = mark_safe('<span lang="ja">認定請求書</span>')
CHANGE = mark_safe('<span lang="ja">額改定認定請求書</span>')


@dataclass(frozen=True)
class Step:
    """One step. `said` are paragraphs; `step` names it where the family can say that it is done.

    `japanese` is what a counter calls it, for whoever reads another language.
    """

    title: str
    japanese: str
    said: list[str]
    where: str = ""
    state: str = ""
    done: bool = False
    done_on: date | None = None
    due_on: date | None = None
    step: str = ""
    apply_at: str = ""  # the page of this portal on which it can be applied for
    asks: bool = False  # who earns most, before anything else
    late: bool = False


@dataclass
class AfterBirthPage:
    """`reader` is the user who looks; `weight_g` that at birth, None where not reported.

    `municipality` is the code of the reader's own, which takes the claim.
    """

    child: Resident
    reader: object
    weight_g: int | None
    today: date
    municipality: str

    @cached_property
    def row(self) -> AfterBirth | None:
        """The facts as the rules have them; None once the time after the birth is over."""
        newborn = Newborn(self.child.pk, self.child.born, self.weight_g)
        rows = plan_rows([newborn], today=self.today)
        return rows[0] if rows and rows[0].ends_on > self.today else None

    @cached_property
    def answer(self) -> AllowanceAnswer | None:
        return AllowanceAnswer.objects.for_child(self.child).standing().first()

    @property
    def steps(self) -> list[Step]:
        if self.row is None:
            return []
        low_weight = [] if self.row.low_weight is False else [self.low_weight]
        return [
            self.notification,
            self.allowance,
            self.insurance,
            self.medical_subsidy,
            *low_weight,
        ]

    @property
    def answered(self) -> str:
        """What was answered about the child allowance, in words for whoever looks."""
        if self.answer is None:
            return ""
        mine = self.answer.entered_by_id == self.reader.pk
        civil = AllowanceAnswer.CivilServant
        words = {
            ("me", civil.YES): _("You earn most, as a civil servant."),
            ("me", civil.NO): _("You earn most, and are not a civil servant."),
            ("me", civil.UNKNOWN): _("You earn most; whether as a civil servant is not known."),
            ("other", civil.YES): _("The other parent earns most, as a civil servant."),
            ("other", civil.NO): _("The other parent earns most, and is not a civil servant."),
            ("other", civil.UNKNOWN): _(
                "The other parent earns most; whether as a civil servant is not known."
            ),
            ("unknown", civil.YES): _(
                "It is not known who earns most, and one of you is a civil servant."
            ),
            ("unknown", civil.NO): _("Neither of you is a civil servant."),
            ("unknown", civil.UNKNOWN): _(
                "It is not known who earns most, nor whether one of you is a civil servant."
            ),
        }
        turned = {"me": "other", "other": "me"}
        earner = self.answer.main_earner
        return words[earner if mine else turned.get(earner, earner), self.answer.civil_servant]

    # ---- the steps
    @property
    def notification(self) -> Step:
        return Step(
            title=_("Notification of birth"),
            japanese="出生届",
            said=[_("The child is in the resident register, so the birth has been registered.")],
            state=_("Done"),
            done=True,
        )

    @property
    def allowance(self) -> Step:
        row = self.row
        at_the_employer = row.claim_at == ClaimAt.EMPLOYER
        due_on = row.allowance_counts_until if at_the_employer else row.allowance_due_on
        return Step(
            title=_("Child allowance"),
            japanese="児童手当",
            said=self._about_the_allowance(),
            where=PLACES[row.claim_at](),
            state=self._state(row.allowance_done_on, due_on),
            step=StepDone.Step.ALLOWANCE,
            due_on=due_on,
            done=row.allowance_done_on is not None,
            done_on=row.allowance_done_on,
            apply_at=self._where_to_claim_here(),
            asks=self.answer is None,
            late=due_on < self.today,
        )

    def _where_to_claim_here(self) -> str:
        if self.row.allowance_done_on or self.row.claim_at == ClaimAt.EMPLOYER:
            return ""
        return page_of_procedure(self.municipality, CHILD_ALLOWANCE)

    def _about_the_allowance(self) -> list[str]:
        if self.row.claim_at == ClaimAt.EMPLOYER:
            form = _(
                "The person who earns most is a civil servant, so the allowance is claimed from "
                "that employer, with the employer’s form, and not from the municipality."
            )
        elif self.row.claim_at == ClaimAt.MUNICIPALITY:
            form = format_html(
                _(
                    "The person who earns most claims it where that person lives. For a first "
                    "child the form is the claim, {claim}. Who receives the allowance for another "
                    "child already hands in the request to change the amount, {change}."
                ),
                claim=CLAIM,
                change=CHANGE,
            )
        elif self.answer is None:
            form = _(
                "Civil servants claim it from their employer, all others from the municipality. "
                "So there is a question first."
            )
        else:
            form = _(
                "Ask the employer of the person who earns most today whether it pays the child "
                "allowance itself. Some public bodies, such as incorporated administrative "
                "agencies, may not. If nobody knows, ask your municipality: the fifteen days run "
                "all the same."
            )
        return [form, self._why_fifteen_days()]

    def _why_fifteen_days(self) -> str:
        return _(
            "There are fifteen days, counted from the day after the birth. A claim within them is "
            "paid from the month after the birth; a later one may cost a month. For a birth on 30 "
            "April: a claim on 15 May is paid from May, one on 16 May from June."
        )

    @property
    def insurance(self) -> Step:
        done_on = self.row.insurance_done_on
        return Step(
            title=_("Health insurance of the child"),
            japanese="健康保険の加入",
            said=[
                _(
                    "As soon as possible. With an employee’s insurance the employer does it; "
                    "National Health Insurance is at the municipality. Ask there by when."
                )
            ],
            where=_("The employer, or your municipality"),
            state=self._state(done_on),
            step=StepDone.Step.INSURANCE,
            done=done_on is not None,
            done_on=done_on,
        )

    @property
    def medical_subsidy(self) -> Step:
        done_on = self.row.medical_done_on
        waits = self.row.insurance_done_on is None and done_on is None
        return Step(
            title=_("Subsidy for the child’s medical costs"),
            japanese="乳幼児・こども医療費助成",
            said=[
                _(
                    "It needs the child’s health insurance first. What is paid, up to which age "
                    "and by when to apply, your municipality decides."
                )
            ],
            where=_("Your municipality"),
            state=_("After the health insurance") if waits else self._state(done_on),
            step=StepDone.Step.MEDICAL,
            done=done_on is not None,
            done_on=done_on,
        )

    @property
    def low_weight(self) -> Step:
        done_on = self.row.low_weight_done_on
        known = self.row.low_weight
        return Step(
            title=_("Notification of a low birth weight"),
            japanese="低体重児の届出",
            said=[
                _(
                    "The child weighed under 2,500 g at birth. Notify your municipality, so that "
                    "a nurse or midwife can visit you. Ask it by when, and whether the hospital "
                    "has done it."
                )
                if known
                else _(
                    "The weight at birth has not been reported to this portal. If it was under "
                    "2,500 g, notify your municipality, and ask it by when."
                )
            ],
            where=_("Your municipality"),
            state=self._state(done_on) if known or done_on else _("Only under 2,500 g"),
            step=StepDone.Step.LOW_WEIGHT,
            done=done_on is not None,
            done_on=done_on,
        )

    @property
    def to_ask(self) -> list[Step]:
        """What is worth asking about; nothing here is told as certain."""
        if self.row is None:
            return []
        return [
            Step(
                title=_("Card that tells of the birth"),
                japanese="出生通知票",
                said=[
                    _(
                        "With it a municipality plans its visit to a newborn. Ask yours whether it "
                        "wants one."
                    )
                ],
            ),
            Step(
                title=_("Lump sum for childbirth"),
                japanese="出産育児一時金",
                said=[
                    _(
                        "It is mostly paid to the hospital directly. If it was not, ask the "
                        "mother’s insurer, and by when."
                    )
                ],
            ),
            Step(
                title=_("Individual Number Card of the child"),
                japanese="マイナンバーカード",
                said=[_("Ask your municipality how and when to apply for it.")],
            ),
        ]

    def _state(self, done_on: date | None, due_on: date | None = None) -> str:
        if done_on:
            return _("Done")
        if due_on and due_on < self.today:
            return _("The date has passed; claim it soon")
        return _("To do")


PLACES = {
    ClaimAt.EMPLOYER: lambda: _("The employer of the person who earns most"),
    ClaimAt.MUNICIPALITY: lambda: _("The municipality in which that person lives"),
    ClaimAt.UNKNOWN: lambda: _("The municipality, or a civil servant’s employer"),
}
