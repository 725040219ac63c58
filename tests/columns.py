"""Columns back into points, as a reader of the documentation would do it."""

from datetime import datetime, timedelta
from typing import Any


def as_points(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary of the snapshot as `/api/{area}` has it."""
    return summary | {"series": [_as_points(block) for block in summary["series"]]}


def within(runs: list[list[int]]) -> set[int]:
    """The indices of [first index, how many] runs."""
    return {index for first, many in runs for index in range(first, first + many)}


def _as_points(block: dict[str, Any]) -> dict[str, Any]:
    rest = {"start", "step_s", "columns", "absent", "derived", "withheld"}
    own = {name: part for name, part in block.items() if name not in rest}
    points: list[dict[str, Any]] = []
    if block["start"] is not None:
        first, step = datetime.fromisoformat(block["start"]), timedelta(seconds=block["step_s"] or 0)
        absent = {name: within(runs) for name, runs in block["absent"].items()}
        for index in range(max(len(column) for column in block["columns"].values())):
            values = {
                name: column[index] for name, column in block["columns"].items() if index not in absent.get(name, set())
            }
            marks = {mark: True for mark in ("derived", "withheld") if index in within(block.get(mark, []))}
            if values:
                stamp = (first + index * step).strftime("%Y-%m-%dT%H:%M:%SZ")
                points.append({"timestamp": stamp} | values | marks)
    return own | {"points": points}
