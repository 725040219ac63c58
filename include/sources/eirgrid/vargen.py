"""vargen: wind and solar, actual and forecast in one answer. Never recorded: both shapes that clients met are read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from include.sources.eirgrid.envelope import broken_row, long_row, rows_of
from include.sources.eirgrid.query import Hosts, Query, Request, Row

AREAS: Final = {"wind": "WIND", "solar": "SOLAR"}
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

    def rows(self, payload: object) -> list[Row]:
        """Rows of either shape: wide (MW_ACTUAL, MW_FORECAST) or long (FieldName, Value)."""
        return [row for raw in rows_of(payload, interface=self.name) for row in self._read(raw)]

    def _read(self, raw: Mapping[str, Any]) -> Iterator[Row]:
        if "FieldName" in raw:
            yield long_row(raw, stamp="EffectiveTime", field="FieldName", interface=self.name)
            return
        stamp, region = raw.get("Effective_Date"), raw.get("Region")
        if not isinstance(stamp, str) or not isinstance(region, str | None) or not WIDE_COLUMNS.keys() & raw.keys():
            raise broken_row(raw, self.name)
        for column, suffix in WIDE_COLUMNS.items():
            if column in raw:
                # A wide row does not name its area: `*` stands for the one that was asked for.
                yield Row(stamp=stamp, field=f"*_{suffix}", value=raw[column], region=region)
