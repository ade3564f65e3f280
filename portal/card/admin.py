"""What staff see of the card in a resident's record."""

from django.utils.translation import gettext_lazy as _

from portal.card.models import BenefitAccount, Certificate, InsuranceUse
from portal.residents.record import FACT_COLUMNS, Section, fact_cells, names_of, sections

CERTIFICATE = ["type", "serial", "expires_on", "renewal_opens_on", "lapsed_on", "current"]


def certificates(resident):
    found = Certificate.objects.filter(resident=resident).select_related("source")
    for one in found.order_by("type", "-expires_on", "serial"):
        yield [
            one.get_type_display(),
            one.serial,
            one.expires_on,
            one.renewal_opens_on,
            one.lapsed_on,
            _("yes") if one.current else _("no"),
            *fact_cells(one),
        ]


def insurance_use(resident):
    for one in InsuranceUse.objects.filter(resident=resident).select_related("source"):
        yield [one.get_status_display(), one.valid_until, *fact_cells(one)]


def benefit_account(resident):
    for one in BenefitAccount.objects.filter(resident=resident).select_related("source"):
        yield [one.get_status_display(), *fact_cells(one)]


sections += [
    Section(
        title=_("Certificates"),
        permission="card.view_certificate",
        columns=[*names_of(Certificate, *CERTIFICATE), *FACT_COLUMNS],
        rows=certificates,
    ),
    Section(
        title=_("Use as health insurance card"),
        permission="card.view_insuranceuse",
        columns=[*names_of(InsuranceUse, "status", "valid_until"), *FACT_COLUMNS],
        rows=insurance_use,
    ),
    Section(
        title=_("Bank account for receiving benefits"),
        permission="card.view_benefitaccount",
        columns=[*names_of(BenefitAccount, "status"), *FACT_COLUMNS],
        rows=benefit_account,
    ),
]
