"""Rows of October's doubled hour in every order that an answer may have them."""

import math
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pytest

from include.domain.calendar import day_span
from include.sources.eirgrid.passes import in_passes
from include.sources.eirgrid.stamps import instant_of, instants_of, wall_clock
from tests.randomness import random_of


class Stamped(NamedTuple):
    """A row of one field: Irish wall-clock time without zone, and a value or null."""

    local: datetime
    value: float | None


DAY = datetime(2026, 10, 25)  # noqa: DTZ001  upstream's clock
QUARTER = timedelta(minutes=15)
WALL = [DAY + n * QUARTER for n in range(96)]
HOUR = WALL[4:8]
ROWS = [
    *[Stamped(local, 100.0 + place) for place, local in enumerate(WALL[:8])],
    *[Stamped(local, 200.0 + place) for place, local in enumerate(HOUR)],
    *[Stamped(local, 300.0 + place) for place, local in enumerate(WALL[8:])],
]


def instants(rows: list[Stamped]) -> tuple[dict[datetime | None, float | None], list[str]]:
    """What rows whose pass is known say, and the warnings."""
    warned: list[str] = []
    walls = np.array([wall_clock(row.local) for row in rows], dtype=np.int64)
    values = np.array([math.nan if row.value is None else row.value for row in rows], dtype=np.float64)
    doubled = np.array([is_doubled(row.local) for row in rows], dtype=bool)
    places, again, _ = in_passes(walls, values, doubled, warn=warned.append)
    told = [(rows[place], second) for place, second in zip(places.tolist(), again.tolist(), strict=True)]
    return {instant_of(row.local, second_pass=second): row.value for row, second in told}, warned


def is_doubled(local: datetime) -> bool:
    first, second = instants_of(np.array([wall_clock(local)], dtype=np.int64), day_span(date(2026, 10, 25)))
    return bool(first[0] != second[0])


EVERY = {
    **{instant_of(row.local): row.value for row in (*ROWS[:8], *ROWS[12:])},
    **{instant_of(row.local, second_pass=True): row.value for row in ROWS[8:12]},
}


def test_the_doubled_hour_and_no_other() -> None:
    assert [local for local in WALL if is_doubled(local)] == HOUR


@pytest.mark.parametrize(
    "rows", [ROWS, ROWS[::-1], ROWS[4:12], ROWS[11:3:-1]], ids=["up", "down", "up, cut", "down, cut"]
)
def test_both_passes_in_order(rows: list[Stamped]) -> None:
    found, warned = instants(rows)
    assert found == {at: value for at, value in EVERY.items() if value in {row.value for row in rows}}
    assert warned == []


def test_each_stamp_beside_its_double() -> None:
    beside = [ROWS[0], *[row for pair in zip(ROWS[4:8], ROWS[8:12], strict=True) for row in pair], ROWS[12]]
    found, warned = instants(beside)
    assert found == {at: value for at, value in EVERY.items() if value in {row.value for row in beside}}
    assert warned == []


def test_one_pass_is_the_first() -> None:
    found, warned = instants([*ROWS[:8], *ROWS[12:]])
    assert found == {at: value for at, value in EVERY.items() if not 200 <= (value or 0) < 300}
    assert warned == []


def test_a_null_of_the_second_pass_is_not_kept() -> None:
    nulls = [row._replace(value=None) for row in ROWS[8:12]]
    found, _ = instants([*ROWS[:8], *nulls, *ROWS[12:]])
    assert found == {at: value for at, value in EVERY.items() if not 200 <= (value or 0) < 300}


@pytest.mark.parametrize("seed", range(20))
def test_rows_in_no_order_are_not_guessed_at(seed: int) -> None:
    mixed = random_of(seed).sample(ROWS, len(ROWS))
    found, warned = instants(mixed)
    assert found == {at: value for at, value in EVERY.items() if not is_doubled(at_wall(at))}
    assert warned == []


def at_wall(at: datetime | None) -> datetime:
    return next(local for local in WALL if at in {instant_of(local), instant_of(local, second_pass=True)})


def test_another_stamp_that_came_twice_makes_the_passes_doubtful() -> None:
    found, warned = instants([ROWS[0], *ROWS])
    assert found == {at: value for at, value in EVERY.items() if not is_doubled(at_wall(at))}
    assert warned == ["stamps sent more than once"]


def test_a_whole_answer_twice_over_is_one_pass() -> None:
    once = [*ROWS[:8], *ROWS[12:]]
    found, warned = instants([*once, *once])
    assert found == {at: value for at, value in EVERY.items() if not 200 <= (value or 0) < 300}
    assert warned == ["stamps sent more than once"]
