"""What stands of applications that a source reports: made equal to the reports.

How: portal.residents.settle. Of all reports of an application the one with the highest `seq`
stands, whenever it was said and whenever it came.
"""

from collections.abc import Iterable

from portal.applications.states import TURN
from portal.residents.settle import NEWEST_FIRST, settle_facts

KIND = "application-status"
# A sequence number is the source's own; of two reports with the same one, the rest decides.
SEQUENCE = f"CASE WHEN kind = '{KIND}' THEN (value->>'seq')::bigint ELSE 0 END"
HIGHEST_FIRST = f"(value->>'seq')::bigint DESC, {NEWEST_FIRST}"

_TURNS = " ".join(f"WHEN '{state.value}' THEN '{turn.value}'" for state, turn in TURN.items())


def settle_applications(ids: Iterable[int]) -> set[int]:
    """Make the applications of the people `ids` what sources report; return whose changed.

    Those that were made here are nobody's report, and stay. The public id follows from the
    source, its number and the person, so applications made anew keep theirs.
    """
    return settle_facts(
        KIND,
        table="applications_application",
        identity={
            "resident_id": "said.resident_id",
            "source_id": "said.source_id",
            "ref": "said.value->>'ref'",
        },
        columns={
            "municipality_id": "person.municipality_id",
            "procedure_key": "said.value->>'procedure'",
            "seq": "(said.value->>'seq')::bigint",
            "state": "said.value->>'status'",
            "state_since": "said.checked_at",
            "turn": f"CASE said.value->>'status' {_TURNS} END",
            "outcome": """CASE said.value->>'status' WHEN 'granted' THEN 'granted'
                WHEN 'refused' THEN 'refused' ELSE '' END""",
        },
        at_first={
            "uuid": "md5(said.key || ' ' || person.ref)::uuid",
            "about_id": "said.resident_id",
            "step": "''",
            "answers": "'{}'::jsonb",
            "saved_at": "said.checked_at",
            "started_at": "said.checked_at",
            "outcome_reason": "''",
        },
        joins="JOIN residents_resident person ON person.id = said.resident_id",
        newest=HIGHEST_FIRST,
        only_where="WHERE NOT (ref = '')",
        ids=ids,
    )
