"""vargen: wind and solar, actual and forecast in one answer. Never recorded: both shapes that clients met are read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from include.sources.eirgrid.envelope import broken_row, long_row, rows_of
from include.sources.eirgrid.query import Hosts, Query, Request, Row

AREAS: Final = {"wind": "WIND", "solar": "SOLAR"}
WIDE_KEYS: Final = {"Effective_Date", "Region"}
WIDE_COLUMNS: Final = {"MW_ACTUAL": "ACTUAL", "MW_FORECAST": "FCAST"}


class Vargen:
    """`/api/export/{start}/{end}/{region}/{area}`: at most 30 days."""

    name = "vargen"

    def __init__(self, hosts: Hosts) -> None:
        self.url = f"{hosts.vargen}/api/export"

    def requests(self, query: Query) -> list[Request]:
        """One request for actual and forecast together."""
        area = AREAS.get(query.area.name)
        if area is None:
            return []
        span = f"{query.local_start:%Y%m%d%H%M}/{query.local_end:%Y%m%d%H%M}"
        return [Request(query, f"{self.url}/{span}/{query.region}/{area}", (("FORMAT", "JSON"),))]

    def rows(self, payload: object, query: Query) -> list[Row]:
        """Rows of either shape: wide (MW_ACTUAL, MW_FORECAST) or long (FieldName, Value)."""
        return [row for raw in rows_of(payload, interface=self.name) for row in self._read(raw, area=query.area.name)]

    def _read(self, raw: Mapping[str, Any], *, area: str) -> Iterator[Row]:
        if "FieldName" in raw:
            yield long_row(raw, stamp="EffectiveTime", field="FieldName", interface=self.name)
            return
        stamp, region = raw.get("Effective_Date"), raw.get("Region")
        if not isinstance(stamp, str) or not isinstance(region, str | None) or not WIDE_COLUMNS.keys() & raw.keys():
            raise broken_row(raw, self.name)
        for column, value in raw.items():
            if column not in WIDE_KEYS:
                # A wide row does not name its area.
                known = column in WIDE_COLUMNS
                name = f"{AREAS[area]}_{WIDE_COLUMNS[column]}" if known else column
                yield Row(stamp=stamp, field=name, value=value, region=region)
