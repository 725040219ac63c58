"""The SQL of the summaries, of the API's range queries and of the gap check.

The query of an area answers rows (region, field, timestamp, value, fetched_at, derived, withheld), in no order, for the
parameters `files`, `start` and `end`; where values can be derived also `derive`: whether they are.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from include.domain.calendar import midnight
from include.domain.series import Aggregation, Area

QUERIES: Final = {
    "wind": "values",
    "solar": "values",
    "demand": "demand",
    "interconnection": "values",
    "co2": "co2",
    "frequency": "frequency",
    "snsp": "values",
    "generation": "values",
    "system_generation": "values",
}
"""Which SQL file makes which area's summary."""

NATIVE: Final = QUERIES | {"frequency": "values"}
"""Which SQL file gives an area's readings at their own cadence."""

ALSO_READS: Final = {"co2": ("demand",)}
"""Areas whose readings a summary needs beside its own."""


SUMMED: Final = {"demand": {"ALL": ("ROI", "NI")}}
"""Regions whose sum stands in for another one of the area."""

IN_ORDER: Final = "coalesce(sum(value) FILTER (NOT seam), sum(value ORDER BY timestamp) FILTER (seam))"
"""A sum of what two threads may read, which would otherwise depend in its last digit on who was first."""

NEWEST: Final = "newest"
"""The query for the newest values of an area whose summary is coarser than its readings."""


COLUMNS: Final = "columns"
"""What hands over the rows of an area's summary."""


def area_sql(area: str) -> str:
    """The query of an area's summary; an area of another source gets its plain values."""
    return sql(QUERIES.get(area, "values"))


def native_sql(area: Area) -> str:
    """The query of a range of an area, slot by slot."""
    return sql("range_native").format(readings=sql(NATIVE.get(area.name, "values")))


def buckets_sql(area: Area, buckets: str, *, weighted: bool, extremes: bool, fetched: bool) -> str:
    """The query of a range of an area in buckets: `even` in length, `days` of UTC, or `listed` by their edges.

    What is not asked for is null: means weighted by demand, extremes, the time of fetching.
    """
    snapshots = area.series[0].aggregation is Aggregation.LAST
    query = sql("range_snapshots" if snapshots else "range_buckets")
    return query.format(
        readings=sql(NATIVE.get(area.name, "values")),
        placed=sql(f"placed_{buckets}"),
        weighed=sql("weighed") if weighted else "SELECT *, NULL::DOUBLE AS weight FROM placed",
        summed=IN_ORDER if buckets == "days" else "sum(value)",
        low="min(value)" if extremes else "NULL::DOUBLE",
        high="max(value)" if extremes else "NULL::DOUBLE",
        fetched="epoch_us(max(fetched_at))" if fetched else "NULL::BIGINT",
    )


@cache
def sql(name: str) -> str:
    """The text of one SQL file."""
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def withheld_parameters(areas: Iterable[Area]) -> dict[str, Any]:
    """Series whose low values are withheld: their regions, the lowest that is sent, since when it can be derived."""
    found = [(one.region, one.withholding) for area in areas for one in area.series if one.withholding]
    return {
        "regions": [region for region, _ in found],
        "thresholds": [withheld.below for _, withheld in found],
        "derivable_since": [midnight(withheld.derivable_since) for _, withheld in found],
    }
