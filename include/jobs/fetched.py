"""What a source gave for a unit, and who failed for which of its days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.domain.calendar import DAY, irish_day, start_of
from include.domain.errors import ContractBroken, NotYetPublished, SourceFault, Unsupported, UpstreamError
from include.sources.base import DataChunk, Setback
from include.sources.columns import Floats, Ints
from include.storage.parquet import CODED, SCHEMA, in_microseconds, in_schema, named, present


@dataclass
class Fetched:
    """What a source gave for a unit, all together and day by day."""

    chunks: list[DataChunk] = field(default_factory=list)
    setbacks: list[Setback] = field(default_factory=list)
    failure: UpstreamError | None = None

    @property
    def errors(self) -> list[UpstreamError]:
        """Everything that went wrong on the way."""
        return [*(one.error for one in self.setbacks), *([self.failure] if self.failure else [])]

    @cached_property
    def tables(self) -> list[pa.Table]:
        """The rows of each chunk, as the store has them."""
        return [_table(one) for one in self.chunks]

    @cached_property
    def parts(self) -> list[list["Part"]]:
        """The readings of each chunk that lie on the unit's days."""
        return [list(parts_of(table, one.unit.days)) for one, table in zip(self.chunks, self.tables, strict=True)]

    @cached_property
    def told(self) -> Mapping[date, Mapping[str, tuple[str, ...]]]:
        """What was answered of each Irish day: the interfaces by field."""
        found: dict[date, dict[str, tuple[str, ...]]] = {}
        for chunk, parts in zip(self.chunks, self.parts, strict=True):
            for part in parts:
                fields = found.setdefault(part.day, {})
                fields[part.field] = (*fields.get(part.field, ()), chunk.interface)
        return found

    @cached_property
    def flagged(self) -> Mapping[date, list[str]]:
        """The implausible values of each Irish day, in phrases."""
        found: dict[date, list[str]] = {}
        for chunk in self.chunks:
            for slot, flag in chunk.flagged:
                found.setdefault(irish_day(slot), []).append(flag)
        return found

    def failure_of(self, day: date) -> UpstreamError | None:
        """Why something of a day could not be had; None when all of it was, or nobody failed there."""
        if self.failure is None or isinstance(self.failure, NotYetPublished):
            return None
        if isinstance(self.failure, ContractBroken) or not self.setbacks:
            return self.failure
        answered = self.told.get(day, {})
        failed = [one.error for one in self.setbacks_of(day) if not set(one.fields) <= answered.keys()]
        return self.failure if self.failure in failed else failed[-1] if failed else None

    def setbacks_of(self, day: date) -> list[Setback]:
        """Who failed for a day."""
        return [one for one in self.setbacks if one.first <= day <= one.last]

    def interfaces_of(self, day: date) -> tuple[str, ...]:
        """Who gave readings of a day."""
        told = self.told.get(day, {}).values()
        if told and len(self.interfaces) == 1:
            return self.interfaces
        return tuple(dict.fromkeys(chain.from_iterable(told)))

    @cached_property
    def interfaces(self) -> tuple[str, ...]:
        """Who gave readings."""
        return tuple(dict.fromkeys(chunk.interface for chunk in self.chunks))

    @cached_property
    def fields(self) -> set[tuple[str, str]]:
        """(interface, field) pairs that were answered."""
        tables = zip(self.chunks, self.tables, strict=True)
        return {(chunk.interface, name) for chunk, table in tables for name in present(*named(table))}

    @property
    def refused(self) -> set[tuple[str, str]]:
        """(interface, field) pairs that were refused just now."""
        refusals = [one for one in self.setbacks if isinstance(one.error, Unsupported) and not one.error.remembered]
        return {(one.error.interface, name) for one in refusals for name in one.fields}

    def is_news(self, day: date) -> bool:
        """Whether something failed for this day that is not merely remembered."""
        of_day = [one.error for one in self.setbacks_of(day)]
        failure = self.failure_of(day)
        return any(not error.remembered for error in [*of_day, *([failure] if failure else [])])


def _table(chunk: DataChunk) -> pa.Table:
    rows = chunk.readings
    try:
        if isinstance(rows, pa.Table):
            return _with_nulls(in_schema(rows.select(CODED.names)))
        # `Table.from_pandas` starts threads, and describes pandas in the schema: both take longer than the columns do.
        columns = [pa.array(rows[one.name], type=one.type, from_pandas=True) for one in SCHEMA]
        return in_schema(pa.Table.from_arrays(columns, names=SCHEMA.names))
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise SourceFault(
            f"{chunk.unit.partition.source}: what {chunk.interface} gave cannot be stored: {error}; allowed:"
            " timestamp (UTC), field (text), value (number) and fetched_at (UTC), none of them null but value"
        ) from error


def _with_nulls(table: pa.Table) -> pa.Table:
    """NaN means null, as it does in a pandas frame."""
    value = table["value"]
    if np.isnan(value.to_numpy()).sum() == value.null_count:
        return table
    place = CODED.get_field_index("value")
    return table.set_column(place, CODED[place], pc.if_else(pc.is_nan(value), None, value))


class Part(NamedTuple):
    """The readings of one field on one Irish day."""

    day: date
    field: str
    stamps: Ints
    """Microseconds since 1970, ascending."""
    values: Floats


def parts_of(table: pa.Table, days: Sequence[date]) -> Iterator[Part]:
    """Readings by field and day, of those of some Irish days in a row that there are any of; fields in their order."""
    bounds = edges(days)
    names, codes = named(table)
    stamps, values = in_microseconds(table["timestamp"]), table["value"].to_numpy()
    for name, code in sorted((name, code) for code, name in enumerate(names)):
        own = np.flatnonzero(codes == code)
        if (np.diff(stamps[own]) < 0).any():
            own = own[np.argsort(stamps[own])]
        at, value = stamps[own], values[own]
        for day, (start, end) in zip(days, pairwise(np.searchsorted(at, bounds).tolist()), strict=True):
            if start < end:
                yield Part(day, name, at[start:end], value[start:end])


def edges(days: Sequence[date]) -> Ints:
    """When each of some Irish days in a row starts, and the last one ends: microseconds since 1970."""
    return np.array([start_of(day) for day in (*days, days[-1] + DAY)], dtype=np.int64)
