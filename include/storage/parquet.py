"""The Parquet form of a partition and the merge of new rows into it.

Columns: `timestamp` (UTC, µs), `field`, `value` (double, null = upstream had no value), `fetched_at` (UTC, µs); one row
per (timestamp, field), sorted by (field, timestamp). The same rows always give the same bytes.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from include.domain.catalogue import ATTRIBUTION
from include.domain.errors import StorageError
from include.domain.readings import Feed
from include.storage.keys import SCHEMA_VERSION

INSTANT: Final = pa.timestamp("us", tz="UTC")
SCHEMA: Final = pa.schema(
    [
        pa.field("timestamp", INSTANT, nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("fetched_at", INSTANT, nullable=False),
    ]
)
NEVER_NULL: Final = [one.name for one in SCHEMA if not one.nullable]
CODED: Final = SCHEMA.set(1, pa.field("field", pa.dictionary(pa.int32(), pa.string()), nullable=False))
"""The same with each name once, and its number in every row: what is fastest to read, compare and merge."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge made of a partition."""

    table: pa.Table
    """Of the schema CODED."""
    changed: np.ndarray[Any, np.dtype[np.int64]]
    """Timestamps (µs since 1970, UTC) of the rows that are new or differ from before; empty: nothing to write."""


def merge(old: pa.Table | None, new: pa.Table, *, settle_after: Mapping[str, timedelta]) -> Merged:
    """Merge new rows (one per key) into old ones.

    A value replaces a null and a null never replaces a value. Of two different values the later `fetched_at` wins, and
    at the same `fetched_at` the larger, whichever side it stands on. Equal values keep the earlier `fetched_at`. Of two
    nulls the first one read at slot + `settle_after[field]` or later counts; before that, the earliest.
    """
    held = 0 if old is None else old.num_rows
    rows = _Rows.of(pa.concat_tables([_numbered(one) for one in (old, new) if one is not None]))
    if not held and rows.ascends():
        return Merged(rows.table, rows.timestamp)
    left = rows.same_key_as_next()
    keep = np.ones(len(rows.order), dtype=bool)
    if len(left):
        take_new = rows.second_wins(left, settle_after=settle_after)
        keep[np.where(take_new, left, left + 1)] = False
    kept = rows.table.take(pa.array(rows.order[keep]))
    return Merged(kept, rows.timestamp[keep & (rows.order >= held)])


def _numbered(table: pa.Table) -> pa.Table:
    """Readings with each name once in a dictionary, if they are not so yet."""
    names = table["field"]
    return table if names.type == CODED.field("field").type else _numbered_anew(table)


def _numbered_anew(table: pa.Table) -> pa.Table:
    names = table["field"].cast(pa.string()).dictionary_encode()
    return table.set_column(table.schema.get_field_index("field"), CODED.field("field"), names)


def encode(table: pa.Table, *, feed: Feed, attribution: str = ATTRIBUTION) -> bytes:
    """The Parquet bytes of a partition, Snappy, with its feed and attribution in the metadata."""
    metadata = {"feed": feed.value, "attribution": attribution, "schema_version": str(SCHEMA_VERSION)}
    sink = io.BytesIO()
    with pq.ParquetWriter(
        sink,
        CODED,
        compression="snappy",
        # Slots are one step apart, a fetch gives many rows one time, and values come again.
        use_dictionary=["field", "value", "fetched_at"],
        column_encoding={"timestamp": "DELTA_BINARY_PACKED"},
        # Nobody looks for a value or a time of fetching.
        write_statistics=["timestamp", "field"],
        version="2.6",
        data_page_version="1.0",
        write_page_index=False,
        write_page_checksum=True,
        # Arrow's own schema would make a category of `field` for who reads the file.
        store_schema=False,
    ) as writer:
        writer.add_key_value_metadata(metadata)
        writer.write_table(_in_order(in_schema(table)), row_group_size=1 << 20)
    return sink.getvalue()


def _in_order(table: pa.Table) -> pa.Table:
    """The same with the names that there are, sorted: they are written as they stand."""
    names, codes = named(table)
    ordered = present(names, codes)
    if names == ordered and table["field"].num_chunks == 1:
        return table
    place = {name: place for place, name in enumerate(ordered)}
    found = np.array([place.get(name, 0) for name in names], dtype=np.int32)[codes]
    return table.set_column(1, CODED[1], pa.DictionaryArray.from_arrays(found, pa.array(ordered, pa.string())))


def decode(data: bytes, *, key: str, schema: pa.Schema = SCHEMA) -> pa.Table:
    """The rows of a partition; StorageError when the bytes are no such file (it is then left alone)."""
    try:
        # Not pq.read_table: what it sets up to read folders and in threads takes longer than one such file does, as do
        # names that are read as text row by row.
        file = pq.ParquetFile(
            pa.BufferReader(data), page_checksum_verification=True, pre_buffer=False, read_dictionary=["field"]
        )
        table = file.read(use_threads=False).select(SCHEMA.names)
        _check_names(table["field"])
        return table if table.schema.equals(schema) else table.cast(schema)
    except (ValueError, KeyError, OSError, pa.ArrowException) as error:
        raise StorageError(f"{key} is not a readings file ({error}); restore it from its S3 version") from error


def _check_names(field: pa.ChunkedArray) -> None:
    """ValueError when a row is of a name that a broken file has lost."""
    for chunk in field.chunks:
        numbers = chunk.indices.to_numpy(zero_copy_only=False)
        if len(numbers) and numbers.max() >= len(chunk.dictionary):
            raise ValueError("a row of a field without a name")


def in_schema(table: pa.Table) -> pa.Table:
    """A table of these columns in the schema CODED; ValueError where a column cannot have its type."""
    table = _numbered(table) if _all_differ(table["field"]) else _numbered_anew(table)
    same = table.schema.equals(CODED)
    if not (same or table.schema.types == CODED.types) or any(table[name].null_count for name in NEVER_NULL):
        return table.cast(CODED)
    return table if same else pa.Table.from_arrays(table.columns, schema=CODED)


def _all_differ(field: pa.ChunkedArray) -> bool:
    """Whether no name is null or stands twice in a dictionary, where there is one."""
    if not pa.types.is_dictionary(field.type):
        return True
    names = [chunk.dictionary.to_pylist() for chunk in field.chunks]
    return all(None not in one and len(set(one)) == len(one) for one in names)


def in_microseconds(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The instants of a column, since 1970, UTC."""
    found: np.ndarray[Any, np.dtype[np.int64]] = column.to_numpy().view(np.int64)
    return found


def present(names: Sequence[str], codes: np.ndarray[Any, np.dtype[np.int32]]) -> list[str]:
    """Those of the names that some row is of, sorted."""
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return sorted(name for name, count in zip(names, counts, strict=True) if count)


def named(table: pa.Table) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int32]]]:
    """The names of a table's fields, and which of them each row is of."""
    found = _numbered(table)["field"].combine_chunks()
    return found.dictionary.to_pylist(), found.indices.to_numpy(zero_copy_only=False)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of both sides as arrays."""

    table: pa.Table
    """The old rows before the new ones, each name once."""
    order: np.ndarray[Any, Any]
    """Where the rows sorted by (field, timestamp, side) lie in the table."""
    timestamp: np.ndarray[Any, Any]
    """Sorted, as is the code of the field."""
    code: np.ndarray[Any, Any]
    fields: list[str]

    @classmethod
    def of(cls, table: pa.Table) -> "_Rows":
        table = table.unify_dictionaries().combine_chunks()
        names, places = named(table)
        fields = sorted(names)
        # numpy sorts 16 bits digit by digit, in half the time.
        code = np.array([fields.index(name) for name in names], dtype=np.int16)[places]
        stamp = in_microseconds(table["timestamp"])
        # A stable sort: of two rows with one key the old one stays before the new one.
        order = np.lexsort((stamp, code))
        return cls(table, order, stamp[order], code[order], fields)

    def ascends(self) -> bool:
        """Whether the table itself is sorted, and no two rows have one key."""
        return bool((self.order[1:] > self.order[:-1]).all()) and not len(self.same_key_as_next())

    def same_key_as_next(self) -> np.ndarray[Any, Any]:
        """The rows i, in sorted order, that have the key of row i + 1."""
        return np.flatnonzero((self.code[:-1] == self.code[1:]) & (self.timestamp[:-1] == self.timestamp[1:]))

    def second_wins(self, left: np.ndarray[Any, Any], *, settle_after: Mapping[str, timedelta]) -> np.ndarray[Any, Any]:
        """For each pair (i, i + 1): whether the new row replaces the old one."""
        value, fetched = self.table["value"].to_numpy(), in_microseconds(self.table["fetched_at"])
        first, second = self.order[left], self.order[left + 1]
        old, new = value[first], value[second]
        old_at, new_at = fetched[first], fetched[second]
        codes, of_pair = np.unique(self.code[left], return_inverse=True)
        # Of the fields on both sides only: a file may hold one that the catalogue has dropped since.
        waits = [settle_after[self.fields[code]] // timedelta(microseconds=1) for code in codes]
        settled_at = self.timestamp[left] + np.array(waits, dtype=np.int64)[of_pair]
        old_null, new_null = np.isnan(old), np.isnan(new)
        later = (new_at > old_at) | ((new_at == old_at) & (new > old))
        earlier = new_at < old_at
        old_settled, new_settled = old_at >= settled_at, new_at >= settled_at
        both_null = np.where(old_settled == new_settled, earlier, new_settled)
        both_values = np.where(old == new, earlier, later)
        wins: np.ndarray[Any, Any] = np.where(
            old_null,
            np.where(new_null, both_null, True),
            np.where(new_null, False, both_values),
        ).astype(bool)
        return wins
