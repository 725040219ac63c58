"""From an answer to what a source yields: strict instants and numbers, gaps filled, odd values flagged, a frame."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from include.domain.calendar import Interval, day_span, floor_slot, second_pass, slots
from include.domain.series import History, Series

if TYPE_CHECKING:
    import pandas as pd

Values = dict[tuple[str, datetime], float | None]
"""(field, slot) to value; None where the publisher had none."""

BROKEN_SHARE: Final = 0.1
"""A larger share of values far out of range than this is no spike but another quantity."""
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


def instant(text: object) -> datetime:
    """An ISO 8601 instant in UTC. ValueError otherwise: without an offset, it would be of this machine's zone."""
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else None
        if read is not None and read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"no instant: {text!r:.60}; allowed: ISO 8601 with an offset, such as 2026-11-22T20:00:00Z")


def on_grid(slot: datetime, one: Series) -> datetime:
    """The slot itself. ValueError when it is none of the series'."""
    if floor_slot(slot, one.cadence) != slot:
        raise ValueError(f"{slot:%Y-%m-%dT%H:%M:%SZ} is off the grid of {one.field}; allowed: every {one.cadence}")
    return slot


def check_magnitude(values: Mapping[tuple[str, datetime], float | None], series: Iterable[Series]) -> None:
    """ValueError when so many values are far out that they are of another quantity, such as kW for MW."""
    by_field = {one.field: one for one in series}
    given: dict[str, list[tuple[Series, float]]] = {}
    for (name, _), value in values.items():
        if value is not None:
            # A snapshot has one value of each field: it is judged as a whole.
            together = "snapshot" if by_field[name].history is History.SNAPSHOT else name
            given.setdefault(together, []).append((by_field[name], value))
    for found in given.values():
        far = [(one, value) for one, value in found if one.far_out(value)]
        if len(far) > max(2, BROKEN_SHARE * len(found)):
            one, value = far[0]
            raise ValueError(
                f"{len(far)} of {len(found)} values are far outside their range, such as {one.field} {value:g},"
                f" plausible: {one.low:g} to {one.high:g} {one.unit}"
            )


def fill_elapsed(
    values: Values, series: Iterable[Series], answered: Iterable[date], *, span: Interval, irish_stamps: bool = False
) -> None:
    """Put a null for each slot of the span that the answer left out, on the Irish days that it holds rows of.

    "Left out of a complete answer" means that the publisher had nothing; no row at all would mean "never fetched". A
    publisher that writes Irish time without an offset cannot say the second pass of October's doubled hour: with
    `irish_stamps`, it is not filled.
    """
    full = [one for one in series if one.history is History.FULL]
    for day in sorted(answered):
        whole, lost = day_span(day), second_pass(day) if irish_stamps else None
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
