"""The command: a line for each line, whatever is wrong with one of them, and no database."""

import io
import json
import os
import subprocess
import sys
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from childcare import questions, schedule

CHILD = {
    "id": "c1",
    "born": "2026-07-31",
    "sex": "F",
    "as_of": "2026-10-15",
    "given": [{"vaccine": "PCV", "date": "2026-10-01"}],
}


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command in this process over lines (objects, texts or bytes)."""

    def run(*lines, language="en"):
        raw = b"".join(as_bytes(line) + b"\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        out, err = io.StringIO(), io.StringIO()
        code = 0
        try:
            call_command("vaccination_forecast", language=language, stdout=out, stderr=err)
        except SystemExit as end:
            code = end.code
        return [json.loads(line) for line in out.getvalue().splitlines()], code, err.getvalue()

    return run


def as_bytes(line):
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


def test_the_worked_example(run):
    (answer,), code, errors = run(CHILD)

    assert (answer["id"], code, errors) == ("c1", 0, "")
    (pcv,) = [item for item in answer["forecast"] if item["vaccine"] == "PCV"]
    assert pcv == {
        "vaccine": "PCV",
        "dose": 2,
        "earliest": "2026-10-29",
        "legal_until": "2031-07-30",
        "recommended_from": "2026-10-29",
        "recommended_until": "2027-07-30",
        "reason": (
            "Pneumococcal, primary dose 2. At least 27 full days must lie between it and dose 1 "
            "(1 October 2026), so it can be given from 29 October 2026. It is free until 30 July "
            "2031 (the day on which 60 months of age are reached). The recommended period is "
            "29 October 2026 to 30 July 2027."
        ),
        "warnings": [],
        "rule": "pcv.primary-2",
    }
    assert answer["review"] == []
    assert answer["notes"] == []


def test_reasons_come_in_japanese_unless_asked_otherwise(run):
    (answer,), _code, _errors = run(CHILD, language="ja")

    (pcv,) = [item for item in answer["forecast"] if item["vaccine"] == "PCV"]
    assert (
        "1回目（2026年10月1日）から27日以上の間隔をあけるため、2026年10月29日から" in pcv["reason"]
    )


def test_every_day_is_a_date_or_null(run):
    (answer,), _code, _errors = run(CHILD)

    (mr,) = [item for item in answer["forecast"] if item["vaccine"] == "MR"]
    assert (mr["recommended_from"], mr["recommended_until"]) == ("2027-07-30", None)


def test_a_series_complete_by_its_number_of_doses_alone_is_told_with_a_note(run):
    given = [{"vaccine": "MR", "date": day} for day in ("2025-05-01", "2025-08-01")]

    (answer,), _code, _errors = run(CHILD | {"born": "2024-08-01", "given": given})

    assert [note for note in answer["notes"] if "Stage 2 may still be due" in note]


@pytest.mark.parametrize(
    ("line", "id", "told"),
    [
        ("no json", None, "Line 2 cannot be read as JSON"),
        ("{", None, "Line 2 cannot be read as JSON"),
        ('{"id":"x","born":NaN}', None, "Line 2 cannot be read as JSON"),
        ('{"id":1e400,"born":"2026-07-31"}', None, "Line 2 cannot be read as JSON"),
        (b'{"id":"\xff"}', None, "Line 2 cannot be read as JSON"),
        ("[" * 100_000, None, "Line 2 cannot be read as JSON"),
        ("[1]", None, "Line 2 is no object"),
        ("null", None, "Line 2 is no object"),
        ("1", None, "Line 2 is no object"),
        ({"id": "x"}, "x", "Line 2 has no born"),
        (CHILD | {"born": None}, "c1", "Line 2 has no born"),
        (CHILD | {"as_of": None}, "c1", "Line 2 has no as_of"),
        (CHILD | {"born": 20260731}, "c1", "Line 2: born is written another way"),
        (CHILD | {"born": "20260731"}, "c1", "Line 2: born is written another way"),
        (CHILD | {"born": "2026-7-31"}, "c1", "Line 2: born is written another way"),
        (CHILD | {"born": "2026-W31-5"}, "c1", "Line 2: born is written another way"),
        (CHILD | {"born": "２０２６-07-31"}, "c1", "Line 2: born is written another way"),
        (CHILD | {"born": "2026-02-30"}, "c1", "born is “2026-02-30”, which is no day"),
        (CHILD | {"born": "2025-02-29"}, "c1", "born is “2025-02-29”, which is no day"),
        (CHILD | {"as_of": "2026-13-01"}, "c1", "as_of is “2026-13-01”, which is no day"),
        (CHILD | {"as_of": "9999-12-31"}, "c1", "outside of the years that can be counted"),
        (CHILD | {"born": "0001-01-01"}, "c1", "outside of the years that can be counted"),
        (CHILD | {"born": "2026-10-16"}, "c1", "the birth date (born), 2026-10-16, lies after"),
        (CHILD | {"sex": "X"}, "c1", "sex is “X”, which is not known"),
        (CHILD | {"sex": 1}, "c1", "sex is “1”, which is not known"),
        (CHILD | {"given": {}}, "c1", "given is written another way"),
        (CHILD | {"given": "PCV"}, "c1", "given is written another way"),
        (CHILD | {"given": ["PCV"]}, "c1", "given[0] is written another way"),
        (CHILD | {"given": [{"date": "2026-10-01"}]}, "c1", "given[0].vaccine"),
        (
            CHILD | {"given": [{"vaccine": 5, "date": "2026-10-01"}]},
            "c1",
            "given[0].vaccine",
        ),
        (CHILD | {"given": [{"vaccine": "PCV"}]}, "c1", "Line 2 has no given[0].date"),
        (
            CHILD | {"given": [*CHILD["given"], {"vaccine": "PCV", "date": "2026-02-30"}]},
            "c1",
            "given[1].date is “2026-02-30”, which is no day",
        ),
        (CHILD | {"had": "varicella"}, "c1", "had is written another way"),
        (CHILD | {"had": [1]}, "c1", "had is written another way"),
        (CHILD | {"id": {"a": [1]}, "born": ""}, {"a": [1]}, "born is written another way"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_bad_line_says_what_and_where_and_the_rest_goes_on(run, line, id, told, language):
    answers, code, errors = run(CHILD, line, CHILD, language=language)

    assert code == 1
    assert [set(answer) == {"id", "error"} for answer in answers] == [False, True, False]
    assert answers[0] == answers[2]
    assert answers[1]["id"] == id
    if language == "en":
        assert told in answers[1]["error"]
        assert answers[1]["error"].endswith(".")
    else:
        assert answers[1]["error"].startswith("2行目")
    assert errors.startswith("1 of 3 lines")


def test_a_line_without_end_is_refused_and_the_rest_goes_on(run):
    long = json.dumps(CHILD | {"id": "x" * questions.LONGEST_LINE})

    answers, code, _errors = run(long, CHILD)

    assert code == 1
    assert "longer than" in answers[0]["error"]
    assert answers[1]["forecast"]


def test_blank_lines_and_a_byte_order_mark_are_no_matter(run):
    answers, code, _errors = run(b"\xef\xbb\xbf" + as_bytes(CHILD), "", " \r", CHILD)

    assert (len(answers), code) == (2, 0)


def test_what_is_wrong_with_one_dose_does_not_lose_the_rest(run):
    given = [
        {"vaccine": "PCV", "date": "2026-10-01"},
        {"vaccine": "PCV", "date": "2026-10-01"},
        {"vaccine": "HEPB", "date": "2026-07-30"},
        {"vaccine": "BCG", "date": "2026-10-16"},
        {"vaccine": "XYZ", "date": "2026-10-01"},
    ]

    (answer,), code, _errors = run(CHILD | {"given": given})

    assert code == 0
    assert [(item["vaccine"], item["dose"], item["date"]) for item in answer["review"]] == [
        ("HEPB", None, "2026-07-30"),
        ("PCV", None, "2026-10-01"),
        ("BCG", None, "2026-10-16"),
    ]
    assert "XYZ (1 October 2026) is kept as a note." in answer["notes"][0]
    numbers = {item["vaccine"]: item["dose"] for item in answer["forecast"]}
    assert (numbers["PCV"], numbers["HEPB"], numbers["BCG"]) == (2, 1, 1)


@pytest.mark.parametrize("sex", [None, ""])
def test_a_missing_sex_leaves_out_hpv_and_says_so(run, sex):
    (answer,), code, _errors = run(CHILD | {"sex": sex, "born": "2014-05-15"})

    assert code == 0
    assert "HPV9" not in [item["vaccine"] for item in answer["forecast"]]
    assert "DT" in [item["vaccine"] for item in answer["forecast"]]
    assert "sex is missing" in " ".join(answer["notes"])


def test_a_dose_that_would_come_after_the_free_period_is_told_and_not_dated(run):
    given = [
        {"vaccine": "HEPB", "date": "2026-09-01"},
        {"vaccine": "HEPB", "date": "2026-10-01"},
    ]
    (answer,), _code, _errors = run(CHILD | {"born": "2026-01-15", "given": given})

    assert "HEPB" not in [item["vaccine"] for item in answer["forecast"]]
    assert any("outside the free period" in note for note in answer["notes"])


def test_200_doses_are_answered(run):
    given = [{"vaccine": "BCG", "date": f"2026-08-{day:02}"} for day in range(1, 29)] * 8

    (answer,), code, _errors = run(CHILD | {"given": given[:200]})

    assert code == 0
    assert len(answer["review"]) == 199


def test_an_id_with_half_a_character_comes_back_as_it_was(run):
    answers, code, _errors = run('{"id":"\\ud800","born":"2026-07-31","as_of":"2026-10-15"}')

    assert (answers[0]["id"], code) == ("\ud800", 0)


def test_memory_does_not_grow_with_the_lines(monkeypatch):
    line = as_bytes(CHILD) + b"\n"

    class Endless(io.RawIOBase):
        left = 1500

        def readline(self, size=-1):
            self.left -= 1
            return line if self.left >= 0 else b""

    class Nowhere(io.StringIO):
        def write(self, text):
            return len(text)

    class Input:
        buffer = Endless()

    monkeypatch.setattr(sys, "stdin", Input())
    call_command("vaccination_forecast", stdout=Nowhere())  # what is kept for a birth date is there
    Input.buffer.left = 1500
    tracemalloc.start()
    try:
        call_command("vaccination_forecast", stdout=Nowhere())
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1_000_000


# ---- as a process


def start(tmp_path, *arguments):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "ANNAI_TEST_VALKEY")
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "vaccination_forecast", *arguments],
        cwd=settings.BASE_DIR,
        env=environment | {"ANNAI_RUN_DIR": str(tmp_path / "run"), "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_each_answer_comes_before_the_next_question_and_no_server_is_started(tmp_path):
    with start(tmp_path) as process:
        for number in (1, 2):
            process.stdin.write(as_bytes(CHILD | {"id": number}) + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        _out, errors = process.communicate(b"broken\n", timeout=300)

    assert process.returncode == 1
    assert errors.decode().startswith("1 of 3 lines")
    run = Path(tmp_path / "run")
    assert [path.name for path in run.iterdir() if path.is_dir()] == []


def test_whoever_has_read_enough_may_stop(tmp_path):
    with start(tmp_path, "--language", "en") as process:
        process.stdin.write((as_bytes(CHILD) + b"\n") * 2)
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write((as_bytes(CHILD) + b"\n") * 100)
        process.stdin.close()
        errors = process.stderr.read()

    assert b"Traceback" not in errors


# ---- what the schedule says


def test_the_schedule_of_a_day_is_shown_with_dates_and_with_what_is_not_verified():
    out = io.StringIO()

    call_command("vaccination_schedule", on=date(2026, 10, 15), language="en", stdout=out)

    text = out.getvalue()
    assert text.startswith("FY2026  2026-10-15  ")
    assert "pcv.1                    2026-09-30 – 2031-07-30" in text
    assert "dpt-ipv.2" not in text
    assert "not verified: had-measles-and-rubella" in text


@pytest.mark.parametrize("command", ["vaccination_schedule", "vaccination_forecast"])
def test_a_broken_schedule_is_told_as_a_sentence(command, monkeypatch, tmp_path):
    broken = tmp_path / "schedule.toml"
    broken.write_text("covers_from =")
    monkeypatch.setattr(schedule, "FILE", broken)
    schedule.the_schedule.cache_clear()
    try:
        with pytest.raises(CommandError, match=r"schedule\.toml is no TOML"):
            call_command(command)
    finally:
        schedule.the_schedule.cache_clear()
