"""The outer shape that all interfaces share: an object with `Rows`, and a `Status` on some."""

from collections.abc import Mapping
from typing import Any, cast

from include.domain.errors import ContractBroken, StatusError
from include.sources.eirgrid.query import Row


def rows_of(payload: object, *, interface: str) -> list[Mapping[str, Any]]:
    """The raw rows. StatusError for `Status: Error`; ContractBroken for anything that is no such envelope."""
    if not isinstance(payload, dict):
        raise ContractBroken(
            f"{interface}: expected an object with Rows, got {type(payload).__name__}", interface=interface
        )
    if payload.get("Status") == "Error":
        raise StatusError(f"{interface}: Status Error: {payload.get('ErrorMessage')!r:.200}", interface=interface)
    rows = payload.get("Rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContractBroken(
            f"{interface}: expected Rows, a list of objects; got keys {sorted(map(str, payload))[:8]}",
            interface=interface,
        )
    return cast("list[Mapping[str, Any]]", rows)


def long_row(row: Mapping[str, Any], *, stamp: str, field: str, interface: str) -> Row:
    """A row with one value; ContractBroken when a key that every such row has is absent."""
    try:
        return Row(stamp=_text(row[stamp]), field=_text(row[field]), value=row["Value"], region=_region(row))
    except (KeyError, TypeError) as error:
        raise broken_row(row, interface) from error


def broken_row(row: Mapping[str, Any], interface: str) -> ContractBroken:
    """The error for a row whose keys or texts are not upstream's."""
    return ContractBroken(f"{interface}: a row of unknown shape: {str(row)[:200]}", interface=interface)


def _region(row: Mapping[str, Any]) -> str | None:
    region = row.get("Region")
    return None if region is None else _text(region)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value
