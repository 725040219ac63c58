"""Answers of the usual shape, read as columns by Arrow: no object is made of any row.

Whatever is not as upstream sends it nearly always is left to `envelope`, which judges answers row by row: nothing here
says what is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json

from include.sources.columns import Floats, Letters
from include.sources.eirgrid.rows import Rows
from include.sources.values import LARGEST

STATUSES: Final = (None, "Success")


class Unusual(Exception):
    """An answer, or a part of it, that has to be read row by row."""


@dataclass(frozen=True, slots=True)
class Plain:
    """The rows of an answer, all of the same keys."""

    body: bytes
    columns: Mapping[str, pa.Array]
    length: int

    @classmethod
    def of(cls, body: bytes) -> Self:
        """The rows of an answer's JSON; Unusual where they are no list of objects with plain values."""
        # In one block: what straddles two is refused.
        options = json.ReadOptions(use_threads=False, block_size=len(body) + 1)
        try:
            table = json.read_json(
                pa.BufferReader(body), read_options=options, parse_options=json.ParseOptions(newlines_in_values=True)
            )
        except (pa.ArrowException, ValueError) as error:
            raise Unusual(str(error)) from error
        names = table.column_names
        if table.num_rows != 1 or "Rows" not in names or len(set(names)) != len(names):
            raise Unusual("no object with Rows")
        if "Status" in names and table["Status"][0].as_py() not in STATUSES:
            raise Unusual("a status")
        listed = table["Rows"].chunk(0)
        if not pa.types.is_list(listed.type) or not pa.types.is_struct(listed.type.value_type):
            raise Unusual("Rows are no list of objects")
        rows = listed.flatten()
        if not len(rows) or rows.null_count:
            raise Unusual("no rows, or a null among them")
        columns = {rows.type[place].name: rows.field(place) for place in range(rows.type.num_fields)}
        return cls(body, columns, len(rows))

    def long(self, *, stamp: str, field: str) -> Rows:
        """See envelope.long_rows."""
        fields = self._texts(field).dictionary_encode()
        codes = fields.indices.to_numpy().astype(np.int64)
        names: list[str] = fields.dictionary.to_pylist()
        return Rows(self._letters(stamp), names, codes, self._numbers("Value"), self._regions())

    def wide(self, *, stamp: str, names: Mapping[str, str]) -> Rows:
        """See envelope.wide_rows."""
        columns = [key for key in self.columns if key not in {stamp, "Region"}]
        named = [names.get(key, key) for key in columns]
        if not names.keys() & self.columns.keys() or len(set(named)) != len(named):
            raise Unusual("no known column")
        return Rows(
            np.repeat(self._letters(stamp), len(columns), axis=0),
            named,
            np.tile(np.arange(len(named)), self.length),
            np.column_stack([self._numbers(key) for key in columns]).ravel(),
            [one for one in self._regions() for _ in columns],
        )

    def _column(self, key: str) -> pa.Array:
        column = self.columns.get(key)
        if column is None:
            raise Unusual(f"no {key}")
        # Arrow puts a null where a key is missing, too.
        if column.null_count and self.body.count(f'"{key}"'.encode()) != self.length:
            raise Unusual(f"not every row has a {key}")
        return column

    def _texts(self, key: str) -> pa.Array:
        column = self._column(key)
        if not pa.types.is_string(column.type) or column.null_count:
            raise Unusual(f"{key} is not always a text")
        return column

    def _letters(self, key: str) -> Letters:
        column = self._texts(key)
        _, offsets, data = column.buffers()
        ends = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + self.length + 1]
        width = int(ends[1] - ends[0])
        if not width or (np.diff(ends) != width).any():
            raise Unusual(f"{key} of several lengths")
        return np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]].reshape(-1, width)

    def _numbers(self, key: str) -> Floats:
        column = self._column(key)
        if pa.types.is_string(column.type):
            column = _read(column)
        elif not (
            pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_null(column.type)
        ):
            raise Unusual(f"{key} is not always a number")
        found: Floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        if (np.abs(found) >= LARGEST).any():
            raise Unusual(f"{key} is no number that means anything")
        return found

    def _regions(self) -> list[str | None]:
        column = self.columns.get("Region")
        if column is None or pa.types.is_null(column.type):
            return [None] * self.length
        if not pa.types.is_string(column.type):
            raise Unusual("Region is no text")
        found: list[str | None] = column.unique().to_pylist()
        return found * self.length if len(found) == 1 else column.to_pylist()


def _read(texts: pa.Array) -> pa.Array:
    """Numbers that were sent as texts; Unusual unless all are plainly written."""
    if not pc.all(pc.match_substring_regex(texts, r"^-?[0-9]+(\.[0-9]+)?$")).as_py():
        raise Unusual("texts that are no plain numbers")
    return texts.cast(pa.float64())
