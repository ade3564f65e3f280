"""A line that is read the short way is read as the long way reads it, or goes there."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.exchange.lines.formats import Line, Reader, Sender
from portal.exchange.loading.staging import Placed, row_of
from portal.residents.codes import holds_my_number, may_hold_twelve_digits
from tests.exchange.facts import (
    TODAY,
    account,
    application_status,
    birth,
    certificate,
    checkup,
    guardianship,
    insurance,
    raw,
    resident,
    vaccination,
)
from tests.exchange.test_bad_lines import BAD

READER = Reader(today=TODAY, municipalities={"131016"})
GOOD = [
    resident(name="Hanako", email="", name_kana="", died_on=None),
    resident(email="hanako@example.jp", language="pt", moved_on="2026-01-02"),
    guardianship(until="2026-01-02"),
    certificate(),
    insurance(valid_until="2027-03-31"),
    account(),
    birth(weight_g=3000, height_cm=49, head_cm=33.5, place="Chiyoda", sex="F"),
    checkup(findings="well", withdrawn=True, id="17"),
    vaccination(lot="A 1", clinic="B", vaccine=" 10 "),
    application_status(seq=1),
]


@pytest.mark.parametrize("line", [line for line, _reason in BAD.values()], ids=list(BAD))
def test_a_bad_line_does_not_pass_the_short_way(line):
    line = raw(line)

    short = READER._plainly(line, None)

    assert short is None or short == READER._carefully(line, None)


@pytest.mark.parametrize("fields", GOOD, ids=lambda fields: fields["kind"])
def test_a_usual_line_goes_the_short_way(fields):
    plain = {name: value for name, value in fields.items() if value not in ("", None, "pt")}
    line = json.dumps(plain, ensure_ascii=False).encode()

    assert READER._plainly(line, None) == READER._carefully(line, None)
    assert READER._plainly(line, None) is not None


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 2**64),
    st.floats(allow_nan=False),
    st.sampled_from(["", "en", "2026-01-02", "2026-01-02T03:04:05Z", "1.0", "1e2", "a@b.jp", "A"]),
    st.text(max_size=5),
    st.lists(st.sampled_from(["x", 1]), max_size=2),
    st.dictionaries(st.sampled_from(["ref", "x"]), st.integers(0, 1), max_size=2),
)
SENDERS = [
    None,
    Sender("portal", frozenset(["account"])),
    Sender("jpki", frozenset(["certificate"])),
]


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(fields=st.sampled_from(GOOD), sender=st.sampled_from(SENDERS), data=st.data())
def test_both_ways_read_the_same(fields, sender, data):
    pairs = list(fields.items())
    names = st.sampled_from([*fields, "note", "withdrawn", "id", "until", "kind"])
    for name in data.draw(st.lists(names, max_size=2), label="names"):
        pairs.append((name, data.draw(values, label=name)))
    dropped = data.draw(st.integers(0, 2 * len(pairs)), label="dropped")
    pairs = [pair for n, pair in enumerate(pairs) if n != dropped]
    gaps = data.draw(st.sampled_from(["", " ", "\t"]), label="gaps")
    ascii_only = data.draw(st.booleans(), label="escaped")
    line = ",".join(
        f"{gaps}{json.dumps(name)}{gaps}:{json.dumps(value, ensure_ascii=ascii_only)}"
        for name, value in data.draw(st.permutations(pairs), label="order")
    )
    line = f"{{{line}}}".encode(errors="replace")

    short = READER._plainly(line, sender)

    assert short is None or short == READER._carefully(line, sender)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    st.text(
        st.sampled_from('0123456789012345678901234567890 ._/|,:;-\x1f\t\u3000１x"'), max_size=40
    )
)
def test_no_text_with_a_my_number_is_passed_over(text):
    assert not text.isascii() or may_hold_twelve_digits(text.encode()) or not holds_my_number(text)


def test_what_goes_to_the_server_is_escaped_where_it_must_be():
    line = READER.read(b'{"kind":"x",\t"a":"\\\\n\\t"}\r')
    placed = Placed(line, "a\tb\\c", 7, waiting_id=8, upload_id=9)
    usual = Placed(READER.read(raw(account())), "file", 7)

    assert read_back(row_of(placed)) == as_text(placed)
    assert read_back(row_of(usual)) == as_text(usual)
    assert row_of(usual) == row_of(usual._replace(file="fi\tle")).replace("fi\\tle", "file")


def as_text(placed):
    line, *rest = placed
    assert len(line) == len(Line._fields)
    return [None if one is None else str(one) for one in (*rest, *line)]


def read_back(row):
    """Read a row as COPY does."""
    [fields] = csv.reader(io.StringIO(row, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    back = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}
    return [None if one == r"\N" else unescaped(one, back) for one in fields]


def unescaped(text, back):
    found, rest = "", text
    while rest:
        size = 2 if rest.startswith("\\") else 1
        found, rest = found + back.get(rest[:size], rest[:size]), rest[size:]
    return found
