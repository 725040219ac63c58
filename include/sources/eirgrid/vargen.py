"""vargen: wind and solar, actual and forecast in one answer. Never recorded: both shapes that clients met are read."""

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Final

from include.sources.eirgrid.envelope import Raw, long_rows, rows_of, wide_rows
from include.sources.eirgrid.plain import Plain
from include.sources.eirgrid.query import LONGEST_EXPORT, Hosts, Query, Request, export_path
from include.sources.eirgrid.rows import Rows

AREAS: Final = {"wind": "WIND", "solar": "SOLAR"}
WIDE_COLUMNS: Final = {"MW_ACTUAL": "ACTUAL", "MW_FORECAST": "FCAST"}


class Vargen:
    """`/api/export/{start}/{end}/{region}/{area}`: at most 30 days."""

    name = "vargen"

    def __init__(self, hosts: Hosts) -> None:
        self.url = f"{hosts.vargen}/api/export"

    def requests(self, query: Query) -> list[Request]:
        """Requests for actual and forecast together."""
        area = AREAS.get(query.area.name)
        if area is None:
            return []
        return [
            Request(part, f"{self.url}/{export_path(part)}/{area}", (("FORMAT", "JSON"),))
            for part in query.chunks(LONGEST_EXPORT)
        ]

    def rows(self, payload: object, query: Query) -> Rows:
        """Rows of either shape: wide (MW_ACTUAL, MW_FORECAST) or long (FieldName, Value)."""
        # A wide row does not name its area.
        names = {column: f"{AREAS[query.area.name]}_{kind}" for column, kind in WIDE_COLUMNS.items()}
        found = rows_of(payload, interface=self.name)
        if isinstance(found, Plain):
            return self._alike(found, found.columns, names)
        runs = groupby(found, key=tuple)
        return Rows.joined(self._alike(list(rows), keys, names) for keys, rows in runs)

    def _alike(self, rows: list[Raw] | Plain, keys: Collection[str], names: Mapping[str, str]) -> Rows:
        """Rows that have the same keys."""
        if "FieldName" in keys:
            return long_rows(rows, stamp="EffectiveTime", field="FieldName", interface=self.name)
        return wide_rows(rows, stamp="Effective_Date", names=names, interface=self.name)
