"""October's doubled hour in stamps without an offset: which row is of its second pass."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from include.sources.eirgrid.stamps import instant_of


class Stamped(NamedTuple):
    """A row of one field: Irish wall-clock time without zone, and a value or null."""

    local: datetime
    value: float | None


def is_doubled(local: datetime) -> bool:
    """Whether this wall-clock time happens twice."""
    return instant_of(local) != instant_of(local, second_pass=True)


def in_passes(rows: list[Stamped], *, warn: Callable[[str], None]) -> Iterator[tuple[Stamped, bool | None]]:
    """Each row, and whether it is of the second pass; None where that cannot be told.

    A stamp of the doubled hour that comes twice is of the first pass and then of the second, where rows are in order
    and other stamps come once; from newest to oldest, the other way round. Otherwise two values that differ may be of
    either pass.
    """
    doubled = {local for local, count in Counter(row.local for row in rows).items() if count > 1 and is_doubled(local)}
    others = [row.local for row in rows if not is_doubled(row.local)]
    sent_once = len(set(others)) == len(others)
    if not sent_once:
        warn("stamps sent more than once")
    if not doubled:
        yield from ((row, False) for row in rows)
        return
    steps = [(other.local > one.local) - (other.local < one.local) for one, other in pairwise(rows)]
    rising, falling = steps.count(-1) <= 1, steps.count(1) <= 1
    twice = all(count <= 2 for count in Counter(row.local for row in rows).values())
    if sent_once and twice and (rising or falling):
        yield from _first_then_second(rows if rising else rows[::-1])
        return
    differing = {local for local in doubled if len({row.value for row in rows if row.local == local}) > 1}
    yield from ((row, None if row.local in differing else False) for row in rows)


def _first_then_second(rows: list[Stamped]) -> Iterator[tuple[Stamped, bool]]:
    seen: set[datetime] = set()
    for row in rows:
        again = row.local in seen
        seen.add(row.local)
        # A null of the second pass says no more than that upstream has no rows for it.
        if not (again and row.value is None):
            yield row, again
