"""The standard's numbers, the picture, and what a family enters."""

import hashlib
import re
from datetime import date, timedelta
from importlib.resources import files

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from childcare.growth.chart import HEIGHT, Chart, Value
from childcare.growth.standard import DAYS_A_MONTH, PERCENTILES, Measure, place_of, row_at
from childcare.models import FamilyMeasurement
from tests.childcare.factories import (
    BORN,
    BirthFactory,
    CheckupFactory,
    FamilyMeasurementFactory,
    NotMineFactory,
)
from tests.factories import GuardianshipFactory, UserFactory

BEFORE_TWO = 730  # days; the standing curve begins at 730.5

# ---- the standard. Numbers as the WHO's own percentile tables print them, to one digit.


@pytest.mark.parametrize(
    ("sex", "measure", "month", "printed"),
    [
        ("M", Measure.WEIGHT, 0, [2.5, 2.9, 3.3, 3.9, 4.3]),
        ("M", Measure.WEIGHT, 12, [7.8, 8.6, 9.6, 10.8, 11.8]),
        ("F", Measure.WEIGHT, 0, [2.4, 2.8, 3.2, 3.7, 4.2]),
        ("F", Measure.WEIGHT, 12, [7.1, 7.9, 8.9, 10.2, 11.3]),
        ("M", Measure.HEIGHT, 0, [46.3, 47.9, 49.9, 51.8, 53.4]),
        ("F", Measure.HEIGHT, 12, [69.2, 71.3, 74.0, 76.7, 78.9]),
        ("M", Measure.HEAD, 0, [32.1, 33.1, 34.5, 35.8, 36.9]),
    ],
)
def test_percentiles_are_those_that_the_who_prints(sex, measure, month, printed):
    row = row_at(sex, measure, month)

    assert [round(row.value(percentile), 1) for percentile in PERCENTILES] == printed


def test_the_tables_are_the_ones_that_their_readme_names():
    folder = files("childcare.growth").joinpath("data", "who-2006")
    named = re.findall(r"^([0-9a-f]{64})  (\S+)$", folder.joinpath("README.md").read_text(), re.M)

    assert len(named) == 8
    assert {name for _sum, name in named} == {
        file.name for file in folder.iterdir() if file.name.endswith(".json")
    }
    for checksum, name in named:
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == checksum


@pytest.mark.parametrize("sex", ["F", "M"])
@pytest.mark.parametrize("measure", Measure)
def test_percentiles_keep_their_order_at_every_age(sex, measure):
    for days in range(0, 1827, 7):
        row = row_at(sex, measure, days / DAYS_A_MONTH)
        values = [row.value(percentile) for percentile in PERCENTILES]
        assert values == sorted(values)


def test_a_child_measured_standing_is_07_cm_shorter_from_two_years_on():
    lying = row_at("M", Measure.HEIGHT, 24 - 1e-9)
    standing = row_at("M", Measure.HEIGHT, 24)

    assert round(lying.median - standing.median, 2) == 0.7


@pytest.mark.parametrize(
    ("value", "above", "below"),
    [(7.7, None, 3), (7.9, 3, 15), (9.6, 15, 50), (9.7, 50, 85), (11.9, 97, None)],
)
def test_a_weight_has_its_place_among_the_percentiles(value, above, below):
    assert place_of("M", Measure.WEIGHT, 365, value) == (above, below)


@pytest.mark.parametrize(("days", "known"), [(-1, False), (0, True), (1826, True), (1827, False)])
def test_the_standard_ends_at_five_years_and_says_nothing_beyond(days, known):
    assert (place_of("F", Measure.HEAD, days, 50.0) is not None) is known


# ---- the picture


def chart(*values, sex="M", age=380, measure=Measure.WEIGHT):
    taken = [Value(BORN + timedelta(days=days), amount, False) for days, amount in values]
    return Chart(measure, BORN, age, sex, taken)


@pytest.mark.parametrize(
    ("age", "span"), [(0, 12), (365, 12), (366, 24), (730, 24), (731, 60), (1827, 120), (6000, 216)]
)
def test_the_picture_shows_as_many_months_as_the_age_needs(age, span):
    assert chart(age=age).span == span


def test_every_point_and_curve_is_inside_the_picture():
    shown = chart((0, 3.0), (35, 4.2), (380, 25.0))

    places = [
        tuple(map(float, pair.split(",")))
        for curve in shown.curves
        for pair in curve.points.split()
    ]
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in places)
    assert all(0 <= point.x <= 100 and 0 <= point.y <= HEIGHT for point in shown.points)
    assert shown.amounts[0].y == HEIGHT
    assert shown.amounts[-1].y == 0


def test_height_has_two_curves_a_percentile_past_two_years_and_one_before():
    younger = chart(measure=Measure.HEIGHT, age=100)
    older = chart(measure=Measure.HEIGHT, age=BEFORE_TWO + 100)

    assert [len(younger.curves), len(older.curves)] == [5, 10]


@pytest.mark.parametrize("values", [[], [(100, 6.0)]])
def test_without_a_sex_there_is_no_standard_and_no_place(values):
    shown = chart(*values, sex=None)

    assert (shown.curves, shown.bands, shown.names) == ([], [], [])
    assert [point.place for point in shown.points] == [None] * len(values)
    assert shown.amounts


def test_a_single_value_without_a_standard_is_not_drawn_by_the_gram():
    shown = chart((2300, 20.6), sex=None)

    assert shown.amounts[0].text <= 0.8 * 20.6
    assert shown.amounts[-1].text >= 1.2 * 20.6


# ---- the page

pytestmark = pytest.mark.django_db


def visit(client, child):
    return client.get(reverse("childcare:growth", args=[child.uuid]))


def measure(client, child, **typed):
    fields = {"on": "2026-11-14", "weight": "", "height": "", "head": ""} | typed
    return client.post(reverse("childcare:measure", args=[child.uuid]), fields)


def test_the_page_shows_all_three_sources_and_says_which(client, child):
    BirthFactory(resident=child, sex="M", weight_g=3010, height_cm="49.5")
    CheckupFactory(resident=child, weight_g=4200)
    FamilyMeasurementFactory(child=child, weight_g=9650)

    response = visit(client, child)

    for shown in (
        "3.01 kg",
        "4.2 kg",
        "9.65 kg",
        "at birth",
        "entered by the family",
        "for boys, 2006",
    ):
        assertContains(response, shown)


def test_what_is_not_the_childs_or_was_withdrawn_or_taken_back_is_not_drawn(client, child):
    BirthFactory(resident=child, weight_g=3011)
    NotMineFactory(child=child, kind="birth")
    CheckupFactory(resident=child, weight_g=4201, withdrawn=True)
    hidden = CheckupFactory(resident=child, weight_g=4202)
    NotMineFactory(child=child, kind="checkup", checkup=hidden)
    FamilyMeasurementFactory(
        child=child, weight_g=9651, removed_at=hidden.checked_at, removed_by=UserFactory()
    )

    response = visit(client, child)

    for hidden in ("3.011", "4.201", "4.202", "9.651"):
        assertNotContains(response, hidden)


def test_with_no_sex_on_record_the_page_says_what_is_missing(client, child):
    FamilyMeasurementFactory(child=child)

    response = visit(client, child)

    assertContains(response, "no record says which this child is")
    assertNotContains(response, "chart-curve")


@pytest.mark.parametrize(("weeks", "said"), [(36, True), (37, False), (None, False)])
def test_a_child_born_early_reads_that_the_age_counts_from_birth(client, child, weeks, said):
    BirthFactory(resident=child, gestation_weeks=weeks)

    assert ("your doctor says" in visit(client, child).content.decode()) is said


@pytest.mark.parametrize("many", [1, 60])
def test_the_page_asks_the_database_as_often_for_many_measurements(
    client, child, django_assert_max_num_queries, many
):
    FamilyMeasurementFactory.create_batch(many, child=child, entered_by=UserFactory())
    CheckupFactory.create_batch(many, resident=child, weight_g=5000)

    with django_assert_max_num_queries(8):
        visit(client, child)


@pytest.mark.parametrize(
    ("typed", "grams"),
    [
        ("7.45", 7450),
        ("7450", 7450),
        ("7,450 g", 7450),
        ("７．４５ｋｇ", 7450),
        ("200", 200_000),
        ("201", 201),
        ("0.2", 200),
        ("12", 12_000),
    ],
)
def test_a_weight_may_be_written_in_kilograms_or_grams(client, child, typed, grams):
    response = measure(client, child, weight=typed)

    assertRedirects(response, reverse("childcare:growth", args=[child.uuid]))
    assert FamilyMeasurement.objects.get().weight_g == grams


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("weight", "heavy"),
        ("weight", "7.45 cm"),
        ("weight", "0.1"),
        ("weight", "200001"),
        ("weight", "7.4567"),
        ("height", "19.9"),
        ("height", "65.25"),
        ("height", "65 kg"),
        ("head", "71"),
        ("on", "2026-11-16"),
        ("on", "2025-10-31"),
        ("on", "2026-02-30"),
        ("on", ""),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(client, child, field, typed):
    response = measure(client, child, **{"height": "76.2", field: typed})

    assertContains(response, "Please correct", status_code=422)
    assertContains(response, f'value="{typed}"', status_code=422) if typed else None
    assert not FamilyMeasurement.objects.exists()


def test_a_measurement_of_nothing_is_refused(client, child):
    assertContains(measure(client, child), "at least one of weight", status_code=422)


def test_the_same_measurement_sent_twice_is_one_and_taken_back_twice_is_once(client, child):
    measure(client, child, height="76.2", head="46.0")
    measure(client, child, height="76.2", head="46.0")
    entry = FamilyMeasurement.objects.get()

    address = reverse("childcare:take-back-measurement", args=[child.uuid, entry.uuid])
    client.post(address)
    entry.refresh_from_db()
    first = entry.removed_at
    client.post(address)

    entry.refresh_from_db()
    assert entry.removed_at == first
    assert entry.removed_by_id
    assertNotContains(visit(client, child), "76.2")


@pytest.mark.parametrize("name", ["growth", "measure"])
def test_another_persons_child_is_a_404_and_nothing_is_written(client, child, name):
    other = GuardianshipFactory(child__born=date(2025, 1, 1)).child
    address = reverse(f"childcare:{name}", args=[other.uuid])

    assert client.get(address).status_code == 404
    assert client.post(address, {"on": "2026-11-14", "weight": "9"}).status_code in (404, 405)
    assert not FamilyMeasurement.objects.exists()


def test_another_childs_entry_is_not_taken_back(client, child):
    entry = FamilyMeasurementFactory()

    client.post(reverse("childcare:take-back-measurement", args=[child.uuid, entry.uuid]))

    entry.refresh_from_db()
    assert entry.removed_at is None
