"""The bytes of a partition: always the same for the same rows, self-describing, and refused when they are not ours."""

import io
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from include.domain.catalogue import ATTRIBUTION
from include.domain.errors import StorageError
from include.domain.readings import Feed
from include.storage.keys import SCHEMA_VERSION
from include.storage.parquet import CODED, INSTANT, SCHEMA, decode, encode, merge
from tests.storage.writers import FETCHED, SETTLE, START, rows_of, table_of, values

MONTH = values(0, 31 * 96)
instants = st.datetimes(datetime(2014, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
any_rows = st.lists(
    st.tuples(instants, st.sampled_from(["WIND_ACTUAL", "WIND_FCAST"]), st.none() | st.floats(-1e6, 1e6), instants),
    max_size=8,
    unique_by=lambda row: row[:2],
)


@given(any_rows)
def test_what_was_encoded_is_decoded(rows: list[tuple[datetime, str, float | None, datetime]]) -> None:
    table = decode(encode(table_of(rows), feed=Feed.EIRGRID), key="k")
    assert rows_of(table) == rows
    assert table.schema.equals(SCHEMA)


@given(any_rows.flatmap(lambda rows: st.tuples(st.permutations(rows), st.permutations(rows))))
def test_the_same_rows_give_the_same_bytes_in_whatever_order_they_came(
    orders: tuple[list[tuple[datetime, str, float | None, datetime]], ...],
) -> None:
    one, other = (merge(None, table_of(rows), settle_after=SETTLE).table for rows in orders)
    assert encode(one, feed=Feed.EIRGRID) == encode(other, feed=Feed.EIRGRID)


def test_the_same_rows_give_the_same_bytes_however_they_lie_in_memory() -> None:
    pieces = pa.concat_tables([MONTH.slice(at, 37) for at in range(0, MONTH.num_rows, 37)])
    labelled = MONTH.replace_schema_metadata({"pandas": "{}"})
    again = decode(encode(MONTH, feed=Feed.EIRGRID), key="k")
    expected = encode(MONTH, feed=Feed.EIRGRID)
    assert [encode(table, feed=Feed.EIRGRID) == expected for table in (pieces, labelled, again)] == [True] * 3


def test_the_same_rows_give_the_same_bytes_however_their_fields_are_numbered() -> None:
    rows = table_of([(START, name, 1.0, FETCHED) for name in ("A", "B", "B", "C")])
    numbered = pa.DictionaryArray.from_arrays(pa.array([3, 0, 0, 1], pa.int32()), ["B", "C", "NOBODY", "A"])
    data = encode(rows.set_column(1, "field", numbered), feed=Feed.EIRGRID)
    assert data == encode(rows, feed=Feed.EIRGRID)
    assert b"NOBODY" not in data
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), ["A", "B", "B", "C"])
    apart = pa.chunked_array([one.dictionary_encode() for one in (pa.array(["A", "B"]), pa.array(["B", "C"]))])
    for field in (twice, apart):
        assert encode(rows.set_column(1, "field", field), feed=Feed.EIRGRID) == data


def test_who_reads_a_file_gets_text_and_not_categories() -> None:
    read = pq.read_table(io.BytesIO(encode(MONTH, feed=Feed.EIRGRID)))
    assert read.schema.equals(SCHEMA)


def test_a_file_says_what_it_holds_and_whose_data_it_is() -> None:
    metadata = pq.read_metadata(io.BytesIO(encode(MONTH, feed=Feed.SIMULATED)))
    assert metadata.metadata[b"feed"] == b"simulated"
    assert metadata.metadata[b"attribution"] == ATTRIBUTION.encode()
    assert metadata.metadata[b"schema_version"] == str(SCHEMA_VERSION).encode()


def test_the_feed_in_a_file_is_the_one_it_was_written_for() -> None:
    again = decode(encode(MONTH, feed=Feed.SIMULATED), key="k")
    assert pq.read_metadata(io.BytesIO(encode(again, feed=Feed.EIRGRID))).metadata[b"feed"] == b"eirgrid"


def test_every_column_is_snappy_in_one_row_group_with_the_documented_types() -> None:
    file = pq.ParquetFile(io.BytesIO(encode(MONTH, feed=Feed.EIRGRID)))
    assert file.num_row_groups == 1
    columns = [file.metadata.row_group(0).column(n) for n in range(4)]
    assert [column.compression for column in columns] == ["SNAPPY"] * 4
    assert [column.path_in_schema for column in columns] == ["timestamp", "field", "value", "fetched_at"]
    stamp = file.schema_arrow.field("timestamp").type
    assert (stamp.unit, stamp.tz) == ("us", "UTC")


def test_an_empty_partition_can_be_written_and_read() -> None:
    table = decode(encode(SCHEMA.empty_table(), feed=Feed.EIRGRID), key="k")
    assert table.num_rows == 0
    assert table.schema.equals(SCHEMA)


def test_microseconds_and_nulls_survive() -> None:
    rows = [(START, "WIND_ACTUAL", None, FETCHED + timedelta(microseconds=1))]
    assert rows_of(decode(encode(table_of(rows), feed=Feed.EIRGRID), key="k")) == rows


WHOLE = encode(values(0, 20), feed=Feed.EIRGRID)


@pytest.mark.parametrize(
    "garbage",
    [b"", b"PAR1", b"PAR1PAR1", b"<html>503</html>", b"\x00" * 4096, WHOLE[::-1]],
    ids=["empty", "magic", "magic-twice", "html", "zeros", "reversed"],
)
def test_garbage_is_refused_by_name(garbage: bytes) -> None:
    with pytest.raises(StorageError, match=r"readings/data\.parquet is not a readings file"):
        decode(garbage, key="readings/data.parquet")


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_short_anywhere_is_refused(length: int) -> None:
    with pytest.raises(StorageError):
        decode(WHOLE[:length], key="k")


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@example(102, 4)  # Arrow's IndexError: in its pages' headers a dictionary has lost its names
@example(108, 16)
@example(110, 2)
def test_a_file_with_a_wrong_byte_is_refused_or_read_and_never_crashes(position: int, flip: int) -> None:
    broken = bytearray(WHOLE)
    broken[position] ^= flip
    try:
        table = decode(bytes(broken), key="k", schema=CODED)
    except StorageError:
        with pytest.raises(StorageError):
            decode(bytes(broken), key="k")
        return
    assert table.schema.equals(CODED)
    assert len(rows_of(decode(bytes(broken), key="k"))) == len(rows_of(table)) == table.num_rows


INSTANTS = pa.array([START], INSTANT)
ONE = pa.table({"timestamp": INSTANTS, "field": ["A"], "value": [1.0], "fetched_at": INSTANTS})


@pytest.mark.parametrize(
    "other",
    [
        ONE.drop_columns(["fetched_at"]),
        ONE.drop_columns(["timestamp"]).append_column("timestamp", pa.array([None], INSTANT)),
        ONE.drop_columns(["field"]).append_column("field", pa.array([None], pa.string())),
        ONE.drop_columns(["value"]).append_column("value", pa.array(["windy"])),
        ONE.drop_columns(["timestamp"]).append_column("timestamp", pa.array([[1]])),
        ONE.append_column("field", pa.array(["B"])),
    ],
    ids=["no-fetched-at", "null-timestamp", "null-field", "text-value", "list-timestamp", "field-twice"],
)
def test_a_parquet_file_of_another_kind_is_refused(other: pa.Table) -> None:
    sink = io.BytesIO()
    pq.write_table(other, sink)
    with pytest.raises(StorageError, match="k is not a readings file"):
        decode(sink.getvalue(), key="k")
