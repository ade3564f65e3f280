"""What stands about a card: made equal to the reports. How: portal.residents.settle."""

from collections.abc import Iterable

from portal.residents.settle import day_in_japan, ids_from, settle_facts


def settle_certificates(ids: Iterable[int]) -> set[int]:
    """Make the certificates of the people `ids` what stands; return whose changed.

    Of each type the one that expires last is the current one; of those that expire together, the
    one that was first reported on the latest day: one issued again often keeps the last day of
    the old one, on which sources may go on reporting. A signature certificate lapses with the last
    change of address or name after it was first reported. Call it also for people whose own record
    changed.
    """
    ids = set(ids)
    changed = settle_facts(
        "certificate",
        table="card_certificate",
        identity={
            "type": "said.value->>'type'",
            "resident_id": "said.resident_id",
            "serial": "said.value->>'serial'",
        },
        columns={
            "expires_on": "(said.value->>'expires_on')::date",
            "known_since": day_in_japan("said.first_at"),
        },
        at_first={"current": "true"},
        ids=ids,
    )
    return changed | ids_from(
        """
        UPDATE card_certificate c SET current = made.current, lapsed_on = made.lapsed_on
        FROM (
            SELECT held.resident_id, held.id,
                row_number() OVER (
                    PARTITION BY held.resident_id, held.type
                    ORDER BY held.expires_on DESC, held.known_since DESC,
                        held.checked_at DESC, held.serial COLLATE "C" DESC) = 1 AS current,
                CASE WHEN held.type = 'signature' AND holder.identity_changed_on > held.known_since
                    THEN holder.identity_changed_on END AS lapsed_on
            FROM card_certificate held
            JOIN residents_resident holder ON holder.id = held.resident_id
            WHERE held.resident_id = ANY(%(ids)s::bigint[])
                AND held.type IN ('user-authentication', 'signature', 'card')) made
        WHERE c.resident_id = made.resident_id AND c.id = made.id
            AND c.resident_id = ANY(%(ids)s::bigint[])
            AND (c.current, c.lapsed_on) IS DISTINCT FROM (made.current, made.lapsed_on)
        RETURNING c.resident_id""",
        ids,
    )


def settle_insurance_uses(ids: Iterable[int]) -> set[int]:
    """Make the insurance use of the people `ids` what stands; return whose changed."""
    return settle_facts(
        "insurance",
        table="card_insuranceuse",
        identity={"resident_id": "said.resident_id"},
        columns={
            "status": "said.value->>'status'",
            "valid_until": "(said.value->>'valid_until')::date",
        },
        ids=ids,
    )


def settle_benefit_accounts(ids: Iterable[int]) -> set[int]:
    """Make the benefit account of the people `ids` what stands; return whose changed."""
    return settle_facts(
        "account",
        table="card_benefitaccount",
        identity={"resident_id": "said.resident_id"},
        columns={"status": "said.value->>'status'"},
        ids=ids,
    )
