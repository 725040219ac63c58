"""DashboardService: the old service behind the dashboard. Everything but solar; one series group per request."""

from typing import Final

from include.sources.eirgrid import usual
from include.sources.eirgrid.envelope import long_rows, rows_of
from include.sources.eirgrid.query import Hosts, Query, Request
from include.sources.eirgrid.rows import Rows
from include.sources.eirgrid.stamps import spelled

UPSTREAM_AREAS: Final = {
    "WIND_ACTUAL": "windactual",
    "WIND_FCAST": "windforecast",
    "SYSTEM_DEMAND": "demandactual",
    "DEMAND_FORECAST_VALUE": "demandforecast",
    "CO2_INTENSITY": "co2intensity",
    "CO2_EMISSIONS": "co2emission",
    "GEN_EXP": "generationactual",
    "SNSP_ALL": "SnspAll",
    "SYS_FREQUENCY": "frequency",
}
"""Upstream's name of the area that holds a field, where an area holds one field."""

WHOLE_AREAS: Final = {"interconnection": "interconnection", "generation": "fuelmix"}
"""Upstream's name of areas whose fields come in one answer."""


def upstream_areas(query: Query, *, known: dict[str, str]) -> dict[str, Query]:
    """Upstream's area names with the part of the query that each answers."""
    whole = WHOLE_AREAS.get(query.area.name)
    if whole is not None:
        return {whole: query}
    return {known[series.field]: query.only([series.field]) for series in query.series if series.field in known}


class DashboardService:
    """`/DashboardService.svc/data`: both ends of a range are included, to the minute."""

    name = "dashboardservice"

    def __init__(self, hosts: Hosts) -> None:
        self.url = f"{hosts.www}/DashboardService.svc/data"

    def requests(self, query: Query) -> list[Request]:
        """One request per upstream area."""
        return [
            Request(
                part,
                self.url,
                (
                    ("area", area),
                    ("region", part.region),
                    ("datefrom", f"{spelled(part.local_start)} {part.local_start:%H:%M}"),
                    ("dateto", f"{spelled(part.local_end)} {part.local_end:%H:%M}"),
                ),
            )
            for area, part in upstream_areas(query, known=UPSTREAM_AREAS).items()
        ]

    def usual_rows(self, body: bytes, query: Query) -> Rows:  # noqa: ARG002  an Interface
        """See Interface.usual_rows."""
        return usual.long_rows(body)

    def rows(self, payload: object, query: Query) -> Rows:  # noqa: ARG002  an Interface
        """Long rows: EffectiveTime, FieldName, Region, Value."""
        found = rows_of(payload, interface=self.name)
        return long_rows(found, stamp="EffectiveTime", field="FieldName", interface=self.name)
