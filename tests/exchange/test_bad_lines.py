"""Whatever a line holds, it is set aside with its number and reason, and its neighbours go in."""

import json
import tracemalloc

import pytest
from django.utils.translation import override

from portal.card.models import BenefitAccount
from portal.exchange.lines.reasons import SENTENCES, sentence
from portal.exchange.models import QuarantinedLine
from portal.residents.codes import my_number_check_digit
from portal.residents.models import FactReport, Resident
from tests.exchange.facts import (
    account,
    application_status,
    certificate,
    counts,
    guardianship,
    insurance,
    load_lines,
    raw,
    resident,
)

pytestmark = pytest.mark.django_db

MY_NUMBER = "12345678901" + my_number_check_digit("12345678901")
FULL_WIDTH = MY_NUMBER.translate({ord("0") + n: ord("０") + n for n in range(10)})

BAD = {
    "cut": (raw(insurance())[:40], "not-json"),
    "two objects in one line": (raw(insurance()) * 2, "not-json"),
    "not utf-8": (raw(resident("R8")).replace("山".encode(), b"\x8eR"), "not-utf-8"),
    "utf-16": (json.dumps(account()).encode("utf-16-le"), "nul"),
    "nul byte": (raw(resident("R8", name="a b")).replace(b"a b", b"a\0b"), "nul"),
    "nul escape": (b'{"kind":"account","note":"\\u0000"}', "nul"),
    "lone surrogate": (rb'{"kind":"account","note":"\ud800"}', "not-json"),
    "64 KiB and one byte": (raw({**account(), "note": ""})[:-2] + b"x" * 65_536, "too-long"),
    "10 MB": (b"x" * 10_000_000, "too-long"),
    "duplicate key": (raw(account())[:-1] + b',"status" :"registered"}', "duplicate-key"),
    "duplicate key by an escape": (raw(account())[:-1] + rb',"st\u0061tus":"x"}', "duplicate-key"),
    "NaN": (raw(account())[:-1] + b',"n":NaN}', "not-json"),
    "infinity": (raw(account())[:-1] + b',"n":-Infinity}', "not-json"),
    "number out of range": (raw(account())[:-1] + b',"n":1e999}', "not-json"),
    "list": (b"[1, 2]", "not-an-object"),
    "string": (b'"kind"', "not-an-object"),
    "null": (b"null", "not-an-object"),
    "deep nesting": (b'{"kind":' + b"[" * 30_000, "too-deep"),
    "no kind": ({"source": "kokin"}, "missing-field"),
    "kind is a number": ({**account(), "kind": 5}, "wrong-type"),
    "unknown kind": ({**account(), "kind": "horoscope"}, "unknown-kind"),
    "kind of a later time": (
        {"kind": "tax", "source": "juki", "resident": "R1"},
        "unknown-kind",
    ),
    "no source": ({k: v for k, v in account().items() if k != "source"}, "missing-field"),
    "no time of the check": (
        {k: v for k, v in account().items() if k != "checked_at"},
        "missing-field",
    ),
    "time without zone": (account(checked_at="2026-11-01T03:00:00"), "not-a-date"),
    "time of year 1": (account(checked_at="0001-01-01T00:00:00+09:00"), "date-out-of-range"),
    "time of another century": (account(checked_at="2206-11-01T00:00:00Z"), "date-out-of-range"),
    "name is a number": (resident("R8", name=5), "wrong-type"),
    "name is missing": ({k: v for k, v in resident("R8").items() if k != "name"}, "missing-field"),
    "name is empty": (resident("R8", name=""), "wrong-length"),
    "name too long": (resident("R8", name="名" * 201), "wrong-length"),
    "ref too long": (resident("R" * 65), "wrong-length"),
    "serial too long": (certificate(serial="A" * 65), "wrong-length"),
    "30 February": (certificate(expires_on="2027-02-30"), "not-a-date"),
    "29 February of no leap year": (resident("R8", born="2023-02-29"), "not-a-date"),
    "date with slashes": (certificate(expires_on="2027/02/20"), "not-a-date"),
    "expires in 9999": (certificate(expires_on="9999-12-31"), "date-out-of-range"),
    "born tomorrow": (resident("R8", born="2026-11-25"), "date-out-of-range"),
    "born before 1868": (resident("R8", born="1867-12-31"), "date-out-of-range"),
    "died tomorrow": (resident("R8", died_on="2026-11-25"), "date-out-of-range"),
    "wrong check digit": (resident("R8", municipality="131017"), "municipality-check-digit"),
    "unknown municipality": (resident("R8", municipality="999997"), "unknown-municipality"),
    "a prefecture": (resident("R8", municipality="130001"), "unknown-municipality"),
    "type not agreed": (certificate(type="driving"), "not-a-choice"),
    "status not agreed": (insurance(status="maybe"), "not-a-choice"),
    "insurance's status for an account": (
        account(status="confirmation-certificate"),
        "not-a-choice",
    ),
    "status of no application": (application_status(status="lost"), "not-a-choice"),
    "a draft of elsewhere": (application_status(status="draft"), "not-a-choice"),
    "no sequence number": (
        {k: v for k, v in application_status().items() if k != "seq"},
        "missing-field",
    ),
    "sequence number below zero": (application_status(seq=-1), "number-out-of-range"),
    "sequence number too large": (application_status(seq=2**63), "number-out-of-range"),
    "sequence number as text": (application_status(seq="2"), "wrong-type"),
    "application without a number": (application_status(ref=""), "record-id"),
    "application's number with a space": (application_status(ref="S 17"), "record-id"),
    "no time of the status": (
        {k: v for k, v in application_status().items() if k != "at"},
        "missing-field",
    ),
    "status of another century": (
        application_status(at="2206-11-01T00:00:00Z"),
        "date-out-of-range",
    ),
    "no e-mail address": (resident("R8", email="hanako"), "email"),
    "quoted e-mail address": (resident("R8", email='a"b@example.jp'), "email"),
    "e-mail address with a comment": (resident("R8", email="a(b)@example.jp"), "email"),
    "two e-mail addresses": (resident("R8", email="a,b@example.jp"), "email"),
    "encoded e-mail address": (resident("R8", email="=?utf-8?q?x?=@example.jp"), "email"),
    "e-mail address in Japanese": (resident("R8", email="山田@example.jp"), "email"),
    "e-mail address without a domain": (resident("R8", email="a@.jp"), "email"),
    "e-mail address that ends in a dot": (resident("R8", email="a@example.jp."), "email"),
    "header in an e-mail address": (resident("R8", email="a@b.jp\nBcc:c@d.jp"), "email"),
    "merged into itself": (resident("R8", merged_into="R8"), "merged-into-itself"),
    "unknown person": (account("R9"), "unknown-person"),
    "unknown guardian": (guardianship("R1", "R9"), "unknown-person"),
    "own guardian": (guardianship("R1", "R1"), "own-guardian"),
    "guardian of an adult": (
        guardianship("R1", "R2", **{"from": "2008-04-01"}),
        "guardian-of-an-adult",
    ),
    "ends before it begins": (
        guardianship("R2", "R1", until="2020-11-01"),
        "ends-before-it-begins",
    ),
    "My Number as text": (account(note=MY_NUMBER), "my-number"),
    "My Number as number": ({**account(), "note": int(MY_NUMBER)}, "my-number"),
    "My Number in groups": (
        account(note=f"{MY_NUMBER[:4]} {MY_NUMBER[4:8]}-{MY_NUMBER[8:]}"),
        "my-number",
    ),
    "My Number in full width": (resident("R8", name=f"山田 {FULL_WIDTH}"), "my-number"),
    "My Number as id": (resident(MY_NUMBER), "my-number"),
    "My Number within": (account(note={"a": [{"b": MY_NUMBER}]}), "my-number"),
    "My Number in a cut line": (raw(account(note=MY_NUMBER))[:-1], "my-number"),
    "My Number in broken UTF-8": (MY_NUMBER.encode() + b"\xff", "my-number"),
    "My Number behind escapes in a field said twice": (
        rb'{"note":"\u0031' + MY_NUMBER[1:].encode() + b'","note":"x"}',
        "my-number",
    ),
    "My Number in groups by escapes": (
        "\\t".join(('{"a":"' + MY_NUMBER[:4], MY_NUMBER[4:8], MY_NUMBER[8:])).encode(),
        "my-number",
    ),
    "My Number behind escapes": (
        raw(account(note="N"))[:-3] + rb"\u0031" + MY_NUMBER[1:].encode() + b'"}',
        "my-number",
    ),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_line_is_set_aside_and_its_neighbours_go_in(line, reason):
    loaded = load_lines(
        resident("R1"), resident("R2", born="2019-05-05"), line, account("R1"), account("R2")
    )

    assert counts(loaded) == (5, 4, 0, 1)
    aside = QuarantinedLine.objects.get()
    assert (aside.file, aside.line_number, aside.reason) == ("facts.ndjson", 3, reason)
    assert Resident.objects.count() == 2
    assert BenefitAccount.objects.count() == 2
    assert FactReport.objects.count() == 4


@pytest.mark.parametrize("name", [name for name, (_line, why) in BAD.items() if why == "my-number"])
def test_of_a_line_with_a_my_number_no_text_is_kept(name):
    load_lines(resident("R1"), BAD[name][0])

    aside = QuarantinedLine.objects.get()
    assert (aside.text, aside.detail) == ("", "")
    assert not Resident.objects.filter(ref=MY_NUMBER).exists()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("reason", SENTENCES)
def test_every_reason_is_said_in_a_sentence_with_what_exactly(reason, language):
    with override(language):
        said = sentence(reason, "<what>")

    assert said
    assert ("<what>" in said) == ("{detail}" in str(SENTENCES[reason]))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + raw(resident()) + b"\n" + raw(account()) + b"\n",
        raw(resident()) + b"\r\n" + raw(account()) + b"\r\n",
        b"\n \n" + raw(resident()) + b"\n\r\n" + raw(account()),
        b'\xef\xbb\xbf\r\n{ "kind" :"resident", ' + raw(resident())[20:] + b"\n" + raw(account()),
    ],
    ids=["byte order mark", "CRLF", "blank lines and no last line end", "white space"],
)
def test_what_does_no_harm_is_taken(content):
    loaded = load_lines(content)

    assert counts(loaded) == (2, 2, 0, 0)


def test_a_line_of_64_kib_is_taken():
    line = raw(account(note=""))
    line = line.replace(b'"note": ""', b'"note": "' + b"x" * (65_536 - len(line)) + b'"')

    loaded = load_lines(resident(), line)

    assert counts(loaded) == (2, 2, 0, 0)


def test_a_long_line_is_not_held_in_memory():
    file = (b"x" * 10_000_000 + b"\n") * 3
    tracemalloc.start()

    loaded = load_lines(file, resident())

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts(loaded) == (4, 1, 0, 3)
    assert peak < 2.5 * len(file)  # the test's own file, and how it was made


def test_twelve_digits_that_are_no_my_number_are_taken():
    wrong = MY_NUMBER[:11] + str((int(MY_NUMBER[11]) + 1) % 10)

    loaded = load_lines(resident(), certificate(serial=wrong))

    assert counts(loaded) == (2, 2, 0, 0)


def test_fields_that_nobody_asked_for_are_not_stored():
    load_lines(resident(blood_type="A"), account(bank="0001"))

    assert "blood_type" not in FactReport.objects.get(kind="resident").value
    assert FactReport.objects.get(kind="account").value == {"status": "not-registered"}


@pytest.mark.parametrize(
    ("said", "kept"), [("en", "en"), ("ja", "ja"), ("pt-BR", "ja"), ("", "ja")]
)
def test_a_language_that_the_portal_does_not_speak_counts_as_japanese(said, kept):
    load_lines(resident(language=said))

    assert Resident.objects.get().language == kept


def test_the_same_bad_file_again_leaves_one_row_a_line():
    lines = [b"{", b"{", account("R9"), account(note=MY_NUMBER)]

    first, second = load_lines(*lines), load_lines(*lines)

    assert counts(first) == counts(second) == (4, 0, 0, 4)
    assert QuarantinedLine.objects.count() == 4


@pytest.mark.parametrize("depth", range(100, 1300, 100))
def test_a_line_of_any_depth_is_taken_or_set_aside(depth):
    line = raw(account(note="N")).replace(b'"N"', b"[" * depth + rb'"\n"' + b"]" * depth)

    loaded = load_lines(resident(), line)

    assert loaded.changed + loaded.quarantined == 2
