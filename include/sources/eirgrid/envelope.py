"""The outer shape that all interfaces share: an object with `Rows`, and a `Status` on some."""

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, cast

import numpy as np

from include.domain.errors import ContractBroken, StatusError
from include.sources.eirgrid.rows import Rows, read_all

Raw = Mapping[str, Any]
"""A row as JSON has it."""


def rows_of(payload: object, *, interface: str) -> list[Raw]:
    """The raw rows. StatusError for `Status: Error`; ContractBroken for anything that is no such envelope."""
    if not isinstance(payload, dict):
        raise ContractBroken(
            f"{interface}: expected an object with Rows, got {type(payload).__name__}", interface=interface
        )
    if payload.get("Status") == "Error":
        raise StatusError(f"{interface}: Status Error: {payload.get('ErrorMessage')!r:.200}", interface=interface)
    rows = payload.get("Rows")
    if not isinstance(rows, list) or not _all_of(rows, dict):
        raise ContractBroken(
            f"{interface}: expected Rows, a list of objects; got keys {sorted(map(str, payload))[:8]}",
            interface=interface,
        )
    return cast("list[Raw]", rows)


def long_rows(rows: list[Raw], *, stamp: str, field: str, interface: str) -> Rows:
    """Rows with one value each; ContractBroken for the first without a key that every such row has."""

    def read(part: list[Raw]) -> Rows:
        try:
            stamps, fields = [row[stamp] for row in part], [row[field] for row in part]
            told = Rows.of(stamps, fields, [row["Value"] for row in part], _regions(part))
            _check_texts(told)
        except (KeyError, TypeError) as error:
            raise broken_row(part[0], interface) from error
        return told

    return read_all(rows, read)


def wide_rows(rows: list[Raw], *, stamp: str, names: Mapping[str, str], interface: str) -> Rows:
    """Rows of the same keys with a value in every column but the stamp and `Region`, told row by row.

    `names` are the fields of the columns that are known; any other goes by its own name. ContractBroken for the first
    row without a stamp or without any known column.
    """
    columns = [key for key in rows[0] if key not in {stamp, "Region"}]
    named = [names.get(key, key) for key in columns]
    place = {name: place for place, name in enumerate(dict.fromkeys(named))}
    codes = np.array([place[name] for name in named], dtype=np.int64)
    if not names.keys() & rows[0].keys():
        raise broken_row(rows[0], interface)

    def read(part: list[Raw]) -> Rows:
        try:
            told = Rows(
                [one for one in [row[stamp] for row in part] for _ in columns],
                list(place),
                np.tile(codes, len(part)),
                [row[key] for row in part for key in columns],
                [one for one in _regions(part) for _ in columns],
            )
            _check_texts(told)
        except (KeyError, TypeError) as error:
            raise broken_row(part[0], interface) from error
        return told

    return read_all(rows, read)


def broken_row(row: Raw, interface: str) -> ContractBroken:
    """The error for a row whose keys or texts are not upstream's."""
    return ContractBroken(f"{interface}: a row of unknown shape: {str(row)[:200]}", interface=interface)


def _regions(rows: list[Raw]) -> list[str | None]:
    try:
        return [row["Region"] for row in rows]
    except KeyError:
        return [row.get("Region") for row in rows]


def _check_texts(rows: Rows) -> None:
    """TypeError unless all are what they are said to be; what cannot be in a set is no text."""
    if not (_all_of(rows.stamps, str) and _all_of(rows.fields, str) and _all_of(set(rows.regions), str, NoneType)):
        raise TypeError("no text")


def _all_of(column: Iterable[object], *kinds: type) -> bool:
    # What json reads is of these types themselves, never of a subclass.
    return set(map(type, column)) <= set(kinds)
