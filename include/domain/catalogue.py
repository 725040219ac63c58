"""What should exist: every series of EirGrid's Smart Grid Dashboard, with the facts that decide how it is handled.

Ranges are the recorded extremes (2014-2026) with room for growth; lags and first days are as observed. Units: MW,
gCO2/kWh, tCO2/h, %, Hz, MWh.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Final

from include.domain.series import Aggregation, Area, History, Limit, Role, Route, Series, Withholding

QUARTER: Final = timedelta(minutes=15)
HALF_HOUR: Final = timedelta(minutes=30)
HOUR: Final = timedelta(hours=1)

ALL, ROI, NI = "ALL", "ROI", "NI"
ISLAND_AND_PARTS = (ALL, ROI, NI)

CYCLE: Final = QUARTER
TICK_OFFSET: Final = timedelta(minutes=3)
"""How often a live run fetches."""

HISTORY_START: Final = date(2014, 1, 1)
"""DashboardService has answered for demand, generation, wind, CO2 and interconnection from this day on. What it has
dropped since is still expected: interconnection before August 2024 was empty in October 2026. How far back frequency
goes is not established; the same day is taken."""
SNSP_START: Final = date(2021, 3, 1)
SOLAR_START: Final = date(2025, 5, 1)
"""Solar came with the dashboard's rebuilding; how far back it goes is not established."""
GREENLINK_START: Final = date(2025, 2, 1)
"""First month in which Greenlink was seen. The regional nets were absent until at least February 2024 and are taken
to have come with it."""

SNSP_LIMIT: Final = Limit(
    low=None,
    high=75.0,
    since=date(2022, 4, 1),
    source="EirGrid and SONI: operational limit raised from 70 % to 75 %, April 2022",
)
FREQUENCY_BAND: Final = Limit(
    low=49.8,
    high=50.2,
    since=date(2014, 1, 1),
    source="EirGrid Grid Code CC.8.2.1: normal operating range 49.8-50.2 Hz",
)

CO2_DERIVABLE_SINCE: Final = date(2022, 5, 18)
"""From this day emissions = intensity x demand / 1000 to rounding."""
CO2_WITHHOLDING: Final = {
    region: Withholding(below=below, derivable_since=CO2_DERIVABLE_SINCE)
    for region, below in {ALL: 650.0, ROI: 450.0, NI: 200.0}.items()
}
"""EirGrid sends no lower emission (tCO2/h); no recording of 2014-2026 holds one."""

DASHBOARD_FIRST: Final = Route(live=("dashboardservice", "chart"), elapsed=("dashboardservice", "chart"))
WIND_ROUTE: Final = Route(live=("chart", "dashboardservice", "vargen"), elapsed=("vargen", "chart", "dashboardservice"))
SOLAR_ROUTE: Final = Route(live=("chart", "vargen"), elapsed=("vargen", "chart"))
"""DashboardService has never carried solar."""
ISLAND_LINKS_ROUTE: Final = Route(
    live=("interconn", "dashboardservice", "chart"), elapsed=("interconn", "dashboardservice", "chart")
)
"""interconn has only ever been seen to answer for the whole island."""

FROZEN_TOGETHER: Final = (("demand", "SYSTEM_DEMAND"), ("wind", "WIND_ACTUAL"))
"""(area, field) pairs that never stay the same at the same time unless the region's telemetry has stopped."""
FROZEN_SLOTS: Final = 4
"""For how many slots in a row: of 2021-2024 and 2026, every such run is a freeze in ALL and ROI, and NI has none."""

DEMAND_RANGE: Final = {ALL: (1800, 9000), ROI: (1300, 7500), NI: (250, 2500)}
"""Lowest and highest plausible demand of each region (MW)."""

NEVER_RECORDED: Final = frozenset({"vargen", "interconn"})
"""Interfaces whose answers are known from other clients' code only: a shape nobody described there says more about
what we know than about upstream, so the next interface is asked instead of stopping the unit."""

_quarter_hourly = partial(Series, cadence=QUARTER, lag=QUARTER, first_day=HISTORY_START, route=DASHBOARD_FIRST)


def _per_region(build: Callable[[str], Iterable[Series]], regions: Iterable[str]) -> tuple[Series, ...]:
    return tuple(series for region in regions for series in build(region))


def _wind(region: str) -> Iterable[Series]:
    low, high = {ALL: (-100, 8000), ROI: (-100, 7000), NI: (-50, 2200)}[region]
    wind = partial(_quarter_hourly, area="wind", region=region, unit="MW", low=low, high=high, route=WIND_ROUTE)
    # In a calm NI's stays at -2 MW for hours.
    still = {ALL: 4 * HOUR, ROI: 4 * HOUR, NI: 12 * HOUR}[region]
    yield wind(field="WIND_ACTUAL", name="Wind", role=Role.ACTUAL, frozen_after=still)
    yield wind(field="WIND_FCAST", name="Wind forecast", role=Role.FORECAST, future=True)


def _solar(region: str) -> Iterable[Series]:
    low, high = {ALL: (-50, 4000), ROI: (-50, 3500), NI: (-20, 1000)}[region]
    solar = partial(
        _quarter_hourly,
        area="solar",
        region=region,
        unit="MW",
        low=low,
        high=high,
        first_day=SOLAR_START,
        route=SOLAR_ROUTE,
    )
    # At night it idles at 2 or 4 MW.
    yield solar(field="SOLAR_ACTUAL", name="Solar", role=Role.ACTUAL, frozen_after=24 * HOUR)
    yield solar(field="SOLAR_FCAST", name="Solar forecast", role=Role.FORECAST, future=True)


def _demand(region: str) -> Iterable[Series]:
    low, high = DEMAND_RANGE[region]
    demand = partial(_quarter_hourly, area="demand", region=region, unit="MW", low=low, high=high)
    yield demand(field="SYSTEM_DEMAND", name="Demand", role=Role.ACTUAL, frozen_after=2 * HOUR)
    yield demand(
        field="DEMAND_FORECAST_VALUE",
        name="Demand forecast",
        role=Role.FORECAST,
        cadence=HALF_HOUR,
        future=True,
        history=History.FUTURE_ONLY,
    )


def _interconnection(region: str) -> Iterable[Series]:
    route = ISLAND_LINKS_ROUTE if region == ALL else DASHBOARD_FIRST
    flow = partial(_quarter_hourly, area="interconnection", region=region, unit="MW", route=route)
    if region in {ALL, ROI}:
        yield flow(field="INTER_EWIC", name="EWIC", low=-600, high=650)
        yield flow(field="INTER_GRNLK", name="Greenlink", low=-600, high=650, first_day=GREENLINK_START)
    if region in {ALL, NI}:
        yield flow(field="INTER_MOYLE", name="Moyle", low=-600, high=600)
    if region == ALL:
        yield flow(field="INTER_NET", name="Net import", low=-1700, high=1900)
    else:
        low, high = {ROI: (-1200, 1300), NI: (-600, 600)}[region]
        yield flow(field=f"INTER_NET_{region}", name="Net import", low=low, high=high, first_day=GREENLINK_START)


def _co2(region: str) -> Iterable[Series]:
    # In 2021 and 2022 NI's intensity rose to 1,976, three times that of the rest.
    intensity = {ALL: 900, ROI: 900, NI: 2500}[region]
    emissions = {ALL: 4500, ROI: 3200, NI: 2000}[region]
    co2 = partial(_quarter_hourly, area="co2", region=region, lag=HALF_HOUR, low=0)
    yield co2(
        field="CO2_INTENSITY",
        name="CO2 intensity",
        unit="gCO2/kWh",
        high=intensity,
        aggregation=Aggregation.DEMAND_WEIGHTED,
        frozen_after=3 * HOUR,
    )
    yield co2(
        field="CO2_EMISSIONS",
        name="CO2 emissions",
        unit="tCO2/h",
        high=emissions,
        frozen_after={ALL: 3 * HOUR, ROI: 3 * HOUR, NI: 5 * HOUR}[region],
        withholding=CO2_WITHHOLDING[region],
    )


def _system_generation(region: str) -> Iterable[Series]:
    yield _quarter_hourly(
        area="system_generation",
        region=region,
        field="GEN_EXP",
        name="Generation",
        unit="MW",
        low=0,
        high={ALL: 9000, ROI: 8000, NI: 2800}[region],
        frozen_after=2 * HOUR,
    )


FUELS: Final = {
    "FUEL_COAL": "Coal",
    "FUEL_GAS": "Gas",
    "FUEL_NET_IMPORT": "Net import",
    "FUEL_OTHER_FOSSIL": "Other fossil",
    "FUEL_RENEW": "Renewables",
}


def _fuel_mix(region: str) -> Iterable[Series]:
    # No fuel gives more than the highest demand for a day.
    most = 24 * DEMAND_RANGE[region][1]
    for field, name in FUELS.items():
        yield _quarter_hourly(
            area="generation",
            region=region,
            field=field,
            name=name,
            unit="MWh",
            low=-most if field == "FUEL_NET_IMPORT" else -100,
            high=most,
            history=History.SNAPSHOT,
            aggregation=Aggregation.LAST,
            optional=True,
        )


def _area(
    name: str,
    title: str,
    build: Callable[[str], Iterable[Series]],
    *,
    regions: tuple[str, ...] = ISLAND_AND_PARTS,
    alert_after: timedelta = 3 * HOUR,
    partitioned_by_day: bool = False,
) -> Area:
    return Area(
        name=name,
        title=title,
        regions=regions,
        alert_after=alert_after,
        partitioned_by_day=partitioned_by_day,
        series=_per_region(build, regions),
    )


AREAS: Final[tuple[Area, ...]] = (
    _area("wind", "Wind", _wind),
    _area("solar", "Solar", _solar),
    _area("demand", "Demand", _demand),
    _area("interconnection", "Interconnection", _interconnection),
    _area("co2", "CO2", _co2, alert_after=6 * HOUR),
    _area(
        "frequency",
        "Frequency",
        lambda region: [
            Series(
                area="frequency",
                region=region,
                field="SYS_FREQUENCY",
                name="Frequency",
                unit="Hz",
                cadence=timedelta(seconds=5),
                lag=timedelta(minutes=2),
                first_day=HISTORY_START,
                low=48.0,
                high=52.0,
                aggregation=Aggregation.MIN_MEAN_MAX,
                frozen_after=HOUR,
                limit=FREQUENCY_BAND,
                route=DASHBOARD_FIRST,
            )
        ],
        regions=(ROI,),
        partitioned_by_day=True,
    ),
    _area(
        "snsp",
        "SNSP",
        lambda region: [
            Series(
                area="snsp",
                region=region,
                field="SNSP_ALL",
                name="System non-synchronous penetration",
                unit="%",
                cadence=HALF_HOUR,
                lag=HALF_HOUR,
                first_day=SNSP_START,
                low=0,
                high=100,
                frozen_after=HOUR * 5 / 2,
                limit=SNSP_LIMIT,
                route=DASHBOARD_FIRST,
            )
        ],
        regions=(ALL,),
        alert_after=6 * HOUR,
    ),
    _area("generation", "Fuel mix, last 24 h", _fuel_mix, alert_after=6 * HOUR),
    _area("system_generation", "Generation", _system_generation),
)
"""Every area served, in the order in which people read them."""

NO_AREAS: Final = frozenset({"current", "recent", "snapshot", "gaps", "catalogue", "status", "files"})
"""Names that no area may have: the REST API has something else at these paths."""

ATTRIBUTION: Final = "Data: EirGrid and SONI, Smart Grid Dashboard (www.smartgriddashboard.com)"

_BY_NAME = {area.name: area for area in AREAS}


def area_names() -> tuple[str, ...]:
    """Names of all areas."""
    return tuple(_BY_NAME)


def area(name: str) -> Area:
    """The area of this name; KeyError when there is none."""
    return _BY_NAME[name]


def series(area_name: str, region: str, field: str) -> Series:
    """One series; KeyError when there is none."""
    for one in _BY_NAME[area_name].series:
        if (one.region, one.field) == (region, field):
            return one
    raise KeyError((area_name, region, field))
