"""What the card asks of a resident. The law's dates and their sources: docs/law.md."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.card import examples
from portal.card.models import BenefitAccount, Certificate, InsuranceUse
from tasks.models import Status
from tasks.rules import Condition, Rule, register

CARD = _("Individual Number Card")
COUNTER = _("At the counter of your municipality.")
RENEWAL_LADDER = [90, 30, 7, 1]  # days before the expiry; renewal opens three months before it


def replaced_by_a_newer(*, holds, fails, ends_when):
    """The condition that ends a renewal: the source has reported a newer one."""
    return Condition(
        name="not-replaced",
        test=lambda today: Q(current=True),
        holds=holds,
        fails=fails,
        ends=Status.DONE,
        ends_when=ends_when,
    )


FIFTEEN = Condition(
    name="fifteen-or-over",
    test=lambda today: Q(fifteen_on__lte=today),
    holds=_("The holder is 15 or over."),
    fails=_("Under 15 there is no signature certificate as a rule."),
)

ADULT = Condition(
    name="adult",
    test=lambda today: Q(adult_on__lte=today),
    holds=_("You are 18 or over."),
    fails=_("A child needs no account: benefits for children go to the parent's account."),
)

RENEWAL_OPEN = Condition(
    name="renewal-open",
    test=lambda today: Q(renewal_opens_on__lte=today),
    holds=_("It expires on {expires_on}; you can renew it since {renewal_opens_on}."),
    fails=_("It expires on {expires_on}; you can renew it from {renewal_opens_on}."),
)

register(
    Rule(
        key="card.user-authentication-renewal",
        title=_("Renew the electronic certificate for identity verification"),
        short=_("Certificate for identity verification"),
        theme=CARD,
        rows=lambda today: Certificate.objects.user_authentication(),
        subject="serial",
        opens_on="renewal_opens_on",
        due_on="expires_on",
        setup=True,
        urgent_days=30,
        remind=RENEWAL_LADDER,
        conditions=[
            replaced_by_a_newer(
                holds=_("This is the newest certificate reported for this card."),
                fails=_("A newer certificate has been issued."),
                ends_when=_("A new certificate is issued and reported to this portal."),
            ),
            RENEWAL_OPEN,
        ],
        examples=examples.renewals("user-authentication"),
        what=_(
            "The electronic certificate for identity verification on the card expires on "
            "{expires_on}. With it you sign in to public services, get certificates at "
            "convenience stores, and use the card as health insurance card."
        ),
        where=COUNTER,
        cost=_("Free."),
        bring=_(
            "The Individual Number Card, its 4-digit PIN, and the notice of expiry if you have "
            "received one."
        ),
        if_not=_(
            "After {expires_on} you can no longer sign in with the card or get certificates at "
            "convenience stores. The card still works as proof of health insurance until "
            "{insurance_proof_until}, without medical records. After that ask your insurer."
        ),
        after_due=_(
            "The certificate expired on {expires_on}. You can no longer sign in with the card or "
            "get certificates at convenience stores. The card still works as proof of health "
            "insurance until {insurance_proof_until}, without medical records. After that ask "
            "your insurer. You can still renew at the counter."
        ),
        nothing_recorded=_("No such certificate has been reported for this person."),
    )
)

register(
    Rule(
        key="card.signature-renewal",
        title=_("Renew the electronic certificate for signature"),
        short=_("Certificate for signature"),
        theme=CARD,
        rows=lambda today: Certificate.objects.signature(),
        subject="serial",
        opens_on="renewal_opens_on",
        due_on="expires_on",
        urgent_days=30,
        remind=RENEWAL_LADDER,
        person=[FIFTEEN],
        conditions=[
            replaced_by_a_newer(
                holds=_("This is the newest signature certificate reported for this card."),
                fails=_("A newer signature certificate has been issued."),
                ends_when=_("A new signature certificate is issued and reported to this portal."),
            ),
            Condition(
                name="not-lapsed",
                test=lambda today: Q(lapsed_on__isnull=True),
                holds=_("It has not ended with a change of address or name."),
                fails=_(
                    "It ended on {lapsed_on} with a change of address or name: it is issued "
                    "again, not renewed."
                ),
            ),
            RENEWAL_OPEN,
        ],
        examples=examples.renewals("signature"),
        what=_(
            "The electronic certificate for signature on the card expires on {expires_on}. With "
            "it you sign applications and tax returns that you send online."
        ),
        where=COUNTER,
        cost=_("Free."),
        bring=_("The Individual Number Card and the signature password (6 to 16 characters)."),
        if_not=_("After {expires_on} you can no longer sign applications online."),
        after_due=_(
            "The signature certificate expired on {expires_on}. You can no longer sign "
            "applications online. You can still renew at the counter."
        ),
        nothing_recorded=_("No signature certificate has been reported for this person."),
    )
)

register(
    Rule(
        key="card.card-renewal",
        title=_("Renew the Individual Number Card itself"),
        short=_("The card itself"),
        theme=CARD,
        rows=lambda today: Certificate.objects.card(),
        subject="serial",
        opens_on="renewal_opens_on",
        due_on="expires_on",
        urgent_days=30,
        remind=RENEWAL_LADDER,
        conditions=[
            replaced_by_a_newer(
                holds=_("This is the newest card reported."),
                fails=_("A newer card has been issued."),
                ends_when=_("A new card is issued and reported to this portal."),
            ),
            RENEWAL_OPEN,
        ],
        examples=examples.renewals("card"),
        what=_(
            "The Individual Number Card itself expires on {expires_on}. A new card takes about a "
            "month to arrive, so apply early."
        ),
        where=_("Apply online, by post or at the counter of your municipality."),
        cost=_("Free when you renew because of the expiry. Ask your municipality."),
        bring=_("A photo of your face, and the present card when you collect the new one."),
        if_not=_("After {expires_on} the card no longer proves who you are."),
        after_due=_(
            "The card expired on {expires_on}. It no longer proves who you are. You can still "
            "apply for a new one."
        ),
        nothing_recorded=_("No card has been reported for this person."),
    )
)

register(
    Rule(
        key="card.signature-reissue",
        title=_("Have the electronic certificate for signature issued again"),
        short=_("Certificate for signature, after a move or change of name"),
        theme=CARD,
        rows=lambda today: Certificate.objects.signature(),
        subject="serial",
        opens_on="lapsed_on",
        remind_every=90,
        person=[FIFTEEN],
        conditions=[
            replaced_by_a_newer(
                holds=_("No newer signature certificate has been reported since."),
                fails=_("A newer signature certificate has been issued."),
                ends_when=_("A new signature certificate is issued and reported to this portal."),
            ),
            Condition(
                name="lapsed",
                test=lambda today: Q(lapsed_on__isnull=False),
                holds=_("It ended on {lapsed_on}, when your address or name changed."),
                fails=_("No change of address or name has been reported since it was issued."),
            ),
        ],
        examples=examples.LAPSED,
        what=_(
            "The electronic certificate for signature ended on {lapsed_on}, because your address "
            "or name changed. The certificate for identity verification stays valid."
        ),
        where=COUNTER,
        cost=_("Free."),
        bring=_("The Individual Number Card and the signature password (6 to 16 characters)."),
        if_not=_("Until it is issued again you cannot sign applications online."),
        nothing_recorded=_("No signature certificate has been reported for this person."),
    )
)

NOT_IN_USE = [
    InsuranceUse.Status.NOT_REGISTERED,
    InsuranceUse.Status.CONFIRMATION_CERTIFICATE,
]
HAS_A_LAST_DAY = [
    InsuranceUse.Status.REGISTERED,
    InsuranceUse.Status.CONFIRMATION_CERTIFICATE,
]


def insurance_known(today):
    """Fresh, and said of today: both proofs hold until the last day reported with them."""
    said_of_today = (
        Q(status=InsuranceUse.Status.NOT_REGISTERED)
        | Q(status__in=HAS_A_LAST_DAY, valid_until__isnull=True)
        | Q(status__in=HAS_A_LAST_DAY, valid_until__gte=today)
    )
    return Q(stale_on__gt=today) & said_of_today


register(
    Rule(
        key="card.insurance-use",
        title=_("Register the card for use as health insurance card"),
        short=_("Health insurance"),
        theme=_("Health insurance"),
        rows=lambda today: InsuranceUse.objects.all(),
        priority=True,
        setup=True,
        may_be_dismissed=True,
        remind_every=180,
        conditions=[
            Condition(
                name="not-registered",
                test=lambda today: Q(status__in=NOT_IN_USE),
                known=insurance_known,
                holds=_("The card is not registered for use as health insurance card."),
                fails=_("The card is registered for use as health insurance card."),
                unknown=_("Whether the card is registered is not known at the moment."),
                ends=Status.DONE,
                ends_when=_("The insurer reports the card as registered."),
            ),
            Condition(
                name="no-confirmation-certificate",
                test=lambda today: Q(
                    status__in=[
                        InsuranceUse.Status.NOT_REGISTERED,
                        InsuranceUse.Status.REGISTERED,
                    ]
                ),
                known=insurance_known,
                holds=_("No certificate of eligibility has been reported."),
                fails=_("A certificate of eligibility is in hand, which serves the same purpose."),
                unknown=_(
                    "Whether you hold a certificate of eligibility is not known at the moment."
                ),
                ends_when=_("The insurer reports that you hold a certificate of eligibility."),
            ),
        ],
        examples=examples.INSURANCE,
        what=_(
            "Once registered, the card serves as health insurance card at hospitals and "
            "pharmacies. Each person registers, children too. To register is your own choice."
        ),
        where=_(
            "At a card reader in a hospital or pharmacy, or online with the card. Your "
            "municipality helps."
        ),
        cost=_("Free."),
        bring=_("The Individual Number Card and its 4-digit PIN."),
        if_not=_(
            "Nothing is lost: those who do not register can use a certificate of eligibility. "
            "Ask your insurer."
        ),
        to_correct=_("If this is wrong, ask your health insurer to correct it."),
    )
)

register(
    Rule(
        key="card.benefit-account",
        title=_("Register a bank account for receiving benefits"),
        short=_("Bank account"),
        theme=_("Benefits"),
        rows=lambda today: BenefitAccount.objects.all(),
        priority=True,
        setup=True,
        may_be_dismissed=True,
        remind_every=180,
        person=[ADULT],
        conditions=[
            Condition(
                name="no-account",
                test=lambda today: Q(status=BenefitAccount.Status.NOT_REGISTERED),
                known=lambda today: Q(
                    stale_on__gt=today,
                    status__in=[
                        BenefitAccount.Status.NOT_REGISTERED,
                        BenefitAccount.Status.REGISTERED,
                    ],
                ),
                holds=_("No bank account is registered for receiving benefits."),
                fails=_("A bank account is registered for receiving benefits."),
                unknown=_("Whether an account is registered is not known at the moment."),
                ends=Status.DONE,
                ends_when=_("The register of benefit accounts reports an account in your name."),
            )
        ],
        examples=examples.ACCOUNTS,
        what=_(
            "With a registered account you receive benefits without writing the account down "
            "each time. The account must be in your own name: a family member's account cannot "
            "be registered."
        ),
        where=_("Online with the card, or at a bank. Your municipality helps."),
        cost=_("Free."),
        bring=_("The Individual Number Card, its 4-digit PIN, and the details of your account."),
        if_not=_("Nothing is lost: you can give an account each time you apply for a benefit."),
        to_correct=_("If this is wrong, ask the Digital Agency's help desk to correct it."),
    )
)
