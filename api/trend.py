"""Small pictures that are part of a page: trend lines and bars, as attributes of SVG."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

WIDTH: Final = 96
HEIGHT: Final = 24


def trend(values: Sequence[float | None]) -> list[str]:
    """The `d` of one path for each run of values without a hole; least at the bottom, most at the top."""
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    across = WIDTH / max(len(values) - 1, 1)
    up = (HEIGHT - 2) / (high - low) if high > low else 0.0

    def point(index: int, value: float) -> str:
        return f"{index * across:.1f} {HEIGHT - 1 - (value - low) * up:.1f}"

    runs = groupby(enumerate(values), key=lambda pair: pair[1] is not None)
    # A value with holes on both sides is a line of no length, which a round cap makes a dot.
    return [_path([point(index, value) for index, value in run if value is not None]) for known, run in runs if known]


def _path(points: list[str]) -> str:
    return f"M{'L'.join(points if len(points) > 1 else points * 2)}"


def bar(parts: Iterable[tuple[str, float]]) -> list[tuple[str, float, float]]:
    """(name, start, width) of each part of a bar that is 100 wide; parts that are not above zero take no room."""
    shown = [(name, value) for name, value in parts if value > 0]
    whole = sum(value for _, value in shown)
    found, start = [], 0.0
    for name, value in shown:
        width = value / whole * 100
        found.append((name, round(start, 3), round(width, 3)))
        start += width
    return found
