"""The merge, as documented: one rule per test, then the rules together over every history hypothesis can think of."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from include.storage.parquet import CODED, Merged, merge
from tests.storage.writers import Row, rows_of, table_of

SLOT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTLE = {"A": 8 * HOUR, "B": 2 * HOUR}
EMPTY = CODED.empty_table()

type Key = tuple[str, datetime]


def read(value: float | None, hours: float, *, field: str = "A", slot: int = 0) -> Row:
    """A reading of `value`, `hours` after its slot."""
    stamp = SLOT + slot * timedelta(minutes=15)
    return (stamp, field, value, stamp + hours * HOUR)


def merged(old: Sequence[Row] | None, new: Sequence[Row]) -> Merged:
    return merge(None if old is None else table_of(old), table_of(new), settle_after=SETTLE)


def kept(*in_order: Row) -> list[Row]:
    """What is stored after these readings came one after the other."""
    table = EMPTY
    for row in in_order:
        table = merge(table, table_of([row]), settle_after=SETTLE).table
    return rows_of(table)


def changes(result: Merged) -> list[datetime]:
    return [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(stamp)) for stamp in result.changed]


@pytest.mark.parametrize("hours", [0.5, 1.0, 9.0])
def test_a_value_replaces_a_null_whenever_it_was_read(hours: float) -> None:
    null, value = read(None, 1), read(5.0, hours)
    assert kept(null, value) == [value]
    assert changes(merged([null], [value])) == [SLOT]


@pytest.mark.parametrize("hours", [0.5, 1.0, 9.0])
def test_a_null_never_replaces_a_value(hours: float) -> None:
    value, null = read(5.0, 1), read(None, hours)
    assert kept(value, null) == [value]
    assert changes(merged([value], [null])) == []


def test_zero_is_a_value() -> None:
    assert kept(read(None, 1), read(0.0, 2)) == [read(0.0, 2)]
    assert kept(read(0.0, 1), read(None, 20)) == [read(0.0, 1)]


def test_of_two_values_the_later_read_wins_whichever_is_written_last() -> None:
    early, late = read(9.0, 1), read(5.0, 2)
    assert kept(early, late) == [late]
    assert kept(late, early) == [late]
    assert changes(merged([early], [late])) == [SLOT]
    assert changes(merged([late], [early])) == []


def test_of_two_values_read_at_the_same_time_the_larger_wins_whichever_is_written_last() -> None:
    small, large = read(5.0, 1), read(9.0, 1)
    assert kept(small, large) == kept(large, small) == [large]


def test_an_equal_value_keeps_the_row_that_was_read_first() -> None:
    first, again = read(5.0, 1), read(5.0, 30)
    assert kept(first, again) == [first]
    assert changes(merged([first], [again])) == []
    # Whichever writer comes last: otherwise the order of two tasks would show.
    assert kept(again, first) == [first]


def test_a_null_read_too_early_is_replaced_once_by_the_first_settled_one() -> None:
    early, settled, later = read(None, 7.9), read(None, 8), read(None, 30)
    assert kept(early, settled) == [settled]
    assert changes(merged([early], [settled])) == [SLOT]
    assert changes(merged([settled], [later])) == []
    assert kept(early, later, settled) == [settled]
    assert kept(settled, early) == [settled]


def test_of_provisional_nulls_the_first_stays() -> None:
    first, second = read(None, 1), read(None, 2)
    assert kept(first, second) == kept(second, first) == [first]
    assert changes(merged([first], [second])) == []


def test_each_field_settles_after_its_own_time() -> None:
    early = [read(None, 1, field="A"), read(None, 1, field="B")]
    late = [read(None, 2, field="A"), read(None, 2, field="B")]
    assert rows_of(merged(early, late).table) == [early[0], late[1]]


def test_a_revision_read_out_of_order_is_settled_by_the_next_read() -> None:
    first, second, third = read(5.0, 1), read(9.0, 2), read(5.0, 3)
    assert kept(first, second, third) == [third]
    assert kept(first, third, second) == [second]
    assert kept(first, third, second, read(5.0, 4)) == [read(5.0, 4)]


def test_fields_of_one_slot_are_rows_of_their_own() -> None:
    a, b = read(1.0, 1, field="A"), read(2.0, 1, field="B")
    result = merged([a], [b])
    assert rows_of(result.table) == [a, b]
    assert changes(result) == [SLOT]


def test_rows_are_sorted_by_field_and_then_time() -> None:
    rows = [read(float(slot), 1, field=field, slot=slot) for slot in (2, 0, 1) for field in ("B", "A")]
    assert [row[:2] for row in rows_of(merged(rows[:3], rows[3:]).table)] == [
        read(0, 1, field=field, slot=slot)[:2] for field in ("A", "B") for slot in (0, 1, 2)
    ]


def test_nothing_merged_into_nothing_is_nothing() -> None:
    for result in (merged(None, []), merged([], [])):
        assert result.table.num_rows == 0
        assert result.table.schema.equals(CODED)
        assert changes(result) == []


def test_an_empty_answer_changes_nothing() -> None:
    old = [read(5.0, 1), read(None, 1, slot=1)]
    result = merged(old, [])
    assert rows_of(result.table) == old
    assert changes(result) == []


def test_everything_is_new_in_an_empty_partition() -> None:
    new = [read(5.0, 1), read(None, 1, slot=1)]
    for result in (merged(None, new), merged([], new)):
        assert rows_of(result.table) == new
        assert changes(result) == [SLOT, SLOT + timedelta(minutes=15)]


def test_a_stored_field_that_the_catalogue_has_dropped_stays() -> None:
    dropped, new = read(5.0, 1, field="GONE"), read(6.0, 1)
    assert rows_of(merged([dropped], [new]).table) == [new, dropped]


def test_a_new_field_without_a_settling_time_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError, match="GONE"):
        merged([read(None, 1, field="GONE")], [read(None, 2, field="GONE")])


def key_of(row: Row) -> Key:
    return row[1], row[0]


def one_per_key(rows: Iterable[Row]) -> list[Row]:
    return list({key_of(row): row for row in rows}.values())


def without_returns(rows: Iterable[Row]) -> list[Row]:
    """The rows without those by which a key's value comes back after another one (A→B→A)."""
    past: dict[Key, list[float]] = {}
    taken = []
    for row in sorted(rows, key=lambda row: (row[3], row[2] is not None, row[2] or 0.0)):
        value = row[2]
        if value is not None:
            seen = past.setdefault(key_of(row), [])
            if value in seen[:-1]:
                continue
            if value not in seen:
                seen.append(value)
        taken.append(row)
    return taken


# Few slots, values and times, so that most readings meet another of the same key.
readings = st.builds(
    read,
    st.sampled_from([None, -1.5, 0.0, 1.0, 2.0]),
    st.integers(0, 10),
    field=st.sampled_from(["A", "B"]),
    slot=st.integers(0, 2),
)
batches = st.lists(readings, max_size=6).map(one_per_key)
histories = st.lists(readings, max_size=12).map(without_returns)


def folded(steps: Iterable[Sequence[Row]]) -> pa.Table:
    table = EMPTY
    for rows in steps:
        table = merge(table, table_of(rows), settle_after=SETTLE).table
    return table


@given(st.lists(batches, max_size=4))
def test_merging_again_what_is_there_changes_nothing(steps: list[list[Row]]) -> None:
    table = folded(steps)
    for again in (table, *(table_of(rows) for rows in steps[-1:])):
        result = merge(table, again, settle_after=SETTLE)
        assert rows_of(result.table) == rows_of(table)
        assert changes(result) == []


@given(batches, batches)
def test_changed_names_exactly_the_rows_that_differ_from_before(old: list[Row], new: list[Row]) -> None:
    before = folded([old])
    result = merge(before, table_of(new), settle_after=SETTLE)
    known = set(rows_of(before))
    assert changes(result) == [row[0] for row in rows_of(result.table) if row not in known]


@given(st.lists(batches, max_size=4))
def test_one_sorted_row_per_key_and_every_key_kept(steps: list[list[Row]]) -> None:
    table = folded(steps)
    keys = [key_of(row) for row in rows_of(table)]
    assert keys == sorted({key_of(row) for rows in steps for row in rows})
    assert table.schema.equals(CODED)


@given(st.lists(batches, max_size=4))
def test_every_stored_row_was_read_as_it_is(steps: list[list[Row]]) -> None:
    assert set(rows_of(folded(steps))) <= {row for rows in steps for row in rows}


@given(st.lists(batches, max_size=5))
def test_no_value_is_ever_lost(steps: list[list[Row]]) -> None:
    with_value = {key_of(row) for rows in steps for row in rows if row[2] is not None}
    assert {key_of(row) for row in rows_of(folded(steps)) if row[2] is not None} == with_value


@given(batches, batches)
def test_a_merge_is_the_merge_of_each_key_by_itself(old: list[Row], new: list[Row]) -> None:
    apart = [
        rows_of(merged([row for row in old if key_of(row) == key], [row for row in new if key_of(row) == key]).table)
        for key in sorted({key_of(row) for row in [*old, *new]})
    ]
    assert rows_of(merged(old, new).table) == [row for rows in apart for row in rows]


@given(histories.flatmap(lambda rows: st.tuples(st.permutations(rows), st.permutations(rows))))
@example(([read(None, 3), read(None, 9), read(None, 8)], [read(None, 8), read(None, 3), read(None, 9)]))
def test_the_order_of_writers_does_not_show(orders: tuple[list[Row], list[Row]]) -> None:
    one, other = (folded([row] for row in order) for order in orders)
    assert rows_of(one) == rows_of(other)


@given(histories.flatmap(st.permutations), st.integers(0, 12))
def test_it_does_not_show_how_readings_were_grouped_into_writes(order: list[Row], cut: int) -> None:
    left, right = (folded([row] for row in part) for part in (order[:cut], order[cut:]))
    together = merge(left, right, settle_after=SETTLE).table
    assert rows_of(together) == rows_of(folded([row] for row in order))


@given(histories.flatmap(st.permutations))
def test_what_is_kept_is_what_the_documented_rules_say(order: list[Row]) -> None:
    by_key: dict[Key, list[Row]] = {}
    for row in order:
        by_key.setdefault(key_of(row), []).append(row)
    assert rows_of(folded([row] for row in order)) == [documented(by_key[key]) for key in sorted(by_key)]


def documented(rows: list[Row]) -> Row:
    """The row that stays of one key, from the rules alone."""
    values = [row for row in rows if row[2] is not None]
    if values:
        newest = max(values, key=lambda row: (row[3], row[2]))
        return min((row for row in values if row[2] == newest[2]), key=lambda row: row[3])
    settled = [row for row in rows if row[3] >= row[0] + SETTLE[row[1]]]
    return min(settled or rows, key=lambda row: row[3])
