"""The rows of an answer as columns, as upstream wrote them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress
from typing import Protocol, Self

from include.domain.errors import ContractBroken


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of one length; a row is what stands at one place of all four."""

    stamps: list[str]
    fields: list[str]
    values: list[object]
    regions: list[str | None]

    def __len__(self) -> int:
        return len(self.stamps)

    def __getitem__(self, place: slice) -> "Rows":
        return Rows(self.stamps[place], self.fields[place], self.values[place], self.regions[place])

    @classmethod
    def joined(cls, parts: Iterable["Rows"]) -> "Rows":
        """The rows of all parts, one after the other."""
        all_rows = cls([], [], [], [])
        for part in parts:
            all_rows.stamps.extend(part.stamps)
            all_rows.fields.extend(part.fields)
            all_rows.values.extend(part.values)
            all_rows.regions.extend(part.regions)
        return all_rows

    def of(self, fields: set[str]) -> "Rows":
        """The rows of these fields."""
        if fields.issuperset(self.fields):
            return self
        asked = [name in fields for name in self.fields]
        columns = (self.stamps, self.fields, self.values, self.regions)
        return Rows(*(list(compress(column, asked)) for column in columns))  # type: ignore[arg-type]


class _Sliced(Protocol):
    def __len__(self) -> int: ...

    def __getitem__(self, place: slice, /) -> Self: ...


def read_all[T: _Sliced, R](rows: T, read: Callable[[T], R]) -> R:
    """What `read` makes of the rows. Where it refuses some, its ContractBroken is that of the first such row alone.

    `read` takes or refuses a row whatever the others are, so that the first is found by halving.
    """
    with suppress(ContractBroken):
        return read(rows)
    while len(rows) > 1:
        half = len(rows) // 2
        try:
            read(rows[:half])
        except ContractBroken:
            rows = rows[:half]
        else:
            rows = rows[half:]
    return read(rows)
