from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.applications.receipt import is_receipt_number, next_number, with_check_digit


@pytest.mark.django_db
def test_numbers_follow_one_another_in_the_year_of_japan():
    first, second = next_number(date(2026, 11, 20)), next_number(date(2027, 1, 1))

    assert first.startswith("A-2026-") and second.startswith("A-2027-")
    assert int(second[7:13]) == int(first[7:13]) + 1
    assert is_receipt_number(first) and is_receipt_number(second)


@given(st.integers(0, 99_999_999), st.data())
def test_any_one_wrong_digit_is_noticed(number, data):
    right = with_check_digit(2026, number)
    places = [place for place, sign in enumerate(right) if sign.isdigit()]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != right[place]]))

    assert is_receipt_number(right)
    assert not is_receipt_number(right[:place] + other + right[place + 1 :])


@pytest.mark.parametrize("text", ["", "A-2026-004137", "a-2026-004137-7", "A-2026-004137-7 "])
def test_what_has_another_form_is_no_number(text):
    assert not is_receipt_number(text)
