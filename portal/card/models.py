"""The Individual Number Card: its certificates, its use as insurance card, the benefit account."""

from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Fact, Resident


class RenewalOpensOn(Func):
    """The day after the day three months before the expiry (no like day: the month's last day)."""

    output_field = models.DateField()
    template = "((%(expressions)s - interval '3 months')::date + 1)"


class InsuranceProofUntil(Func):
    """Three months after the expiry the card still proves the insurance."""

    output_field = models.DateField()
    template = "((%(expressions)s + interval '3 months')::date)"


class CertificateQuerySet(models.QuerySet):
    def user_authentication(self):
        return self.filter(type=Certificate.Type.USER_AUTHENTICATION)

    def signature(self):
        return self.filter(type=Certificate.Type.SIGNATURE)

    def card(self):
        return self.filter(type=Certificate.Type.CARD)


class Certificate(Fact):
    """A certificate on somebody's card, or the card itself. The expiry is stored as reported."""

    class Type(models.TextChoices):
        USER_AUTHENTICATION = "user-authentication", _("for identity verification")
        SIGNATURE = "signature", _("for signature")
        CARD = "card", _("the card itself")

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="certificates",
        verbose_name=_("holder"),
        db_index=False,
    )
    type = models.CharField(_("type"), max_length=20, choices=Type.choices)
    serial = models.CharField(_("serial"), max_length=64)
    expires_on = models.DateField(_("expires on"), help_text=_("The last day it is valid."))
    known_since = models.DateField(_("first reported on"))
    current = models.BooleanField(
        _("the newest of its type"), default=True, help_text=_("No newer one has been reported.")
    )
    lapsed_on = models.DateField(
        _("lapsed on"),
        null=True,
        blank=True,
        help_text=_("A signature certificate ends with a change of address or name."),
    )
    renewal_opens_on = models.GeneratedField(
        expression=RenewalOpensOn("expires_on"),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("can be renewed from"),
    )
    insurance_proof_until = models.GeneratedField(
        expression=InsuranceProofUntil("expires_on"),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("proves the insurance until"),
    )

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            # Begins with the type: a rule reads one type over a range of residents.
            models.UniqueConstraint(fields=["type", "resident", "serial"], name="certificate_once"),
            models.CheckConstraint(
                condition=Q(type__in=["user-authentication", "signature", "card"]),
                name="certificate_type_known",
            ),
            models.CheckConstraint(
                condition=Q(lapsed_on__isnull=True) | Q(type="signature"),
                name="certificate_only_signature_lapses",
            ),
        ]

    def __str__(self):
        return f"{self.type} {self.serial}"


class InsuranceUse(Fact):
    """Whether the card is registered as health-insurance card. Not to register is lawful."""

    class Status(models.TextChoices):
        REGISTERED = "registered", _("registered")
        NOT_REGISTERED = "not-registered", _("not registered")
        CONFIRMATION_CERTIFICATE = "confirmation-certificate", _("certificate of eligibility")
        UNKNOWN = "unknown", _("unknown")

    resident = models.OneToOneField(
        Resident,
        models.CASCADE,
        primary_key=True,
        related_name="insurance_use",
        verbose_name=_("insured person"),
    )
    status = models.CharField(_("status"), max_length=24, choices=Status.choices)
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day, as reported.")
    )

    class Meta:
        verbose_name = _("use as health insurance card")
        verbose_name_plural = _("uses as health insurance card")
        # The night reads only what may give a task: in most rows there is nothing to do.
        indexes = [
            models.Index(
                fields=["resident"],
                condition=Q(status__in=["not-registered", "confirmation-certificate"]),
                name="insurance_use_not_in_use",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "registered",
                        "not-registered",
                        "confirmation-certificate",
                        "unknown",
                    ]
                ),
                name="insurance_use_status_known",
            )
        ]

    def __str__(self):
        return self.status


class BenefitAccount(Fact):
    """Whether, never which, bank account is registered for receiving benefits."""

    class Status(models.TextChoices):
        REGISTERED = "registered", _("registered")
        NOT_REGISTERED = "not-registered", _("not registered")
        UNKNOWN = "unknown", _("unknown")

    resident = models.OneToOneField(
        Resident,
        models.CASCADE,
        primary_key=True,
        related_name="benefit_account",
        verbose_name=_("account holder"),
    )
    status = models.CharField(_("status"), max_length=16, choices=Status.choices)

    class Meta:
        verbose_name = _("bank account for receiving benefits")
        verbose_name_plural = _("bank accounts for receiving benefits")
        indexes = [
            models.Index(
                fields=["resident"],
                condition=Q(status="not-registered"),
                name="benefit_account_missing",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["registered", "not-registered", "unknown"]),
                name="benefit_account_status_known",
            )
        ]

    def __str__(self):
        return self.status
