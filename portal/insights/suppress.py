"""Which numbers of a table may not be shown, so that no small one is told or can be worked out.

A table has cells by (row, column), and its margins under `*`: the row's sum, the column's, and the
sum of all. Small is whatever is below LEAST, nothing too. Hiding the small ones is not enough:
what is alone in its line is the sum less the others. So others are hidden with them until

- no line whose sum is shown has hidden cells that come to less than LEAST together, and
- no hidden number follows from the shown ones by adding and taking away. Take every line of the
  table, the lines of the margins too, as a point, and every hidden number as a thread between its
  row and its column: a number follows exactly if without its thread the two fall apart.

What is guessed from bounds over several lines at once (never below nothing) is not looked at.

A table that is published again, corrected, stands beside the old one, which somebody may have kept:
`corrected` says whether it may be.
"""

from collections import defaultdict
from collections.abc import Iterable

LEAST = 10
ALL = "*"

Key = tuple[str, str]


def hidden(cells: dict[Key, int], *, also: Iterable[Key] = ()) -> set[Key]:
    """Return what to hide of a table given with all its margins, `also` among it."""
    table = _Table(cells)
    table.hide(key for key, value in cells.items() if value < LEAST)
    table.hide(also)
    while one := table.next_to_hide():
        table.hide([one])
    return table.hidden


def corrected(
    before: dict[Key, int], after: dict[Key, int], *, was_hidden: set[Key]
) -> set[Key] | None:
    """Return what to hide of a table that was published as `before`; None if it may not be told.

    What was hidden stays hidden, and so does every change below LEAST: the changes are a table as
    well, of which the reader of both is taken to know where there are any. If the sum of everything
    would have to be hidden for that, the correction is too small to say where it belongs; so it is
    where nothing was published before.
    """
    changes = {key: abs(value - before.get(key, 0)) for key, value in after.items()}
    changes = {key: change for key, change in changes.items() if change}
    total = (ALL, ALL)
    if 0 < changes.get(total, LEAST) < LEAST or before[total] < LEAST <= after[total]:
        return None
    if after[total] < LEAST:
        return set(after)
    gone = was_hidden
    while True:
        found = hidden(after, also=gone)
        found |= hidden(changes, also=found & changes.keys())
        if total in found:
            return None
        if found == gone:
            return None if follows(changes, found & changes.keys()) else gone
        gone = found


def follows(cells: dict[Key, int], gone: set[Key]) -> bool:
    """Tell whether a hidden number follows from the shown ones by adding and taking away."""
    table = _Table(cells)
    table.hide(gone)
    return bool(table.bridges())


class _Table:
    def __init__(self, cells: dict[Key, int]):
        self.cells = cells
        self.lines: dict[tuple, list[Key]] = defaultdict(list)
        for key in cells:
            for line in _lines_of(key):
                self.lines[line].append(key)
        self.hidden: set[Key] = set()
        self.looked_at: set[tuple] = set(self.lines)  # lines still to be looked at

    def hide(self, keys) -> None:
        for key in keys:
            self.hidden.add(key)
            self.looked_at.update(_lines_of(key))

    def next_to_hide(self) -> Key | None:
        """Return one more that has to be hidden, or None when nothing small can be worked out."""
        while self.looked_at:
            line = min(self.looked_at)
            if self.needs_more(line) and (found := self.cheapest(self.lines[line])):
                return found
            self.looked_at.discard(line)
        for row, column in self.bridges():
            if found := self.way_round(row, column):
                return found
        return None

    def needs_more(self, line) -> bool:
        """Tell whether the line gives away what it hides."""
        found = [key for key in self.lines[line] if key in self.hidden]
        if not found:
            return False
        total = _total_of(line)
        if total in self.hidden:
            return len(found) == 1
        return len(found) == 1 or sum(self.cells[key] for key in found) < LEAST

    def cheapest(self, keys) -> Key | None:
        """Return whose hiding costs least: the smallest, a margin only if no other is left."""
        left = [key for key in keys if key not in self.hidden]
        return min(left, key=lambda key: (key.count(ALL), self.cells[key], key), default=None)

    def threads(self, without=None) -> dict[tuple, list[tuple]]:
        ends = defaultdict(list)
        for key in self.hidden:
            if key != without:
                row, column = _lines_of(key)
                ends[row].append(column)
                ends[column].append(row)
        return ends

    def bridges(self) -> list[Key]:
        """Return the hidden numbers that follow from the shown ones (Tarjan, without recursion)."""
        ends, order, low, found = self.threads(), {}, {}, []
        for start in sorted(ends):
            if start in order:
                continue
            order[start] = low[start] = len(order)
            path = [(start, None, iter(ends[start]))]
            while path:
                point, before, rest = path[-1]
                for other in rest:
                    if other not in order:
                        order[other] = low[other] = len(order)
                        path.append((other, point, iter(ends[other])))
                        break
                    if other != before:
                        low[point] = min(low[point], order[other])
                else:
                    path.pop()
                    if before is not None:
                        low[before] = min(low[before], low[point])
                        if low[point] > order[before]:
                            found.append(_key(point, before))
        return found

    def way_round(self, row: str, column: str) -> Key | None:
        """Return what to hide so that the number at (row, column) no longer follows."""
        key = (row, column)
        near = self.reached(("row", row), without=key)
        far = self.reached(("column", column), without=key)
        return self.cheapest(
            other
            for other in self.cells
            if (("row", other[0]) in near and ("column", other[1]) in far)
            or (("row", other[0]) in far and ("column", other[1]) in near)
        )

    def reached(self, start, *, without: Key) -> set[tuple]:
        ends, seen, left = self.threads(without), {start}, [start]
        while left:
            for other in ends[left.pop()]:
                if other not in seen:
                    seen.add(other)
                    left.append(other)
        return seen


def _lines_of(key: Key) -> tuple[tuple, tuple]:
    return ("row", key[0]), ("column", key[1])


def _total_of(line) -> Key:
    kind, name = line
    return (name, ALL) if kind == "row" else (ALL, name)


def _key(one, other) -> Key:
    row, column = (one, other) if one[0] == "row" else (other, one)
    return row[1], column[1]
