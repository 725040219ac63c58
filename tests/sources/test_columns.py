"""Columns hold what their values hold one at a time, whatever an answer has in them."""

import math
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.domain.calendar import DAY, Interval, day_span, from_microseconds, irish_day, microseconds, slots
from include.domain.catalogue import area
from include.domain.errors import ContractBroken
from include.sources.columns import Column, Columns, by_field, fill_elapsed, numbers, table
from include.sources.eirgrid.envelope import Raw, long_rows, wide_rows
from include.sources.eirgrid.rows import read_all
from include.sources.eirgrid.stamps import NOWHERE, instant_of, instants_of, parse_stamp, parse_stamps, wall_clock
from include.sources.values import number
from tests.sources.asking import at
from tests.sources.malformed import JUNK

NOW: Final = at("2026-10-26T12:00:00Z")


def outcome(read: Any, given_to: Any) -> str:
    """What it gives, or the text of its ValueError."""
    try:
        return repr(read(given_to))
    except ValueError as error:
        return f"ValueError: {error}"


def one_by_one(column: list[object]) -> list[float]:
    return [math.nan if one is None else one for one in map(number, column)]


SENT: Final = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=3), st.sampled_from(JUNK))
PLAIN: Final = st.one_of(st.integers(-9, 9), st.floats(-9, 9), st.none(), st.sampled_from(["1", "-2.5", "+3.", ".5"]))


@given(st.lists(PLAIN, max_size=4) | st.lists(PLAIN | SENT, max_size=4))
def test_a_column_of_numbers_is_each_of_them(column: list[object]) -> None:
    assert outcome(lambda sent: numbers(sent).tolist(), column) == outcome(one_by_one, column)


GOOD: Final = ("22-Nov-2026 20:15:00", "22-11-2026 20:15:00", "01-Jan-2014", "5-2-2026 2:15", " 1-Nov-2026 20:15:00")
STAMPS: Final = st.sampled_from(GOOD[:2]) | st.sampled_from(GOOD)


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    stamp, place = draw(STAMPS), draw(st.integers(0, 30))
    return stamp[:place] + draw(st.sampled_from("0139-: Zé٣\x00\n")) + stamp[place + 1 :]


@given(st.lists(st.sampled_from(GOOD[:1]) | spoiled(), max_size=4) | st.lists(STAMPS | spoiled(), max_size=3))
def test_a_column_of_stamps_is_each_of_them(stamps: list[str]) -> None:
    expected = outcome(lambda texts: [wall_clock(parse_stamp(text)) for text in texts], stamps)
    assert outcome(lambda texts: parse_stamps(texts).tolist(), stamps) == expected


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-07-01", "2026-12-31"])
def test_both_passes_of_every_stamp_of_a_day(day: str) -> None:
    start = datetime.fromisoformat(day)
    locals_ = [start + timedelta(minutes=15) * place for place in range(96)]
    first, second = instants_of(np.array([wall_clock(one) for one in locals_]), day_span(start.date()))
    for again, found in ((False, first), (True, second)):
        told = [None if one == NOWHERE else from_microseconds(one) for one in found.tolist()]
        assert told == [instant_of(one, second_pass=again) for one in locals_]


@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 9)), max_size=9))
def test_the_last_value_of_a_slot_counts_and_a_null_never_replaces_one(sent: list[tuple[int, int | None]]) -> None:
    expected: dict[int, int | None] = {}
    for slot, value in sent:
        if value is not None or slot not in expected:
            expected[slot] = value
    values = np.array([math.nan if value is None else value for _, value in sent], dtype=np.float64)
    column = Column.of(np.array([slot for slot, _ in sent], dtype=np.int64), values)
    told = [None if math.isnan(value) else value for value in column.values.tolist()]
    assert list(zip(column.slots.tolist(), told, strict=True)) == list(expected.items())


@pytest.mark.parametrize("irish", [False, True])
def test_slots_that_were_left_out_are_nulls_but_on_days_without_a_row_and_for_octobers_second_pass(irish: bool) -> None:
    (one,) = area("system_generation").of_region("ROI")
    first = at("2026-10-23T12:00:00+01:00").date()
    answered = {first, first + 2 * DAY}
    kept = at("2026-10-25T00:15:00Z")
    values: Columns = by_field({(one.field, kept): 5.0})
    span = Interval(day_span(first).start, at("2026-10-25T12:00:00Z"))
    fill_elapsed(values, [one], answered, span=span, irish_stamps=irish)
    lost = Interval(at("2026-10-25T01:00:00Z"), at("2026-10-25T02:00:00Z"))
    expected = [
        slot for slot in slots(span, one.cadence) if irish_day(slot) in answered and not (irish and slot in lost)
    ]
    assert values[one.field].slots.tolist() == [microseconds(slot) for slot in expected]
    df = table(values, fetched_at=NOW).to_pandas()
    assert df[df["value"].notna()][["timestamp", "value"]].to_numpy().tolist() == [[kept, 5.0]]


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_of_rows_that_are_refused_the_first_is_named(good: list[bool]) -> None:
    rows = list(enumerate(good))

    def read(part: list[tuple[int, bool]]) -> int:
        for place, fine in reversed(part):
            if not fine:
                raise ContractBroken(f"row {place} of {len(part)}")
        return len(part)

    if all(good):
        assert read_all(rows, read) == len(rows)
    else:
        with pytest.raises(ContractBroken, match=rf"^row {good.index(False)} of 1$"):
            read_all(rows, read)


def test_wide_rows_are_told_row_by_row() -> None:
    raw: list[Raw] = [{"Effective_Date": f"0{day}-02-2026", "B": day, "Region": None, "A": -day} for day in (1, 2)]
    rows = wide_rows(raw, stamp="Effective_Date", names={"A": "X"}, interface="vargen")
    told = [(rows.stamps[place][:2], rows.fields[code], rows.values[place]) for place, code in enumerate(rows.codes)]
    assert told == [("01", "B", 1), ("01", "X", -1), ("02", "B", 2), ("02", "X", -2)]


@pytest.mark.parametrize("wrong", [{"t": 1}, {"f": ["x"]}, {"f": None}, {"Region": {}}, {"Region": 1}])
def test_the_first_row_of_unknown_shape_is_shown(wrong: dict[str, object]) -> None:
    good = {"t": "10-Feb-2026", "f": "X", "Value": 1, "Region": "ROI"}
    raw: list[Raw] = [good, good, good | wrong | {"Value": "this one"}, good, good | wrong]
    with pytest.raises(ContractBroken, match=r"a row of unknown shape: .*this one"):
        long_rows(raw, stamp="t", field="f", interface="chart")
    for key in ("t", "f", "Value"):
        less = {name: value for name, value in good.items() if name != key}
        with pytest.raises(ContractBroken, match="a row of unknown shape"):
            long_rows([good, less], stamp="t", field="f", interface="chart")
