"""Lines of facts, the least valid of each kind, and what stands after loading them."""

import io
import json
from datetime import date

from portal.exchange.loading.load import load
from tasks.models import LIVE

TODAY = date(2026, 11, 24)
CHECKED_AT = "2026-11-01T03:00:00+09:00"


def resident(ref="R1", **fields):
    return {
        "kind": "resident",
        "source": "juki-131016",
        "ref": ref,
        "municipality": "131016",
        "name": "山田 花子",
        "born": "1990-04-01",
        **fields,
    }


def guardianship(child="R2", guardian="R1", **fields):
    return {
        "kind": "guardianship",
        "source": "juki-131016",
        "guardian": guardian,
        "child": child,
        "from": "2020-11-02",
        **fields,
    }


def certificate(ref="R1", **fields):
    return {
        "kind": "certificate",
        "source": "jpki",
        "resident": ref,
        "type": "user-authentication",
        "serial": "A1",
        "expires_on": "2027-01-20",
        "checked_at": CHECKED_AT,
        **fields,
    }


def insurance(ref="R1", **fields):
    return {
        "kind": "insurance",
        "source": "insurer-0601",
        "resident": ref,
        "status": "not-registered",
        "checked_at": CHECKED_AT,
        **fields,
    }


def account(ref="R1", **fields):
    return {
        "kind": "account",
        "source": "kokin",
        "resident": ref,
        "status": "not-registered",
        "checked_at": CHECKED_AT,
        **fields,
    }


def birth(ref="R2", **fields):
    return {
        "kind": "birth",
        "source": "juki-131016",
        "resident": ref,
        "born": "2025-11-01",
        "weight_g": 3010,
        **fields,
    }


def checkup(ref="R2", **fields):
    return {
        "kind": "checkup",
        "source": "hoken-131016",
        "resident": ref,
        "checkup": "1m",
        "on": "2025-12-05",
        **fields,
    }


def vaccination(ref="R2", **fields):
    return {
        "kind": "vaccination",
        "source": "yobo-131016",
        "resident": ref,
        "vaccine": "PCV",
        "on": "2026-01-05",
        **fields,
    }


def application_status(person="R1", **fields):
    return {
        "kind": "application-status",
        "source": "shinsei-131016",
        "ref": "S-17",
        "resident": person,
        "procedure": "child-allowance",
        "status": "received",
        "seq": 1,
        "at": CHECKED_AT,
        **fields,
    }


def raw(line) -> bytes:
    return line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()


def file_of(*lines, name="facts.ndjson"):
    """Return a file as `load` takes it; a line is an object, or bytes as they stand."""
    return name, io.BytesIO(b"".join(raw(line) + b"\n" for line in lines))


def load_lines(*lines, name="facts.ndjson", today=TODAY):
    return load([file_of(*lines, name=name)], today=today)


def counts(loaded):
    return loaded.read, loaded.changed, loaded.unchanged, loaded.quarantined


# What stands, said without ids of rows.
STANDING = {
    "people": """SELECT ref, municipality_id, name, born, email, language, state, state_since,
        merged_into, identity_changed_on, acts_from, checked_at, stale_on
        FROM residents_resident""",
    "guardianships": """SELECT c.ref, g.ref, starts_on, until, ends_on, r.checked_at, r.stale_on
        FROM residents_guardianship r JOIN residents_resident c ON c.id = r.child_id
        JOIN residents_resident g ON g.id = r.guardian_id""",
    "certificates": """SELECT p.ref, type, serial, expires_on, known_since, current, lapsed_on,
        c.checked_at, c.stale_on
        FROM card_certificate c JOIN residents_resident p ON p.id = c.resident_id""",
    "insurance": """SELECT p.ref, status, valid_until, i.checked_at, i.stale_on
        FROM card_insuranceuse i JOIN residents_resident p ON p.id = i.resident_id""",
    "accounts": """SELECT p.ref, status, a.checked_at, a.stale_on
        FROM card_benefitaccount a JOIN residents_resident p ON p.id = a.resident_id""",
    "births": """SELECT p.ref, b.born, sex, gestation_weeks, gestation_days, weight_g, height_cm,
        head_cm, place, withdrawn, b.checked_at, b.stale_on
        FROM childcare_birth b JOIN residents_resident p ON p.id = b.resident_id""",
    "checkups": """SELECT p.ref, record, checkup, "on", findings, weight_g, height_cm, head_cm,
        place, withdrawn, c.checked_at, c.stale_on
        FROM childcare_checkup c JOIN residents_resident p ON p.id = c.resident_id""",
    "vaccinations": """SELECT p.ref, record, vaccine, "on", lot, clinic, withdrawn, v.checked_at,
        v.stale_on
        FROM childcare_vaccination v JOIN residents_resident p ON p.id = v.resident_id""",
    "applications": """SELECT p.ref, s.key, a.ref, a.uuid, a.municipality_id, procedure_key, seq,
        a.state, a.state_since, turn, outcome, a.checked_at, a.stale_on
        FROM applications_application a JOIN residents_resident p ON p.id = a.resident_id
        JOIN residents_source s ON s.id = a.source_id""",
    "whose applications": """SELECT s.key, a.ref, p.ref
        FROM applications_applicationref a JOIN residents_resident p ON p.id = a.resident_id
        JOIN residents_source s ON s.id = a.source_id""",
    "doses": """SELECT p.ref, subject, vaccine, dose, d.born, record_known, given_on, ended,
        earliest, legal_until, recommended_from, recommended_until, opens_on, due_on,
        reasons::text, warnings::text
        FROM childcare_duedose d JOIN residents_resident p ON p.id = d.resident_id""",
    "due checkups": """SELECT p.ref, checkup, basis, done_on, window_from, window_until, opens_on
        FROM childcare_duecheckup c JOIN residents_resident p ON p.id = c.resident_id""",
    "after births": """SELECT p.ref, a.born, claim_at, allowance_due_on, ends_on, low_weight
        FROM childcare_afterbirth a JOIN residents_resident p ON p.id = a.resident_id""",
    "forecasts": """SELECT p.ref, edition, f.born, again_on
        FROM childcare_vaccinationforecast f JOIN residents_resident p ON p.id = f.resident_id""",
    "reports": """SELECT p.ref, kind, f.key, s.key, f.checked_at, timed, value::text
        FROM residents_factreport f JOIN residents_resident p ON p.id = f.resident_id
        JOIN residents_source s ON s.id = f.source_id""",
    "tasks": f"""SELECT p.ref, about.ref, rule.key, subject, status, opens_on, due_on, priority
        FROM tasks_task t JOIN residents_resident p ON p.id = t.resident_id
        JOIN residents_resident about ON about.id = t.about_id
        JOIN tasks_rulerecord rule ON rule.id = t.rule_id
        WHERE status IN ({", ".join(f"'{status.value}'" for status in LIVE)})""",
    "waiting": """SELECT DISTINCT reason, detail, text FROM exchange_quarantinedline
        WHERE resolved_at IS NULL""",
}


def what_stands(cursor) -> dict[str, list[tuple]]:
    stands = {}
    for name, sql in STANDING.items():
        cursor.execute(f"SELECT * FROM ({sql}) t ORDER BY t::text")
        stands[name] = cursor.fetchall()
    return stands
