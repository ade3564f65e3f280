"""Nothing small can be worked out from what is shown, tried by adding and taking away."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from portal.insights.suppress import ALL, LEAST, corrected, hidden

numbers = st.one_of(st.integers(0, 15), st.integers(0, 200))


@st.composite
def places_with_numbers(draw):
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    places = list(product(map(str, range(rows)), "abcd"[:columns]))
    kept = draw(st.lists(st.sampled_from(places), min_size=1, unique=True))
    return {place: draw(numbers) for place in kept}


def tables():
    return places_with_numbers().map(with_margins)


def with_margins(inner):
    cells = dict(inner)
    for (row, column), value in inner.items():
        for key in [(row, ALL), (ALL, column), (ALL, ALL)]:
            cells[key] = cells.get(key, 0) + value
    return cells


def lines(cells):
    """Return every line as {cell: sign}, which come to nothing together."""
    for row in {row for row, _column in cells}:
        yield {key: -1 if key[1] == ALL else 1 for key in cells if key[0] == row}
    for column in {column for _row, column in cells}:
        yield {key: -1 if key[0] == ALL else 1 for key in cells if key[1] == column}


def worked_out(cells, gone):
    """Return the hidden cells that have one value only, by Gauss's elimination."""
    return certain(
        [{key: sign for key, sign in line.items() if key in gone} for line in lines(cells)]
    )


def certain(equations):
    """Return the unknowns that have one value only; an equation is {unknown: factor}."""
    keys = sorted({key for equation in equations for key in equation})
    matrix = [[Fraction(equation.get(key, 0)) for key in keys] for equation in equations]
    done = 0
    for column in range(len(keys)):
        pivot = next((n for n in range(done, len(matrix)) if matrix[n][column]), None)
        if pivot is None:
            continue
        matrix[done], matrix[pivot] = matrix[pivot], matrix[done]
        matrix[done] = [value / matrix[done][column] for value in matrix[done]]
        for number, row in enumerate(matrix):
            if number != done and row[column]:
                matrix[number] = [
                    a - row[column] * b for a, b in zip(row, matrix[done], strict=True)
                ]
        done += 1
    return {
        keys[[bool(value) for value in row].index(True)]
        for row in matrix
        if sum(map(bool, row)) == 1
    }


@given(tables())
def test_no_hidden_number_follows_from_the_shown(cells):
    gone = hidden(cells)

    assert {key for key, value in cells.items() if value < LEAST} <= gone
    if cells[ALL, ALL] >= LEAST:
        assert worked_out(cells, gone) == set()


@given(tables())
def test_no_sum_less_the_others_is_small(cells):
    gone = hidden(cells)

    for line in lines(cells):
        total = next(key for key, sign in line.items() if sign < 0 or key == (ALL, ALL))
        left = [key for key in line if key in gone and key != total]
        if left and total not in gone:
            assert sum(cells[key] for key in left) >= LEAST
            assert len(left) > 1


def test_nothing_is_hidden_where_nothing_is_small():
    assert hidden(with_margins({("1", "a"): 10, ("2", "b"): 25})) == set()


@st.composite
def corrections(draw):
    """Return a table and what it is after something came in late or was deleted."""
    inner = draw(places_with_numbers())
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    places = list(product(map(str, range(rows)), "abcd"[:columns]))
    late = st.one_of(st.integers(-15, 15), st.integers(0, 200))
    changes = draw(st.dictionaries(st.sampled_from(places), late, min_size=1))
    after = inner | {key: max(0, inner.get(key, 0) + late) for key, late in changes.items()}
    before = dict.fromkeys(after, 0) | inner
    return with_margins(before), with_margins(after)


def known_of_both(before, after, was_hidden, gone):
    """Return what somebody can tell who kept both, and knows of each number whether it changed."""
    changed = {key for key in after if after[key] != before[key]}
    equations = []
    for line in lines(before):
        equations.append({("before", *key): one for key, one in line.items() if key in was_hidden})
    for line in lines(after):
        equation = {("before", *key): one for key, one in line.items() if key in was_hidden & gone}
        equation |= {
            ("change", *key): one for key, one in line.items() if key in gone and key in changed
        }
        equations.append(equation)
    for key in was_hidden & gone & changed:
        sum_of_both = {("after", *key): 1, ("before", *key): -1, ("change", *key): -1}
        equations.append(sum_of_both)
    return certain(equations)


@given(corrections())
def test_who_kept_the_file_before_a_correction_works_out_nothing_small(versions):
    before, after = versions
    was_hidden = hidden({key: value for key, value in before.items() if value})
    gone = corrected(before, after, was_hidden=was_hidden)

    if gone is None or after[ALL, ALL] < LEAST:
        return
    assert was_hidden <= gone
    assert {key for key, value in after.items() if 0 < abs(value - before[key]) < LEAST} <= gone
    assert known_of_both(before, after, was_hidden, gone) == set()


@given(corrections())
def test_a_correction_below_ten_is_never_placed(versions):
    before, after = versions
    was_hidden = hidden({key: value for key, value in before.items() if value})

    if 0 < abs(after[ALL, ALL] - before[ALL, ALL]) < LEAST:
        assert corrected(before, after, was_hidden=was_hidden) is None


def test_what_comes_late_in_bulk_is_told_where_it_belongs():
    inner = {("1", "a"): 50, ("1", "b"): 60, ("2", "a"): 70, ("2", "b"): 80}
    late = inner | {("1", "a"): 70, ("2", "b"): 90}

    assert corrected(with_margins(inner), with_margins(late), was_hidden=set()) == set()


def test_a_small_change_is_hidden_with_others_of_its_lines():
    inner = {(row, column): 50 for row in "123" for column in "abc"}
    late = inner | {("1", "a"): 51, ("1", "b"): 70, ("2", "a"): 80, ("2", "b"): 90}

    gone = corrected(with_margins(inner), with_margins(late), was_hidden=set())

    assert gone == {("1", "a"), ("1", "b"), ("2", "a"), ("2", "b")}
