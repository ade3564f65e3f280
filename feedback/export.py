"""Opinions as a table that a spreadsheet opens and never executes."""

import csv
from collections.abc import Iterator

from django.utils import timezone

from feedback.models import Opinion

MOST = 10_000
# With these begins what a spreadsheet takes for a formula (OWASP, “CSV injection”).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
COLUMNS = [
    *("given_at", "state", "kind", "clear", "rating", "reasons", "text", "route", "rule"),
    *("rule_version", "procedure", "procedure_version", "question", "wording", "errors"),
    *("language", "width", "municipality", "tags", "why_declined"),
]


class Line:
    """A file that hands back each line written to it."""

    def write(self, line: str) -> str:
        return line


def lines(opinions) -> Iterator[str]:
    """Return the lines of a CSV file, UTF-8 with its mark, by which spreadsheets know it."""
    writer = csv.writer(Line(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(COLUMNS)
    found = opinions.select_related("municipality").prefetch_related("tags")[:MOST]
    for opinion in found.iterator(chunk_size=500):
        yield writer.writerow([cell(value) for value in row(opinion)])


def row(opinion: Opinion) -> list:
    values = {
        "given_at": timezone.localtime(opinion.given_at).isoformat(timespec="seconds"),
        "reasons": " ".join(opinion.reasons),
        "errors": " ".join(opinion.errors),
        "wording": opinion.wording_id,
        "municipality": opinion.municipality.code if opinion.municipality else "",
        "tags": ", ".join(tag.name for tag in opinion.tags.all()),
    }
    return [values.get(name, getattr(opinion, name)) for name in COLUMNS]


def cell(value) -> str:
    """Return a cell as text; with an apostrophe before what would be a formula, in any line."""
    text = "" if value is None else str(value)
    first = text.lstrip(" \u3000\n")
    return f"'{text}" if first.startswith(FORMULA) else text
