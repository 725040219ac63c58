"""From the values of an answer to what a source yields: numbers, gaps of answered days, odd values flagged, a frame."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from include.domain.calendar import Interval, day_span, second_pass, slots
from include.domain.series import History, Series

if TYPE_CHECKING:
    import pandas as pd

Values = dict[tuple[str, datetime], float | None]
"""(field, slot) to value; None where the publisher had none."""

LARGEST: Final = 1e12
"""Beyond this no number means anything here; NaN and infinity do not come below it either."""
# What float() takes beyond this ("1_0", "inf", the digits of every script) no publisher ever wrote.
_NUMBER: Final = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*", flags=re.ASCII)


def number(value: object) -> float | None:
    """A value of an answer: a number, or one as text; None for a null or an empty text. ValueError otherwise."""
    if value is None or value == "":
        return None
    read = float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if isinstance(read, int | float) and not isinstance(read, bool) and abs(read) < LARGEST:
        return float(read)
    raise ValueError(f"no number: {value!r:.60}")


def fill_elapsed(values: Values, series: Iterable[Series], answered: Iterable[date], *, span: Interval) -> None:
    """Put a null for each slot of the span that the answer left out, on the Irish days that it holds rows of.

    "Left out of a complete answer" means that the publisher had nothing; no row at all would mean "never fetched". The
    second pass of October's doubled hour is never filled.
    """
    full = [one for one in series if one.history is History.FULL]
    for day in sorted(answered):
        whole, lost = day_span(day), second_pass(day)
        part = Interval(max(whole.start, span.start), min(whole.end, span.end))
        for one in full:
            if day < one.first_day:
                continue
            for slot in slots(part, one.cadence):
                if lost is None or slot not in lost:
                    values.setdefault((one.field, slot), None)


def flags(values: Mapping[tuple[str, datetime], float | None], series: Iterable[Series]) -> list[tuple[datetime, str]]:
    """The implausible values: the slot of each, and what it is in a phrase."""
    by_field = {one.field: one for one in series}
    found = []
    for (name, slot), value in sorted(values.items(), key=lambda item: item[0]):
        one = by_field[name]
        if value is not None and not one.plausible(value):
            seen = f"{name} {value:g} {one.unit} at {slot:%Y-%m-%dT%H:%M:%SZ}"
            found.append((slot, f"{seen}, plausible: {one.low:g} to {one.high:g}"))
    return found


def up_to(now: datetime, span: Interval) -> Interval:
    """The part of a span that has elapsed, the slot of this instant included."""
    return Interval(span.start, min(span.end, now + timedelta(microseconds=1)))


def frame(values: Mapping[tuple[str, datetime], float | None], *, fetched_at: datetime) -> "pd.DataFrame":
    """Columns `timestamp` (UTC, µs), `field`, `value` (double), `fetched_at` (UTC, µs), sorted by field and time."""
    import pandas as pd  # noqa: PLC0415  DAG files are parsed without it

    keys = sorted(values)
    made = pd.DataFrame(
        {
            "timestamp": pd.DatetimeIndex([slot for _, slot in keys], tz="UTC").as_unit("us"),
            "field": pd.Series([name for name, _ in keys], dtype="str"),
            "value": pd.Series([values[key] for key in keys], dtype="float64"),
        }
    )
    made["fetched_at"] = pd.Timestamp(fetched_at).as_unit("us")
    return made
