"""What stands of children's records: made equal to the reports. How: portal.residents.settle.

A record that its source withdrew stays as a row, marked so. Which records of one kind are the
same one, a report's key says: see docs/facts.md.
"""

from collections.abc import Iterable

from portal.residents.settle import settle_facts


def number(name: str, sql_type: str) -> str:
    return f"(said.value->>'{name}')::{sql_type}"


def text(name: str) -> str:
    return f"coalesce(said.value->>'{name}', '')"


MEASURES = {
    "weight_g": number("weight_g", "int"),
    "height_cm": number("height_cm", "numeric(4,1)"),
    "head_cm": number("head_cm", "numeric(4,1)"),
}
WITHDRAWN = {"withdrawn": "said.value ? 'withdrawn'"}
DAY = {'"on"': "(said.value->>'on')::date"}
RECORD = {"resident_id": "said.resident_id", "record": "said.key"}


def settle_births(ids: Iterable[int]) -> set[int]:
    """Make the births of the children `ids` what stands; return whose changed."""
    return settle_facts(
        "birth",
        table="childcare_birth",
        identity={"resident_id": "said.resident_id"},
        columns={
            "born": "(said.value->>'born')::date",
            "sex": text("sex"),
            "gestation_weeks": number("gestation_weeks", "smallint"),
            "gestation_days": number("gestation_days", "smallint"),
            "place": text("place"),
            **MEASURES,
            **WITHDRAWN,
        },
        ids=ids,
    )


def settle_checkups(ids: Iterable[int]) -> set[int]:
    """Make the checkups of the people `ids` what stands; return whose changed."""
    return settle_facts(
        "checkup",
        table="childcare_checkup",
        identity=RECORD,
        columns={
            "checkup": text("checkup"),
            "findings": text("findings"),
            "place": text("place"),
            **DAY,
            **MEASURES,
            **WITHDRAWN,
        },
        ids=ids,
    )


def settle_vaccinations(ids: Iterable[int]) -> set[int]:
    """Make the vaccinations of the people `ids` what stands; return whose changed."""
    return settle_facts(
        "vaccination",
        table="childcare_vaccination",
        identity=RECORD,
        columns={
            "vaccine": text("vaccine"),
            "lot": text("lot"),
            "clinic": text("clinic"),
            **DAY,
            **WITHDRAWN,
        },
        ids=ids,
    )
