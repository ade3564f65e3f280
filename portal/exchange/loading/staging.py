"""Where the lines of a load stand before they are merged, and how they get there."""

from typing import NamedTuple

from portal.exchange.lines.formats import Line

STAGED = """
    DROP TABLE IF EXISTS staged_line, placed_line;
    CREATE TEMPORARY TABLE staged_line (
        file text, number bigint, counted boolean, waiting_id bigint, upload_id bigint,
        text text, reason text, detail text, kind text, source text, person text, guardian text,
        key text, checked_at timestamptz, value jsonb, within text,
        waits_for_ref text DEFAULT '')"""
COPY = """
    COPY staged_line (file, number, counted, waiting_id, upload_id, text, reason, detail, kind,
        source, person, guardian, key, checked_at, value, within) FROM STDIN"""

# A small sample is enough here, and what is kept of it is written to the log.
COUNT_STAGED = """SET LOCAL default_statistics_target = 10;
    ANALYZE staged_line (kind, source, person, reason);
    SET LOCAL default_statistics_target TO DEFAULT"""
NULL = r"\N"
ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


class Placed(NamedTuple):
    """A line with where it stood. One set aside earlier has its row's and its upload's id."""

    line: Line
    file: str
    number: int
    counted: bool = True
    waiting_id: int | None = None
    upload_id: int | None = None


def row_of(placed: Placed) -> str:
    """Return a line as COPY takes it. In most nothing is to be escaped, which is half the time."""
    line, file, number, counted, waiting, upload = placed
    text, reason, _detail, kind, source, person, guardian, key, checked_at, value, within = line
    if reason or waiting or any_escaped(text) or any_escaped(file):
        fields = (file, number, counted, waiting, upload, *line)
        row = [NULL if one is None else str(one).translate(ESCAPES) for one in fields]
        return "\t".join(row) + "\n"
    return (
        f"{file}\t{number}\t{counted}\t{NULL}\t{NULL}\t{text}\t\t\t{kind}\t{source}\t{person}\t"
        f"{NULL if guardian is None else guardian}\t{key}\t{checked_at or NULL}\t{value}\t"
        f"{within or NULL}\n"
    )


def any_escaped(text: str) -> bool:
    # Four searches for a letter take a quarter of the time of one for any of the four.
    return "\\" in text or "\t" in text or "\r" in text or "\n" in text
