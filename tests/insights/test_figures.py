"""What is counted by the week, what of it is shown, and the page and files for everyone."""

import csv
import io
import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.asserts import assertContains

from portal.applications.models import State
from portal.applications.ship import ship
from portal.applications.states import CHANGES
from portal.insights.models import Measure, Week, WeekFigure
from portal.insights.open_data import COLUMNS
from portal.insights.published import read, signed
from portal.insights.roll_up import judge, roll_up
from portal.residents.models import Municipality
from tests.applications.factories import SentApplicationFactory, VersionFactory
from tests.factories import CHIYODA, ResidentFactory, UserFactory
from tests.feedback.factories import ImprovementFactory, OpinionFactory, WordingFactory
from tests.insights.test_figures_hidden import worked_out

pytestmark = pytest.mark.django_db
JAPAN = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 11, 24)  # a Tuesday; the last week that is over began on the 16th
CHANGED = datetime(2026, 11, 1, tzinfo=JAPAN)
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


@pytest.mark.parametrize(
    ("language", "name"), [("ja", "住民票の写しの請求"), ("en", "Copy of the resident record")]
)
def test_the_dictionary_says_what_the_keys_of_procedures_are_called(client, language, name):
    ship(using="default")
    client.cookies["annai_language"] = language

    answer = client.get("/figures/dictionary/")

    assertContains(answer, f"<code>residence-certificate</code></dt><dd>{name}</dd>")


@pytest.mark.parametrize(
    "address",
    [
        "/figures/",
        "/figures/dictionary/",
        "/figures/figures.csv",
        "/figures/figures.json",
        "/figures/weeks/2026-11-16.csv",
        "/figures/weeks/2026-11-16.json",
    ],
)
def test_addresses_stay(client, address):
    week(LAST)

    answer = client.get(address)

    assert answer.status_code == 200
    if "." in address:
        assert answer["Last-Modified"] == "Tue, 24 Nov 2026 03:00:00 GMT"


def test_columns_and_measures_stay():
    assert COLUMNS == [
        "week",
        "measure",
        "municipality_code",
        "municipality",
        "procedure",
        "value",
        "shown",
        "corrected_at",
    ]
    assert Measure.values == [
        "applications",
        "decided",
        "completed",
        "tasks-in-time",
        "tasks-late",
        "reminders-promised",
        "reminders-sent",
        "clear",
        "not-clear",
    ]


def test_a_json_file_says_its_licence_and_when_it_was_counted(client):
    week(LAST)

    found = json.loads(client.get("/figures/figures.json").getvalue())

    assert found == {
        "licence": "CC BY 4.0",
        "licence_url": "https://creativecommons.org/licenses/by/4.0/",
        "counted_at": "2026-11-24T12:00:00+09:00",
        "figures": [],
    }


def test_nothing_follows_completed_so_its_day_is_the_day_it_happened():
    assert State.COMPLETED not in {before for before, _after in CHANGES}


def municipality_rows(number, *, shown=True):
    return WeekFigure.objects.bulk_create(
        WeekFigure(
            monday=LAST,
            measure="applications",
            municipality=code,
            procedure="*",
            value=5000 - place if shown else 3,
            shown=shown,
        )
        for place, code in enumerate(
            Municipality.objects.order_by("code").values_list("code", flat=True)[:number]
        )
    )


@pytest.mark.parametrize(
    "asked",
    [
        "131016",
        "千代田",
        "東京都千代田区",
        "ちよだ",
        "チヨダク",
        "ﾁﾖﾀﾞ",
        "とうきょうとちよだく",
        " 千代田区 ",
        "Chiyoda",
        "chiyoda-ku",
        "Chiyoda City",
        "ＣＨＩＹＯＤＡ",
        "Chiyoda, Tokyo",
        "Tōkyō Chiyoda",
        "toukyoutochiyodaku",
    ],
)
def test_a_municipality_is_found_by_code_name_kana_or_romaji(client, statements, asked):
    week(LAST)
    municipality_rows(1000)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    statements.clear()

    text = client.get("/figures/", {"municipality": asked}).text

    assert len(statements) <= 4
    assert "東京都千代田区" in text
    assert "札幌市" not in text


def test_the_name_stands_in_latin_letters_beside_the_japanese_one_in_english_alone(client):
    week(LAST)
    municipality_rows(1)

    texts = {}
    for language in ("en", "ja"):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        texts[language] = client.get("/figures/").text

    assert '<span lang="ja">北海道札幌市</span> (Sapporo, Hokkaido)' in texts["en"]
    assert "Sapporo" not in texts["ja"]


def test_fifty_municipalities_stand_there_and_the_page_says_of_how_many(client):
    week(LAST)
    municipality_rows(60)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    text = client.get("/figures/").text

    assert "The 50 largest of 60" in text
    assert text.count('<span lang="ja">') == 50


def test_what_is_hidden_of_a_municipality_is_not_found_either(client):
    week(LAST)
    municipality_rows(1, shown=False)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    text = client.get("/figures/", {"municipality": "011002"}).text

    assert "札幌市" in text
    assert "<td>3" not in text
    assert text.count("not shown") >= 1


@pytest.mark.parametrize("asked", ["Nowhere", "<script>alert(1)</script>", "%", "\x00\u202e"])
def test_what_is_not_found_is_said(client, asked):
    week(LAST)
    municipality_rows(3)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    text = client.get("/figures/", {"municipality": asked}).text

    assert ("No number of last week was found" in text) is bool(asked.strip("\x00\u202e"))
    assert "<script>alert" not in text


def test_a_my_number_is_not_shown_again(client):
    week(LAST)

    answer = client.get("/figures/", {"municipality": "1234 5678 9018"})

    assert (answer.status_code, answer["Location"]) == (302, "/figures/")


def test_the_newest_three_improvements_stand_there_with_before_and_after(client, statements):
    week(LAST)
    old, new = (
        WordingFactory(first_seen=CHANGED - timedelta(days=1)),
        WordingFactory(first_seen=CHANGED),
    )
    for wording, no in [(old, 21), (new, 3)]:
        for number in range(30):
            OpinionFactory(wording=wording, clear=number >= no, text="")
    for days in range(4):
        changed_at = CHANGED - timedelta(days=days)
        improvement(changed_at, said_en=f"Said {days}", route="" if days else "tasks:home")
    improvement(None, said_en="Not yet")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    statements.clear()

    text = client.get("/figures/").text

    assert len(statements) <= 4
    assert [f"Said {days}" in text for days in range(4)] == [True, True, True, False]
    assert "Not yet" not in text
    assert "70%" in text
    assert "10%" in text
    assert f'href="{reverse("feedback:improvements")}"' in text


def improvement(published_at, **given):
    by = UserFactory() if published_at else None
    given |= {"changed_at": published_at} if published_at else {}
    return ImprovementFactory(published_at=published_at, published_by=by, **given)


def test_weeks_before_the_first_leave_no_room(client):
    for number in range(6):
        week(LAST - timedelta(weeks=number))
    for number, (value, shown) in enumerate([(40, True), (30, True), (3, False), (20, True)]):
        total(LAST - timedelta(weeks=number), value, shown=shown)

    line = read()["lines"][0]

    assert line.mondays[0] == LAST - timedelta(weeks=3)
    assert line.values == [20, None, 30, 40]
    assert line.strokes == ["0.0,120.0 0.0,120.0", "666.7,80.0 1000.0,40.0"]
    assert line.gaps == [("16.67", "33.33")]
    assert (line.highest.monday, line.highest.said, line.highest.left) == (LAST, "40", "100.00")


def test_a_week_without_a_row_is_none_counted_as_in_the_files_and_what_is_hidden_is_not():
    for number in range(3):
        week(LAST - timedelta(weeks=number))
    total(LAST, 20)
    total(LAST - timedelta(weeks=2), 3, shown=False)

    lines = {line.measure: line.values for line in read()["lines"]}

    assert lines["applications"] == [None, 0, 20]
    assert lines["decided"] == [0, 0, 0]


def test_what_was_counted_of_one_measure_alone_is_nothing_of_the_others():
    week(LAST)
    municipality_rows(1, shown=False)

    assert read()["municipalities"][0].values == [None, 0, 0]


def test_judging_again_gives_the_same():
    applications(10, datetime(2026, 11, 18, tzinfo=JAPAN))
    roll_up(today=TODAY)
    before = list(WeekFigure.objects.values())

    judge({LAST})

    assert list(WeekFigure.objects.values()) == before


def test_a_late_few_correct_the_sum_of_everything_and_no_other_until_they_are_ten(client):
    """Or who kept last week's file would know that the late ones are from there."""
    at = datetime(2026, 11, 18, tzinfo=JAPAN)
    applications(30, at)
    roll_up(today=TODAY)
    before = records_of(client, "/figures/weeks/2026-11-16.json")

    applications(9, at, procedure_key="another")
    roll_up(today=TODAY)
    held = records_of(client, "/figures/weeks/2026-11-16.json")
    roll_up(today=TODAY)

    assert [one["value"] for one in before] == [30] * 4
    assert [one["value"] for one in held] == [39, 30, 30, 30]
    assert records_of(client, "/figures/weeks/2026-11-16.json") == held
    assert set(WeekFigure.objects.filter(procedure="another").values_list("value", "held_at")) == {
        (9, 0)
    }

    applications(1, at, procedure_key="another")
    roll_up(today=TODAY)
    told = {
        (one["municipality_code"], one["procedure"]): one["value"]
        for one in records_of(client, "/figures/weeks/2026-11-16.json")
    }
    assert told[CHIYODA, "another"] == told["*", "another"] == 10
    assert told["*", "*"] == told[CHIYODA, "*"] == 40
    assert not WeekFigure.objects.exclude(held_at=None).exists()


def test_what_came_late_and_went_again_was_never_published(client):
    at = datetime(2026, 11, 18, tzinfo=JAPAN)
    applications(30, at)
    roll_up(today=TODAY)
    before = records_of(client, "/figures/weeks/2026-11-16.json")
    [late] = applications(1, at, procedure_key="another")
    roll_up(today=TODAY)
    late.delete()

    roll_up(today=TODAY)

    after = records_of(client, "/figures/weeks/2026-11-16.json")
    assert [one["value"] for one in after] == [one["value"] for one in before]


# ---- somebody with the files, a pencil and patience


def test_three_applications_of_a_municipality_are_in_no_file_and_follow_from_none(client):
    at = datetime(2026, 11, 18, tzinfo=JAPAN)
    places = list(Municipality.objects.order_by("code")[:3])
    versions = [VersionFactory(), VersionFactory()]
    for place, numbers in zip(places, [(3, 0), (25, 15), (12, 13)], strict=True):
        resident = ResidentFactory(municipality=place)
        for version, number in zip(versions, numbers, strict=True):
            SentApplicationFactory.create_batch(
                number, resident=resident, version=version, municipality_id=place.pk, sent_at=at
            )
    roll_up(today=TODAY)

    rows = [*csv_of(client, "figures.csv"), *csv_of(client, f"weeks/{LAST}.csv")]
    told = {
        (row["municipality_code"], row["procedure"]): row["value"]
        for row in rows
        if row["measure"] == "applications"
    }

    assert told["*", "*"] == "68"
    gone = {key for key, value in told.items() if not value}
    assert (places[0].code, "*") in gone
    assert not {"3", "0"} & set(told.values())
    assert worked_out(told, gone) == set()


def csv_of(client, name):
    text = client.get(f"/figures/{name}").getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
