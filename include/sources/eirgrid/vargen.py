"""vargen: wind and solar, actual and forecast in one answer. Never recorded: both shapes that clients met are read."""

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from include.sources.eirgrid import usual
from include.sources.eirgrid.envelope import Raw, long_rows, rows_of, wide_rows
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

    def usual_rows(self, body: bytes, query: Query) -> Rows:
        """See Interface.usual_rows."""
        try:
            return usual.wide_rows(body, names=_fields(query))
        except usual.Unusual:
            return usual.long_rows(body)

    def rows(self, payload: object, query: Query) -> Rows:
        """Rows of either shape: wide (MW_ACTUAL, MW_FORECAST) or long (FieldName, Value)."""
        names = _fields(query)
        runs = groupby(rows_of(payload, interface=self.name), key=tuple)
        return Rows.joined(self._alike(list(rows), names) for _, rows in runs)

    def _alike(self, rows: list[Raw], names: Mapping[str, str]) -> Rows:
        """Rows that have the same keys."""
        if "FieldName" in rows[0]:
            return long_rows(rows, stamp="EffectiveTime", field="FieldName", interface=self.name)
        return wide_rows(rows, stamp="Effective_Date", names=names, interface=self.name)


def _fields(query: Query) -> dict[str, str]:
    """The fields of the columns of a wide row, which does not name its area."""
    return {column: f"{AREAS[query.area.name]}_{kind}" for column, kind in WIDE_COLUMNS.items()}
