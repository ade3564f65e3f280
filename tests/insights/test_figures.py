"""What is counted by the week, what of it is shown, and the page and files for everyone."""

import csv
import io
import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.cache import caches
from django.utils import timezone, translation

from portal.insights.models import Measure, Week, WeekFigure
from portal.insights.open_data import COLUMNS
from portal.insights.published import signed
from portal.insights.roll_up import judge, roll_up
from tests.applications.factories import SentApplicationFactory, VersionFactory
from tests.factories import CHIYODA, ResidentFactory
from tests.feedback.factories import OpinionFactory

pytestmark = pytest.mark.django_db
JAPAN = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 11, 24)  # a Tuesday; the last week that is over began on the 16th
LAST, BEFORE = date(2026, 11, 16), date(2026, 11, 9)


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    caches["fragments"].clear()
    time_machine.move_to(datetime(2026, 11, 24, 12, tzinfo=JAPAN), tick=False)
    yield
    caches["fragments"].clear()


def applications(number, at, **other):
    resident, version = ResidentFactory(), VersionFactory()
    return SentApplicationFactory.create_batch(
        number, resident=resident, version=version, sent_at=at, **other
    )


def week(monday, *, closed=True):
    return Week.objects.create(monday=monday, closed=closed, counted_at=timezone.now())


def total(monday, value, measure="applications", shown=True):
    return WeekFigure.objects.create(
        monday=monday, measure=measure, municipality="*", procedure="*", value=value, shown=shown
    )


@pytest.mark.parametrize(
    ("at", "monday"),
    [
        (datetime(2026, 11, 16, 0, 0, tzinfo=JAPAN), LAST),
        (datetime(2026, 11, 15, 23, 59, tzinfo=JAPAN), BEFORE),
    ],
)
def test_a_week_begins_on_monday_in_japan(at, monday):
    applications(10, at)

    roll_up(today=TODAY)

    figure = WeekFigure.objects.get(municipality="*", procedure="*", measure="applications")
    assert (figure.monday, figure.value, figure.shown) == (monday, 10, True)


@pytest.mark.parametrize(("number", "shown"), [(9, False), (10, True)])
def test_under_ten_is_not_shown(number, shown):
    applications(number, datetime(2026, 11, 18, tzinfo=JAPAN))

    roll_up(today=TODAY)

    assert set(WeekFigure.objects.values_list("value", "shown")) == {(number, shown)}


def test_a_second_count_changes_nothing_and_the_running_week_is_not_shown():
    applications(20, datetime(2026, 11, 24, 9, tzinfo=JAPAN))

    assert roll_up(today=TODAY, weeks=1) == 1
    assert roll_up(today=TODAY) == 0
    assert set(WeekFigure.objects.values_list("shown", flat=True)) == {False}


def test_what_comes_late_corrects_its_week_and_the_page_says_so(client):
    OpinionFactory.create_batch(10, clear=True, given_at=datetime(2026, 11, 18, tzinfo=JAPAN))
    roll_up(today=TODAY)
    assert Week.objects.get(monday=LAST).corrected_at is None
    OpinionFactory(clear=True, given_at=datetime(2026, 11, 18, tzinfo=JAPAN))

    roll_up(today=TODAY)

    assert Week.objects.get(monday=LAST).corrected_at == timezone.now()
    assert Week.objects.get(monday=BEFORE).corrected_at is None
    assert WeekFigure.objects.get(municipality="*", procedure="*").value == 11
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Corrected weeks" in client.get("/figures/").text


def test_what_is_gone_is_counted_as_nothing():
    made = applications(12, datetime(2026, 11, 18, tzinfo=JAPAN))
    roll_up(today=TODAY)
    for one in made:
        one.delete()

    roll_up(today=TODAY)

    assert set(WeekFigure.objects.values_list("value", "shown")) == {(0, False)}


@pytest.mark.parametrize(("difference", "said"), [(-7825, "−7,825"), (7825, "+7,825"), (0, "±0")])
def test_a_difference_has_a_true_sign(difference, said):
    with translation.override("en"):
        assert signed(difference) == said


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_briefs_numbers(client, language):
    for monday, value in [(LAST, 470_888), (BEFORE, 478_713)]:
        week(monday)
        total(monday, value)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    text = client.get("/figures/").text

    assert "470,888" in text
    assert "478,713" in text
    assert "−7,825" in text


def records_of(client, address):
    return json.loads(client.get(address).getvalue())["figures"]


def fill(weeks, procedures):
    for number in range(weeks):
        monday = LAST - timedelta(weeks=number)
        week(monday)
        total(monday, 1000 + number)
        WeekFigure.objects.bulk_create(
            WeekFigure(
                monday=monday,
                measure="applications",
                municipality=municipality,
                procedure=procedure,
                value=500,
                shown=True,
            )
            for municipality, procedure in [
                *(("*", f"p{number}") for number in range(procedures)),
                *((f"{number:06}", "*") for number in range(procedures)),
            ]
        )


@pytest.mark.parametrize(("weeks", "procedures"), [(1, 1), (260, 40)])
def test_the_page_takes_four_statements_at_any_size_and_then_none(
    client, statements, weeks, procedures
):
    fill(weeks, procedures)
    statements.clear()

    assert client.get("/figures/").status_code == 200
    assert len(statements) <= 4
    statements.clear()
    client.get("/figures/")
    assert statements == []


def test_before_the_first_week_the_page_says_so(client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "No week has been counted yet" in client.get("/figures/").text


def test_what_is_hidden_stands_neither_on_the_page_nor_in_the_files(client):
    week(LAST)
    total(LAST, 7, shown=False)

    text = client.get("/figures/figures.csv").getvalue().decode()
    [record] = records_of(client, "/figures/figures.json")

    assert text.startswith("\ufeff")
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["week"], row["value"], row["shown"]) == ("2026-11-16", "", "False")
    assert (record["value"], record["shown"]) == (None, False)


def test_a_file_has_no_cell_that_a_spreadsheet_executes(client):
    week(LAST)
    WeekFigure.objects.create(
        monday=LAST,
        measure="applications",
        municipality="*",
        procedure="=1+1",
        value=10,
        shown=True,
    )

    text = client.get("/figures/weeks/2026-11-16.csv").getvalue().decode()

    assert '"\'=1+1"' in text


def test_a_file_of_one_week_has_its_municipalities_by_name(client):
    applications(30, datetime(2026, 11, 18, tzinfo=JAPAN))
    roll_up(today=TODAY)

    records = records_of(client, "/figures/weeks/2026-11-16.json")

    assert len(records) == 4
    assert {one["municipality"] for one in records if one["municipality_code"] == CHIYODA} == {
        "千代田区"
    }


@pytest.mark.parametrize("path", ["2026-11-23.csv", "2026-13-99.csv", "2020-01-06.json"])
def test_a_week_not_over_not_counted_or_not_a_day_is_not_found(client, path):
    week(date(2026, 11, 23), closed=False)
    assert client.get(f"/figures/weeks/{path}").status_code == 404


def test_the_dictionary_names_every_column_and_measure(client):
    text = client.get("/figures/dictionary/").text

    assert all(f"<code>{name}</code>" in text for name in [*COLUMNS, *Measure.values])


def test_judging_again_gives_the_same():
    applications(10, datetime(2026, 11, 18, tzinfo=JAPAN))
    roll_up(today=TODAY)
    before = list(WeekFigure.objects.values())

    judge({LAST})

    assert list(WeekFigure.objects.values()) == before
