"""The five ways in which the rows of a range are written: the same slots, values and marks in each."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.answers import compact
from api.query import Format, Question, Resolution
from api.ranges import edges_of
from include.domain.calendar import IRELAND, microseconds, offsets
from include.domain.marks import marked
from include.domain.series import Aggregation, Series
from include.storage.keys import SCHEMA_VERSION

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEDIA_TYPES: Final = {
    Format.JSON: "application/json",
    Format.COLUMNS: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}
TOTAL_UNITS: Final = {"MW": "MWh", "tCO2/h": "tCO2"}
"""What a rate adds up to over time."""
SMALL_PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2"
"""Slots as deltas, repeated words in dictionaries."""
CALENDAR_STEPS: Final = {Resolution.DAY: "P1D", Resolution.WEEK: "P1W", Resolution.MONTH: "P1M"}
STEPS: Final = {5: "PT5S", 900: "PT15M", 1800: "PT30M", 3600: "PT1H"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What every format says of the numbers beside the numbers."""

    feed: str
    attribution: str
    newest: dict[tuple[str, str, str], dict[str, Any]]
    """The newest reading of each series, with `stale_after`: whether it is late is for the reader to see."""


def write(connection: "DuckDBPyConnection", question: Question, labels: Labels) -> bytes:
    """The body of the answer, from the table `result`."""
    if question.format is Format.COLUMNS:
        return _document(question, labels, _column_blocks(connection, question, labels))
    _prepare(connection, question)
    if question.format is Format.JSON:
        return _document(question, labels, _point_blocks(connection, question, labels))
    return _table(connection, question, labels)


def count(connection: "DuckDBPyConnection") -> int:
    """How many points the answer has."""
    (found,) = connection.execute("SELECT count(*) FROM result").fetchall()
    return int(found[0])


def file_name(question: Question, labels: Labels) -> str:
    """What a browser saves the answer as; it says which feed the numbers are from."""
    first, last = (at.astimezone(question.zone) for at in (question.span.start, question.span.end))
    parts = [
        labels.feed,
        question.area.name,
        *question.regions,
        f"{first:%Y%m%d}",
        f"{last:%Y%m%d}",
        question.resolution,
    ]
    return f"{'_'.join(parts)}.{question.format}"


def _prepare(connection: "DuckDBPyConnection", question: Question) -> None:
    """The tables `zone` (how far the clock is from UTC, from when on) and `series` (units), and the macro `told`."""
    if question.zone is IRELAND:
        zone = [(microseconds(since), shift // _MICROSECOND, _suffix(shift)) for since, shift in offsets(question.span)]
    else:
        zone = [(0, 0, "Z")]
    # Edges of the first bucket may lie before the range.
    zone[0] = (0, *zone[0][1:])
    columns = {"since": [one[0] for one in zone], "shift": [one[1] for one in zone], "suffix": [one[2] for one in zone]}
    connection.execute(
        "CREATE TEMP TABLE zone AS SELECT unnest($since) AS since, unnest($shift) AS shift, unnest($suffix) AS suffix",
        columns,
    )
    connection.execute(
        "CREATE TEMP TABLE series AS SELECT unnest($region) AS region, unnest($field) AS field, unnest($unit) AS unit,"
        " unnest($wide) AS wide, unnest($total_unit) AS total_unit",
        {
            "region": [one.region for one in question.series],
            "field": [one.field for one in question.series],
            "unit": [one.unit for one in question.series],
            "wide": [one.aggregation is Aggregation.MIN_MEAN_MAX for one in question.series],
            "total_unit": [TOTAL_UNITS.get(one.unit) for one in question.series],
        },
    )
    connection.execute(
        "CREATE TEMP VIEW told AS SELECT r.* REPLACE (CASE WHEN s.total_unit IS NOT NULL THEN r.total END AS total,"
        " CASE WHEN s.wide THEN r.low END AS low, CASE WHEN s.wide THEN r.high END AS high),"
        " s.unit, s.wide, s.total_unit,"
        " strftime(make_timestamp(r.slot + z.shift), '%Y-%m-%dT%H:%M:%S') || z.suffix AS timestamp,"
        " strftime(make_timestamp(r.fetched), '%Y-%m-%dT%H:%M:%SZ') AS fetched_at"
        " FROM result AS r JOIN series AS s USING (region, field) ASOF JOIN zone AS z ON r.slot >= z.since"
    )
    connection.execute(
        "CREATE TEMP MACRO number(x) AS CASE WHEN x IS NULL THEN 'null'"
        " WHEN x = trunc(x) AND abs(x) < 1e15 THEN x::BIGINT::VARCHAR ELSE x::VARCHAR END"
    )


_MICROSECOND: Final = timedelta(microseconds=1)


def _suffix(shift: timedelta) -> str:
    return f"+{shift // timedelta(hours=1):02d}:00"


def _document(question: Question, labels: Labels, blocks: Iterable[str]) -> bytes:
    head = {
        "schema_version": SCHEMA_VERSION,
        "area": question.area.name,
        "title": question.area.title,
        "feed": labels.feed,
        "attribution": labels.attribution,
        "window": {"start": told_in(question.span.start, question), "end": told_in(question.span.end, question)},
        "resolution": question.resolution.value,
        "tz": question.tz,
    }
    return f'{compact(head)[:-1]},"series":[{",".join(blocks)}]}}'.encode()


def told_in(instant: datetime, question: Question) -> str:
    """An instant as text in the zone asked for, always with its offset."""
    return (
        instant.astimezone(question.zone)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z" if question.tz == "UTC" else "+00:00")
    )


def _block(series: Series, question: Question, labels: Labels) -> dict[str, Any]:
    block: dict[str, Any] = {
        "region": series.region,
        "field": series.field,
        "name": series.name,
        "role": series.role.value,
        "unit": series.unit,
    }
    if question.resolution is not Resolution.NATIVE and series.unit in TOTAL_UNITS:
        block["total_unit"] = TOTAL_UNITS[series.unit]
    if newest := labels.newest.get(series.key):
        block |= {"newest": newest["timestamp"], "stale_after": newest["stale_after"]}
    return block


_POINTS: Final = """
SELECT region, field, string_agg(point, ',' ORDER BY slot) FROM (
    SELECT region, field, slot,
        '{"timestamp":"' || timestamp || '","value":' || number(value)
        || CASE WHEN derived THEN ',"derived":true' ELSE '' END
        || CASE WHEN withheld THEN ',"withheld":true' ELSE '' END || '}' AS point
    FROM told
) GROUP BY region, field
"""
_BUCKET_POINTS: Final = """
SELECT region, field, string_agg(point, ',' ORDER BY slot) FROM (
    SELECT region, field, slot,
        '{"timestamp":"' || timestamp || '","value":' || number(value)
        || CASE WHEN wide THEN ',"min":' || number(low) || ',"max":' || number(high) ELSE '' END
        || CASE WHEN total_unit IS NOT NULL THEN ',"total":' || number(total) ELSE '' END
        || CASE WHEN slots IS NOT NULL THEN ',"slots":' || slots || ',"slots_with_value":' || filled ELSE '' END
        || CASE WHEN derived > 0 THEN ',"derived":' || derived ELSE '' END
        || CASE WHEN withheld > 0 THEN ',"withheld":' || withheld ELSE '' END || '}' AS point
    FROM told
) GROUP BY region, field
"""


def _point_blocks(connection: "DuckDBPyConnection", question: Question, labels: Labels) -> Iterator[str]:
    native = question.resolution is Resolution.NATIVE
    found = connection.execute(_POINTS if native else _BUCKET_POINTS).fetchall()
    points = {(region, field): text for region, field, text in found}
    for one in question.series:
        text = points.get((one.region, one.field), "")
        yield f'{compact(_block(one, question, labels))[:-1]},"points":[{text}]}}'


def _column_blocks(connection: "DuckDBPyConnection", question: Question, labels: Labels) -> Iterator[str]:
    native = question.resolution is Resolution.NATIVE
    more = "" if native else ", low, high, total, slots, filled"
    columns = f"region, field, slot, value, derived::INT AS derived, withheld::INT AS withheld{more}"
    query = f"SELECT {columns} FROM result ORDER BY region, field, slot"  # noqa: S608  no word of a request is in it
    found = connection.execute(query)
    names = [name for name, *_ in found.description or ()]
    rows = {
        key: dict(zip(names, zip(*own, strict=True), strict=True))
        for key, own in groupby(found.fetchall(), key=itemgetter(0, 1))
    }
    for one in question.series:
        block = _block(one, question, labels)
        yield compact(block | _columns(one, question, rows.get((one.region, one.field))))


def _columns(series: Series, question: Question, found: Mapping[str, Sequence[Any]] | None) -> dict[str, Any]:
    """Element k of each array is of the slot or bucket `start` + k × `step`; `found` has columns of `result`."""
    if not found:
        return {"start": None, "step": None, "values": []}
    step, grid = _grid(series, question, found["slot"][0], found["slot"][-1])
    at = {slot: place for place, slot in enumerate(found["slot"])}
    places = [at.get(slot) for slot in grid]

    def placed(name: str, *, absent: int | None = None) -> list[Any]:
        column = found[name]
        return [absent if place is None else column[place] for place in places]

    columns: dict[str, Any] = {
        "start": told_in(_instant(grid[0]), question),
        "step": step,
        "values": _numbers(placed("value")),
    }
    marks = {name: placed(name, absent=0) for name in ("derived", "withheld")}
    if question.resolution is Resolution.NATIVE:
        for name, holds in marks.items():
            columns |= _runs(name, map(bool, holds))
    else:
        if series.aggregation is Aggregation.MIN_MEAN_MAX:
            columns |= {"min": _numbers(placed("low")), "max": _numbers(placed("high"))}
        if series.unit in TOTAL_UNITS:
            columns["total"] = _numbers(placed("total"))
        if found["slots"][0] is not None:
            columns |= {"slots": placed("slots"), "slots_with_value": placed("filled")}
        columns |= {name: counts for name, counts in marks.items() if any(counts)}
    # A null in `values` is upstream's own; a slot that was never fetched is told apart from it.
    return columns | _runs("absent", [place is None for place in places])


def _grid(series: Series, question: Question, first: int, last: int) -> tuple[str, Sequence[int]]:
    if step := CALENDAR_STEPS.get(question.resolution):
        return step, [edge for edge in edges_of(question) if first <= edge <= last]
    width = max(question.resolution.width or series.cadence, series.cadence)
    return STEPS[int(width.total_seconds())], range(first, last + 1, width // _MICROSECOND)


def _runs(name: str, holds: Iterable[bool]) -> dict[str, list[list[int]]]:
    """Where something holds; nothing where it holds nowhere."""
    found = marked(holds)
    return {name: found} if found else {}


def _numbers(values: Iterable[float | None]) -> list[float | int | None]:
    return [int(value) if value is not None and value.is_integer() else value for value in values]


def _instant(us: int) -> datetime:
    return datetime.fromtimestamp(us // 1_000_000, UTC)


def _table(connection: "DuckDBPyConnection", question: Question, labels: Labels) -> bytes:
    """One row a slot or bucket, written by DuckDB."""
    native = question.resolution is Resolution.NATIVE
    parquet = question.format is Format.PARQUET
    stamp = "to_timestamp(slot / 1e6) AS timestamp" if parquet else "timestamp"
    fetched = "to_timestamp(fetched / 1e6) AS fetched_at" if parquet else "fetched_at"
    of_bucket = "low AS min, high AS max, total, total_unit, slots, filled AS slots_with_value, "
    columns = (
        f"{stamp}, '{question.area.name}' AS area, region, field, value, unit, {'' if native else of_bucket}"
        f"derived, withheld, {fetched}, '{labels.feed}' AS feed"
    )
    options = {
        Format.CSV: "FORMAT csv, HEADER",
        Format.NDJSON: "FORMAT json",
        Format.PARQUET: f"{SMALL_PARQUET}, KV_METADATA {_metadata(question, labels)}",
    }[question.format]
    with tempfile.TemporaryDirectory(prefix="range-") as folder:
        path = Path(folder) / "answer"
        query = f"SELECT {columns} FROM told ORDER BY region, field, slot"  # noqa: S608  no word of a request is in it
        connection.execute(f"COPY ({query}) TO '{path}' ({options})")
        return path.read_bytes()


def _metadata(question: Question, labels: Labels) -> str:
    stale = {"/".join(one.key): labels.newest[one.key] for one in question.series if one.key in labels.newest}
    facts = {
        "feed": labels.feed,
        "attribution": labels.attribution,
        "schema_version": str(SCHEMA_VERSION),
        "resolution": question.resolution.value,
        "tz": question.tz,
        "stale_after": compact({name: newest["stale_after"] for name, newest in stale.items()}),
    }
    quoted = (f"{name}: '{text.replace(chr(39), chr(39) * 2)}'" for name, text in facts.items())
    return f"{{{', '.join(quoted)}}}"
