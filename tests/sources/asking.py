"""An EirGridSource at a fixed time, the units it is given, and what it yields as plain rows."""

import math
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from include.domain.calendar import Month
from include.domain.catalogue import area as area_named
from include.domain.readings import Partition, Unit
from include.sources.base import DataChunk, Source
from include.sources.client import HttpClient, Politeness
from include.sources.eirgrid.query import Hosts
from include.sources.eirgrid.source import EirGridSource

ANSWERS: Final = Path(__file__).parent / "answers"
DATA: Final = "https://www.smartgriddashboard.com/DashboardService.svc/data"
CHART: Final = "https://www.smartgriddashboard.com/api/chart/"
VARGEN: Final = "https://www.vargen.smartgriddashboard.com/api/export"
INTERCONN: Final = "https://www.interconn.smartgriddashboard.com/api/Interconnector"

Reading = tuple[str, str, float | None]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def eirgrid(now: str, *, max_retries: int = 2, **politeness: Any) -> EirGridSource:
    polite = Politeness(user_agent="tests (tests@example.org)", max_retries=max_retries, **politeness)
    return EirGridSource(HttpClient(polite, clock=lambda: at(now)), Hosts(), clock=lambda: at(now))


def unit(area: str, region: str, first: str, last: str | None = None) -> Unit:
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    day = start.day if area_named(area).partitioned_by_day else None
    return Unit(Partition("eirgrid", area, region, Month.of(start), day), start, end)


def fetch(source: Source, wanted: Unit, since: datetime | None = None) -> list[DataChunk]:
    """The chunks of a fetch that ends well, its setbacks left out."""
    return [event for event in source.fetch(wanted, since=since) if isinstance(event, DataChunk)]


def readings(chunks: Iterable[DataChunk]) -> list[Reading]:
    """All rows of all chunks as (timestamp, field, value), sorted; None for a null."""
    found: list[Reading] = []
    for chunk in chunks:
        rows = zip(chunk.df["timestamp"], chunk.df["field"], chunk.df["value"], strict=True)
        found += [
            (f"{when:%Y-%m-%dT%H:%M:%SZ}", name, None if math.isnan(value) else value) for when, name, value in rows
        ]
    return sorted(found, key=lambda one: one[:2])


def full(*rows: tuple[str, object], field: str, region: str = "ROI") -> dict[str, Any]:
    """A DashboardService answer with these (stamp, value) rows."""
    return {
        "ErrorMessage": None,
        "LastUpdated": rows[-1][0] if rows else None,
        "Rows": [
            {"EffectiveTime": stamp, "FieldName": field, "Region": region, "Value": value} for stamp, value in rows
        ],
        "Status": "Success",
    }
