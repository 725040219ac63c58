"""The rows of an answer as columns, as upstream wrote them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress
from typing import Protocol, Self

import numpy as np

from include.domain.errors import ContractBroken
from include.sources.columns import Floats, Ints

SentValues = list[object] | Floats
"""As they were sent, or numbers, where all are numbers or nulls (NaN)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of one length; a row is what stands at one place of all four."""

    stamps: list[str]
    fields: list[str]
    """All there are, in the order of their first rows."""
    codes: Ints
    """Which of the fields each row is of."""
    values: SentValues
    regions: Sequence[str | None]

    @classmethod
    def of(cls, stamps: list[str], fields: list[str], values: SentValues, regions: list[str | None]) -> "Rows":
        """Rows of which each names its field."""
        place = {name: place for place, name in enumerate(dict.fromkeys(fields))}
        if len(place) == 1:
            codes = np.zeros(len(fields), dtype=np.int64)
        else:
            codes = np.fromiter(map(place.__getitem__, fields), dtype=np.int64, count=len(fields))
        return cls(stamps, list(place), codes, values, regions)

    def __len__(self) -> int:
        return len(self.stamps)

    def __getitem__(self, place: slice) -> "Rows":
        return Rows(self.stamps[place], self.fields, self.codes[place], self.values[place], self.regions[place])

    @classmethod
    def joined(cls, parts: Iterable["Rows"]) -> "Rows":
        """The rows of all parts, one after the other."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        return cls.of(
            [one for part in parts for one in part.stamps],
            [part.fields[code] for part in parts for code in part.codes.tolist()],
            [one for part in parts for one in part.values],
            [one for part in parts for one in part.regions],
        )

    def only(self, fields: Collection[str]) -> "Rows":
        """The rows of these fields."""
        if all(name in fields for name in self.fields):
            return self
        asked = np.array([name in fields for name in self.fields], dtype=bool)[self.codes]
        chosen = asked.tolist()
        return Rows(
            list(compress(self.stamps, chosen)),
            self.fields,
            self.codes[asked],
            self.values[asked] if isinstance(self.values, np.ndarray) else list(compress(self.values, chosen)),
            list(compress(self.regions, chosen)),
        )


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
