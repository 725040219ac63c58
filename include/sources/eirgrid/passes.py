"""October's doubled hour in stamps without an offset: which row is of its second pass."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from include.sources.columns import Bools, Floats, Ints, ascends


class Passes(NamedTuple):
    """Which rows of a field count, and as what."""

    rows: Ints
    """Places of the rows whose pass is known, in the order of time where that decides."""
    again: Bools
    """Whether each of these is of the second pass."""
    undecided: Ints
    """Places of the rows of which that cannot be told."""


def in_passes(walls: Ints, values: Floats, doubled: Bools, *, warn: Callable[[str], None]) -> Passes:
    """The rows of one field, of which the doubled ones happen twice on the clock, told apart.

    A stamp of the doubled hour that comes twice is of the first pass and then of the second, where rows are in order
    and other stamps come once; from newest to oldest, the other way round. Otherwise two values that differ may be of
    either pass.
    """
    rows, undecided = np.arange(len(walls)), np.empty(0, dtype=np.int64)
    once = np.zeros(len(walls), dtype=bool)
    if ascends(walls):
        return Passes(rows, once, undecided)
    _, first, stamp, times = np.unique(walls, return_index=True, return_inverse=True, return_counts=True)
    sent_once = bool((doubled | (times[stamp] == 1)).all())
    if not sent_once:
        warn("stamps sent more than once")
    if not (doubled & (times[stamp] > 1)).any():
        return Passes(rows, once, undecided)
    steps = np.sign(np.diff(walls))
    rising, falling = (steps == -1).sum() <= 1, (steps == 1).sum() <= 1
    if sent_once and times.max() <= 2 and (rising or falling):
        return _first_then_second(rows if rising else rows[::-1], walls, values)
    other = values[first][stamp]
    differs = doubled & (values != other) & ~(np.isnan(values) & np.isnan(other))
    either = np.isin(walls, walls[differs])
    return Passes(rows[~either], once[~either], rows[either])


def _first_then_second(rows: Ints, walls: Ints, values: Floats) -> Passes:
    _, first = np.unique(walls[rows], return_index=True)
    again = np.ones(len(rows), dtype=bool)
    again[first] = False
    # A null of the second pass says no more than that upstream has no rows for it.
    told = ~(again & np.isnan(values[rows]))
    return Passes(rows[told], again[told], np.empty(0, dtype=np.int64))
