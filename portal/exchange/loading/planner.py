"""What PostgreSQL's planner is told while a load fills its tables."""

from collections import Counter

from portal.applications.settle import KIND as STATUS
from portal.database import run

MANY = 500  # people in a chunk from which on it pays to ask what the planner knows

PEOPLE = {"residents_resident", "residents_residentref"}
NUMBERS = {"applications_applicationref"}
REPORTED = {"residents_factreport"}
PLANS = "childcare_vaccinationforecast", "childcare_duedose"
TABLES = {
    "resident": [*PLANS],
    "guardianship": ["residents_guardianship"],
    "certificate": ["card_certificate"],
    "insurance": ["card_insuranceuse"],
    "account": ["card_benefitaccount"],
    "birth": ["childcare_birth", *PLANS],
    "checkup": ["childcare_checkup"],
    "vaccination": ["childcare_vaccination", *PLANS],
    STATUS: ["applications_application"],
}

KNOWN = "SELECT reltuples FROM pg_class WHERE oid = 'residents_resident'::regclass"


class Planner:
    """Of one load: how many people's rows it has written to each table, and when it was counted."""

    def __init__(self):
        self.written, self.counted = Counter(), Counter()

    def count(self, tables: set[str], people: int) -> None:
        """Let PostgreSQL count its tables anew where this load makes a large part of them.

        By itself it does so a minute later. Until then it takes them for empty, and reads whole
        tables once for every person: 15 seconds for 2,000 people instead of a tenth of one. Once
        counted it goes by their size, so that is enough until they have grown tenfold.
        """
        if people < MANY:
            return
        [(known,)] = run(KNOWN, {})
        self.written.update(dict.fromkeys(tables, people))
        grown = [
            one for one in tables if self.written[one] > max(known / 10, 10 * self.counted[one])
        ]
        if grown:
            run(f"ANALYZE (SKIP_LOCKED) {', '.join(sorted(grown))}", {})
            self.counted.update({one: self.written[one] - self.counted[one] for one in grown})
