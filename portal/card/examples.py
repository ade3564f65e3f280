"""Made-up holders of cards, for the rules' own pages: what is reported of each."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from portal.card.settle import settle_benefit_accounts, settle_certificates, settle_insurance_uses
from portal.residents.models import Resident
from tasks.examples import Example, Examples, Report

FIVE_YEARS = 1826  # days
NOTHING_REPORTED = Example(said=_("Nothing has been reported."))
MOVED_AWAY = {"state": Resident.State.MOVED_AWAY}


def a_child(today: date) -> dict:
    return {"born": date(today.year - 10, 1, 1)}


def renewals(type_: str) -> Examples:
    """Return five holders of a certificate of this type, for a rule that asks to renew it."""

    def certificate(today: date, *, serial="A", days_left: int) -> Report:
        return _certificate(type_, today, serial=serial, days_left=days_left)

    def people(today: date) -> Sequence[Example]:
        return [
            Example(said=_("It expires in 60 days."), reports=[certificate(today, days_left=60)]),
            Example(said=_("It expires in 900 days."), reports=[certificate(today, days_left=900)]),
            Example(
                said=_("It expires in 20 days, and a newer one has been reported."),
                reports=[
                    certificate(today, days_left=20),
                    certificate(today, serial="B", days_left=20 + FIVE_YEARS),
                ],
                subject="A",
            ),
            Example(
                said=_("It expires in 60 days, and the person has moved away."),
                reports=[certificate(today, days_left=60)],
                columns=MOVED_AWAY,
            ),
            NOTHING_REPORTED,
        ]

    return Examples(people, settle_certificates)


def _lapsed(today: date) -> Sequence[Example]:
    signature = _certificate("signature", today, days_left=900, days_ago=400)
    moved = {"identity_changed_on": today - timedelta(20)}
    return [
        Example(said=_("The person moved 20 days ago."), reports=[signature], columns=moved),
        Example(said=_("The person has not moved or changed name."), reports=[signature]),
        Example(
            said=_("The person moved 20 days ago, and a newer one has been reported since."),
            reports=[
                signature,
                _certificate("signature", today, serial="B", days_left=FIVE_YEARS, days_ago=5),
            ],
            columns=moved,
            subject="A",
        ),
        Example(
            said=_("A child of ten, who moved 20 days ago."),
            reports=[signature],
            columns={**moved, **a_child(today)},
        ),
        NOTHING_REPORTED,
    ]


def _certificate(type_, today, *, serial="A", days_left, days_ago=1) -> Report:
    expires_on = today + timedelta(days_left)
    return Report(
        kind="certificate",
        key=f"{type_} {serial}",
        value={"type": type_, "serial": serial, "expires_on": expires_on.isoformat()},
        days_ago=days_ago,
    )


def _insurance(today: date) -> Sequence[Example]:
    def reported(status, **said) -> Report:
        return Report(kind="insurance", value={"status": status}, **said)

    return [
        Example(said=_("Yesterday: not registered."), reports=[reported("not-registered")]),
        Example(said=_("Yesterday: registered."), reports=[reported("registered")]),
        Example(
            said=_("Yesterday: a certificate of eligibility is in hand."),
            reports=[reported("confirmation-certificate")],
        ),
        Example(
            said=_("500 days ago: not registered. Since then nothing."),
            reports=[reported("not-registered", days_ago=500)],
        ),
        Example(
            said=_("Yesterday: not registered. The person has moved away."),
            reports=[reported("not-registered")],
            columns=MOVED_AWAY,
        ),
    ]


def _accounts(today: date) -> Sequence[Example]:
    def reported(status, **said) -> Report:
        return Report(kind="account", value={"status": status}, **said)

    return [
        Example(said=_("Yesterday: not registered."), reports=[reported("not-registered")]),
        Example(said=_("Yesterday: registered."), reports=[reported("registered")]),
        Example(
            said=_("Yesterday: not registered. A child of ten."),
            reports=[reported("not-registered")],
            columns=a_child(today),
        ),
        Example(
            said=_("500 days ago: not registered. Since then nothing."),
            reports=[reported("not-registered", days_ago=500)],
        ),
        NOTHING_REPORTED,
    ]


LAPSED = Examples(_lapsed, settle_certificates)
INSURANCE = Examples(_insurance, settle_insurance_uses)
ACCOUNTS = Examples(_accounts, settle_benefit_accounts)
