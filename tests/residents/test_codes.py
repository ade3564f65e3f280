"""Check digits, of municipalities' codes and of the number that must never be stored."""

import pytest
from django.core.exceptions import ValidationError

from portal.residents.codes import holds_my_number, is_municipality_code
from portal.residents.models import Municipality, validate_municipality_code

# Weights from the first digit on, as the ordinance's formula gives them for eleven digits.
WEIGHTS = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]


def made_up_number(eleven_digits):
    """A number that fits the formula of the check digit; it belongs to nobody we know."""
    rest = sum(int(d) * w for d, w in zip(eleven_digits, WEIGHTS, strict=True)) % 11
    return eleven_digits + ("0" if rest <= 1 else str(11 - rest))


NUMBERS = [made_up_number(f"{seed:011d}") for seed in range(1, 99_999_999_999, 7_777_777_777)]


@pytest.mark.django_db
def test_all_1741_municipalities_are_there_with_right_check_digits():
    codes = list(Municipality.objects.values_list("code", flat=True))

    assert len(codes) == 1741
    assert [code for code in codes if not is_municipality_code(code)] == []


@pytest.mark.parametrize("code", ["131016", "011002", "472018"])
def test_a_code_with_the_right_check_digit_is_taken(code):
    validate_municipality_code(code)


@pytest.mark.parametrize(
    "code", ["131017", "13101", "1310166", "", "13101x", "１３１０１６", "131016\n", " 131016"]
)
def test_a_code_with_another_digit_or_shape_is_refused(code):
    with pytest.raises(ValidationError):
        validate_municipality_code(code)


def test_no_wrong_last_digit_of_a_code_is_taken():
    right = [f"13101{digit}" for digit in range(10) if is_municipality_code(f"13101{digit}")]

    assert right == ["131016"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "written",
    [
        "{0}",
        "{1} {2} {3}",
        "{1}-{2}-{3}",
        "My number is {0}.",
        "番号は{0}です",
        "AB{0}",
        "{0}\n",
    ],
)
def test_a_my_number_is_recognised_however_it_is_written(number, written):
    text = written.format(number, number[:4], number[4:8], number[8:])

    assert holds_my_number(text)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_my_number_in_full_width_digits_is_recognised(number):
    full_width = number.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})

    assert holds_my_number(full_width)
    assert holds_my_number("　".join((full_width[:4], full_width[4:8], full_width[8:])))


@pytest.mark.parametrize(
    "separator",
    [
        "‐",
        "－",
        "–",
        "−",
        "ー",
        "  ",
        " - ",
        "\t",
        ".",
        "_",
        "/",
        ", ",
        "、",
        "・",
        "：",
        "|",
        "\n",
    ],
)
def test_a_my_number_with_other_dashes_and_gaps_is_recognised(separator):
    number = NUMBERS[3]

    assert holds_my_number(separator.join((number[:4], number[4:8], number[8:])))


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u200e", "\ufe0f\u20e3"]
)
def test_a_my_number_with_something_unseen_between_its_digits_is_recognised(unseen):
    assert holds_my_number(unseen.join(NUMBERS[3]))


@pytest.mark.parametrize("number", NUMBERS)
def test_twelve_digits_with_any_other_check_digit_are_ordinary(number):
    others = [number[:11] + str(digit) for digit in range(10) if str(digit) != number[11]]

    assert [other for other in others if holds_my_number(other)] == []


@pytest.mark.parametrize(
    "text", ["", "12345678901", NUMBERS[1] + "1", "1" + NUMBERS[1], "2027-05-20", "03-1234-5678"]
)
def test_fewer_or_more_digits_are_no_my_number(text):
    assert not holds_my_number(text)
