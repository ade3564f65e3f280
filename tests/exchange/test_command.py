import io
import json
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from portal.exchange.models import QuarantinedLine, Upload
from portal.residents.models import FactReport, Resident
from tests.exchange.facts import account, certificate, raw, resident

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(tmp_path):
    def write(name, *lines):
        path = tmp_path / name
        path.write_bytes(b"".join(raw(line) + b"\n" for line in lines))
        return str(path)

    return write


def load_facts(*arguments):
    """Run the command; return its exit code and the counts of its last line."""
    out = io.StringIO()
    code = 0
    try:
        call_command("load_facts", *arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        code = end.code
    counts = json.loads(out.getvalue().splitlines()[-1])
    assert counts.pop("seconds") >= 0
    return code, counts


def test_the_last_line_has_the_counts_of_all_files(write):
    files = write("facts", account(), certificate()), write("people", resident(), resident())

    assert load_facts(*files) == (
        0,
        {"read": 4, "changed": 3, "unchanged": 1, "quarantined": 0},
    )


def test_a_line_set_aside_makes_the_exit_code_1(write):
    code, counts = load_facts(write("people", resident(), b"{"))

    assert (code, counts["changed"], counts["quarantined"]) == (1, 1, 1)


def test_a_line_that_waits_in_one_file_for_a_person_in_the_next_is_no_reason_for_exit_code_1(write):
    assert load_facts(write("facts", account()), write("people", resident()))[0] == 0


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw(resident()))))

    assert load_facts("-")[1]["changed"] == 1


def test_an_empty_file_is_nothing_to_do(write):
    assert load_facts(write("empty")) == (
        0,
        {"read": 0, "changed": 0, "unchanged": 0, "quarantined": 0},
    )


def test_the_rules_are_asked_on_the_day_that_is_named(write):
    path = write("people", resident(born="2026-11-25"))

    assert load_facts(path, "--today=2026-11-24")[0] == 1
    assert load_facts(path, "--today=2026-11-25")[0] == 0


@pytest.mark.parametrize("missing", ["nowhere.ndjson", "."])
def test_a_file_that_cannot_be_read_is_said_and_nothing_is_merged(write, missing):
    with pytest.raises(CommandError, match=r"could not be read.*Nothing was merged"):
        load_facts(write("people", resident()), missing)

    assert not Resident.objects.exists()


def test_a_file_that_breaks_off_while_it_is_read_leaves_nothing_half_done(monkeypatch):
    class Breaking(io.BytesIO):
        def readline(self, *args):
            if line := super().readline(*args):
                return line
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Breaking(raw(resident()) + b"\n{\n")))

    with pytest.raises(CommandError, match="Input/output error"):
        load_facts("-")

    assert not Resident.objects.exists()
    assert not FactReport.objects.exists()
    assert not QuarantinedLine.objects.exists()
    assert Upload.objects.get().finished_at is None
