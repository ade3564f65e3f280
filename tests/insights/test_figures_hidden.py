"""Nothing small can be worked out from what is shown, tried by adding and taking away."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from portal.insights.suppress import ALL, LEAST, hidden

numbers = st.one_of(st.integers(0, 15), st.integers(0, 200))


@st.composite
def tables(draw):
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    places = list(product(map(str, range(rows)), "abcd"[:columns]))
    kept = draw(st.lists(st.sampled_from(places), min_size=1, unique=True))
    return with_margins({place: draw(numbers) for place in kept})


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
    keys = sorted(gone)
    matrix = [[Fraction(line.get(key, 0)) for key in keys] for line in lines(cells)]
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
