"""Requests to the letter of API.md 2: areas, dates, ranges no longer than upstream serves."""

from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from include.domain.catalogue import AREAS
from include.domain.catalogue import area as area_named
from include.domain.errors import GridError
from include.sources.eirgrid.chart import Chart
from include.sources.eirgrid.dashboardservice import DashboardService
from include.sources.eirgrid.interconn import Interconn
from include.sources.eirgrid.query import Hosts, Interface, Query
from include.sources.eirgrid.vargen import Vargen
from tests.sources.asking import CHART, DATA, INTERCONN, VARGEN, at, eirgrid, fetch, full, readings, unit

INTERFACES: dict[str, Interface] = {
    "dashboardservice": DashboardService(Hosts()),
    "chart": Chart(Hosts()),
    "vargen": Vargen(Hosts()),
    "interconn": Interconn(Hosts()),
}


def _query(area: str, region: str, first: str, last: str, since: datetime | None = None) -> Query:
    found = area_named(area)
    return Query(found, region, found.of_region(region), date.fromisoformat(first), date.fromisoformat(last), since)


def _asked(interface: str, query: Query) -> list[tuple[str, dict[str, str]]]:
    return [(one.url, dict(one.params)) for one in INTERFACES[interface].requests(query)]


@pytest.mark.parametrize(
    ("area", "region", "upstream_areas"),
    [
        ("wind", "NI", ["windactual", "windforecast"]),
        ("demand", "ALL", ["demandactual", "demandforecast"]),
        ("co2", "ROI", ["co2intensity", "co2emission"]),
        ("interconnection", "NI", ["interconnection"]),
        ("snsp", "ALL", ["SnspAll"]),
        ("generation", "ALL", ["fuelmix"]),
        ("system_generation", "ROI", ["generationactual"]),
        ("frequency", "ROI", ["frequency"]),
        ("solar", "ALL", []),
    ],
)
def test_dashboardservice_is_asked_for_one_area_at_a_time(area: str, region: str, upstream_areas: list[str]) -> None:
    expected = [
        (DATA, {"area": one, "region": region, "datefrom": "01-Mar-2026 00:00", "dateto": "07-Mar-2026 23:59"})
        for one in upstream_areas
    ]
    assert _asked("dashboardservice", _query(area, region, "2026-03-01", "2026-03-07")) == expected


@pytest.mark.parametrize(
    ("area", "upstream_areas"),
    [
        ("solar", ["solaractual", "solarforecast"]),
        ("wind", ["windactual", "windforecast"]),
        ("interconnection", ["interconnection"]),
    ],
)
def test_chart_is_asked_for_days(area: str, upstream_areas: list[str]) -> None:
    expected = [
        (
            CHART,
            {
                "region": "ALL",
                "chartType": "default",
                "dateRange": "day",
                "dateFrom": "05-Apr-2026",
                "dateTo": "06-Apr-2026",
                "areas": one,
            },
        )
        for one in upstream_areas
    ]
    assert _asked("chart", _query(area, "ALL", "2026-04-05", "2026-04-06")) == expected


def test_chart_is_asked_for_frequency_by_the_hour() -> None:
    ((url, params),) = _asked("chart", _query("frequency", "ROI", "2026-05-14", "2026-05-14"))
    assert url == CHART
    assert params == {
        "region": "ROI",
        "chartType": "default",
        "dateRange": "hour",
        "dateFrom": "14-May-2026 00:00",
        "dateTo": "14-May-2026 23:59",
        "areas": "frequency",
    }


@pytest.mark.parametrize(("area", "name"), [("wind", "WIND"), ("solar", "SOLAR")])
def test_vargen_is_asked_in_its_path(area: str, name: str) -> None:
    expected = [(f"{VARGEN}/202603010000/202603302359/ROI/{name}", {"FORMAT": "JSON"})]
    assert _asked("vargen", _query(area, "ROI", "2026-03-01", "2026-03-30")) == expected


def test_interconn_is_asked_for_the_whole_island_only() -> None:
    expected = [(f"{INTERCONN}/202603010000/202603302359/ALL", {"format": "json"})]
    assert _asked("interconn", _query("interconnection", "ALL", "2026-03-01", "2026-03-30")) == expected
    assert _asked("interconn", _query("interconnection", "ROI", "2026-03-01", "2026-03-30")) == []


@pytest.mark.parametrize("area", [area.name for area in AREAS if area.name not in {"wind", "solar"}])
def test_vargen_is_asked_for_wind_and_solar_only(area: str) -> None:
    assert _asked("vargen", _query(area, area_named(area).regions[0], "2026-03-01", "2026-03-02")) == []


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_clock_change_moves_no_stamp(day: str) -> None:
    asked = f"{date.fromisoformat(day):%d-%b-%Y}"
    ((_, params),) = _asked("dashboardservice", _query("snsp", "ALL", day, day))
    assert (params["datefrom"], params["dateto"]) == (f"{asked} 00:00", f"{asked} 23:59")


@pytest.mark.parametrize(
    ("area", "first", "last", "spans"),
    [
        ("wind", "2026-03-01", "2026-03-31", [("2026-03-01", "2026-03-31")]),
        ("wind", "2026-03-01", "2026-04-01", [("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-01")]),
        (
            "frequency",
            "2026-03-25",
            "2026-04-08",
            [("2026-03-25", "2026-03-31"), ("2026-04-01", "2026-04-07"), ("2026-04-08", "2026-04-08")],
        ),
    ],
)
def test_a_long_span_is_asked_in_parts(area: str, first: str, last: str, spans: list[tuple[str, str]]) -> None:
    chunks = _query(area, "ROI", first, last).chunks()
    assert [(one.first.isoformat(), one.last.isoformat()) for one in chunks] == spans


@pytest.mark.parametrize(("name", "area"), [("vargen", "wind"), ("vargen", "solar"), ("interconn", "interconnection")])
def test_an_export_of_more_than_thirty_days_is_asked_in_parts(name: str, area: str) -> None:
    asked = _asked(name, _query(area, "ALL", "2026-03-01", "2026-03-31"))
    spans = [url.split("/ALL")[0].rsplit("/", 2)[1:] for url, _ in asked]
    assert spans == [["202603010000", "202603302359"], ["202603310000", "202603312359"]]


@pytest.mark.parametrize(("area", "longest"), [("demand", 31), ("frequency", 7)])
def test_no_part_is_longer_than_upstream_serves(area: str, longest: int) -> None:
    first = date(2026, 1, 1)
    for length in range(1, 70):
        last = first + timedelta(days=length - 1)
        chunks = _query(area, "ROI", first.isoformat(), last.isoformat()).chunks()
        covered = [one.first + timedelta(days=n) for one in chunks for n in range((one.last - one.first).days + 1)]
        assert covered == [first + timedelta(days=n) for n in range(length)]
        assert max((one.last - one.first).days + 1 for one in chunks) <= longest


@pytest.mark.parametrize(
    ("since", "asked_from"),
    [
        ("2026-02-10T11:49:55+00:00", "10-Feb-2026 11:49"),
        ("2026-07-10T11:49:55+00:00", "10-Jul-2026 12:49"),
        ("2026-02-09T20:00:00+00:00", "10-Feb-2026 00:00"),
    ],
)
def test_frequency_is_asked_from_its_newest_point_on(since: str, asked_from: str) -> None:
    day = "2026-07-10" if "-07-" in since else "2026-02-10"
    ((_, params),) = _asked("dashboardservice", _query("frequency", "ROI", day, day, at(since)))
    assert params["datefrom"] == asked_from
    assert params["dateto"].endswith("23:59")


def test_since_keeps_what_is_earlier_out_and_unfilled(upstream: responses.RequestsMock) -> None:
    rows = [("10-Feb-2026 11:49:50", 49.97), ("10-Feb-2026 11:49:55", 49.98), ("10-Feb-2026 11:50:05", 50.01)]
    upstream.get(DATA, json=full(*rows, field="SYS_FREQUENCY"))
    source = eirgrid("2026-02-10T11:50:12Z")
    chunks = fetch(source, unit("frequency", "ROI", "2026-02-10"), at("2026-02-10T11:49:55Z"))
    assert [(when[11:19], value) for when, _, value in readings(chunks)] == [
        ("11:49:55", 49.98),
        ("11:50:00", None),
        ("11:50:05", 50.01),
        ("11:50:10", None),
    ]


def _requests(now: str, area: str, region: str, first: str, last: str) -> list[tuple[str, str, str]]:
    """(area, from, to) of what DashboardService is asked when it is down."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as nowhere:
        with pytest.raises(GridError):
            list(eirgrid(now, max_retries=0).fetch(unit(area, region, first, last)))
        asked = [parse_qs(urlsplit(str(call.request.url)).query) for call in nowhere.calls]
    return [(one["area"][0], one["datefrom"][0][:11], one["dateto"][0][:11]) for one in asked if "datefrom" in one]


def test_only_forecasts_are_asked_for_tomorrow(naps: list[float]) -> None:
    assert _requests("2026-02-10T12:00:00Z", "demand", "ROI", "2026-02-09", "2026-02-11") == [
        ("demandactual", "09-Feb-2026", "10-Feb-2026"),
        ("demandforecast", "10-Feb-2026", "11-Feb-2026"),
    ]


def test_a_forecast_without_a_past_is_not_asked_for_it(naps: list[float]) -> None:
    assert _requests("2026-02-10T12:00:00Z", "demand", "ROI", "2026-01-01", "2026-01-31") == [
        ("demandactual", "01-Jan-2026", "31-Jan-2026"),
    ]


def test_a_unit_of_tomorrow_alone_asks_for_forecasts(naps: list[float]) -> None:
    """The last day of a month: tomorrow is in a partition of its own."""
    asked = _requests("2026-02-28T12:00:00Z", "wind", "ROI", "2026-03-01", "2026-03-01")
    assert asked == [("windforecast", "01-Mar-2026", "01-Mar-2026")]


@pytest.mark.parametrize(("now", "today"), [("2026-07-09T22:59:00Z", False), ("2026-07-09T23:00:00Z", True)])
def test_today_is_the_irish_day(now: str, today: bool, naps: list[float]) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as nowhere:
        with pytest.raises(GridError):
            list(eirgrid(now, max_retries=0).fetch(unit("solar", "ROI", "2026-07-09")))
        first = str(nowhere.calls[0].request.url)
    assert first.startswith(VARGEN if today else CHART), "on the 10th, the 9th is over"


def test_a_stand_in_serves_every_host_below_its_address() -> None:
    hosts = Hosts.below("http://127.0.0.1:9010/")
    assert (hosts.www, hosts.vargen, hosts.interconn) == (
        "http://127.0.0.1:9010/www",
        "http://127.0.0.1:9010/vargen",
        "http://127.0.0.1:9010/interconn",
    )
