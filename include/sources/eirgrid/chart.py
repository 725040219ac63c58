"""api/chart: what the rebuilt dashboard calls. All series, solar too; no status, so an empty answer says nothing."""

from typing import Final

from include.sources.eirgrid import usual
from include.sources.eirgrid.dashboardservice import UPSTREAM_AREAS, upstream_areas
from include.sources.eirgrid.envelope import long_rows, rows_of
from include.sources.eirgrid.query import Hosts, Query, Request
from include.sources.eirgrid.rows import Rows
from include.sources.eirgrid.stamps import spelled

CHART_AREAS: Final = UPSTREAM_AREAS | {"SOLAR_ACTUAL": "solaractual", "SOLAR_FCAST": "solarforecast"}


class Chart:
    """`/api/chart/`: asked day by day of the range, both included, one area at a time as several time out."""

    name = "chart"

    def __init__(self, hosts: Hosts) -> None:
        self.url = f"{hosts.www}/api/chart/"

    def requests(self, query: Query) -> list[Request]:
        """One request per upstream area."""
        return [
            Request(part, self.url, self._params(area, part))
            for area, part in upstream_areas(query, known=CHART_AREAS).items()
        ]

    def usual_rows(self, body: bytes, query: Query) -> Rows:  # noqa: ARG002  an Interface
        """See Interface.usual_rows."""
        return usual.long_rows(body)

    def rows(self, payload: object, query: Query) -> Rows:  # noqa: ARG002  an Interface
        """Long rows, as DashboardService's; the order of keys differs by series."""
        found = rows_of(payload, interface=self.name)
        return long_rows(found, stamp="EffectiveTime", field="FieldName", interface=self.name)

    def _params(self, area: str, query: Query) -> tuple[tuple[str, str], ...]:
        by_hour = query.area.partitioned_by_day
        start, end = query.local_start, query.local_end
        return (
            ("region", query.region),
            ("chartType", "default"),
            ("dateRange", "hour" if by_hour else "day"),
            ("dateFrom", spelled(start) + (f" {start:%H:%M}" if by_hour else "")),
            ("dateTo", spelled(end) + (f" {end:%H:%M}" if by_hour else "")),
            ("areas", area),
        )
