"""What stands about people made anew, where reports have gone from them or come to them.

    reports that are left ─▶ forget_facts, settle_everything ─▶ plan_and_reconcile

For uploads that are taken back and records that are merged; a load settles only what it told of.
"""

from collections.abc import Iterable
from datetime import date

from childcare.after_birth.plan import note_registered, parents_told_wrong
from childcare.plan import replan
from childcare.settle import settle_births, settle_checkups, settle_vaccinations
from portal.applications.settle import settle_applications
from portal.card.settle import (
    settle_benefit_accounts,
    settle_certificates,
    settle_insurance_uses,
)
from portal.database import run
from portal.residents.settle import settle_guardianships, settle_residents
from tasks.reconcile import hold, reconcile_people

# Each table of facts: whose row it is, and which report it follows from.
TABLES = {
    "residents_guardianship": (
        "child_id",
        "guardianship",
        "f.key IN (SELECT r.ref FROM residents_residentref r WHERE r.resident_id = t.guardian_id)",
    ),
    "card_certificate": (
        "resident_id",
        "certificate",
        "f.value->>'type' = t.type AND f.value->>'serial' = t.serial",
    ),
    "card_insuranceuse": ("resident_id", "insurance", "true"),
    "card_benefitaccount": ("resident_id", "account", "true"),
    "childcare_birth": ("resident_id", "birth", "true"),
    "childcare_checkup": ("resident_id", "checkup", "f.key = t.record"),
    "childcare_vaccination": ("resident_id", "vaccination", "f.key = t.record"),
    # Those made here have no number of a source's, and are nobody's report.
    "applications_application": (
        "resident_id",
        "application-status",
        "t.ref = '' OR f.source_id = t.source_id AND f.value->>'ref' = t.ref",
    ),
}
FORGET = """
    DELETE FROM {table} t
    WHERE t.{person} = ANY(%(ids)s::bigint[]){only} AND NOT EXISTS (
        SELECT 1 FROM residents_factreport f
        WHERE f.resident_id = t.{person} AND f.kind = '{kind}' AND ({same}))"""


def settle_everything(ids: Iterable[int]) -> set[int]:
    """Make all facts about people (ids) what their reports say; return whose state changed."""
    ids = set(ids)
    _people, state_changed = settle_residents(ids)
    for settle in (
        *(settle_guardianships, settle_certificates, settle_insurance_uses),
        *(settle_benefit_accounts, settle_applications),
        *(settle_births, settle_checkups, settle_vaccinations),
    ):
        settle(ids)
    return state_changed


def forget_facts(ids: Iterable[int]) -> None:
    """Delete the facts about people (ids) that no report says any more."""
    ids = sorted(ids)
    for table, (person, kind, same) in TABLES.items():
        only = " AND t.ref <> ''" if table == "applications_application" else ""
        sql = FORGET.format(table=table, person=person, kind=kind, same=same, only=only)
        run(sql, {"ids": ids})


def plan_and_reconcile(people: set[int], today: date) -> None:
    """Make what follows from facts about people (ids) anew: plans of children, and tasks."""
    parents = parents_told_wrong(people)
    hold(people | parents)
    note_registered(parents, today=today)
    replan(people, today=today)
    reconcile_people(people | parents, today=today)
