from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from include.domain.catalogue import AREAS
from include.domain.catalogue import area as area_named
from include.domain.errors import SettingInvalid
from include.domain.readings import Unit
from include.jobs.plan import MAX_UNITS, Selection, parse_days, plan_days, plan_live
from include.sources.registry import source
from tests.jobs.invented import at

EIRGRID = source("eirgrid")
EVERYTHING = Selection.of(EIRGRID)
NOW = at("2026-11-22T20:07:00Z")


def _some(*areas: str, regions: list[str] | None = None) -> Selection:
    return Selection.of(EIRGRID, areas=areas, regions=regions)


def _live(now: datetime = NOW, *, days_back: int = 1, selection: Selection = EVERYTHING) -> list[Unit]:
    return plan_live(EIRGRID, now=now, days_back=days_back, selection=selection)


def _days(first: str, last: str, selection: Selection = EVERYTHING, *, now: datetime = NOW) -> list[Unit]:
    return plan_days(EIRGRID, date.fromisoformat(first), date.fromisoformat(last), now=now, selection=selection)


def _spans(units: list[Unit]) -> list[tuple[str, str, str]]:
    return [(unit.label, unit.first.isoformat()[5:], unit.last.isoformat()[5:]) for unit in units]


def test_a_live_run_has_one_unit_per_area_region_and_partition() -> None:
    units = _live()
    assert len({unit.label for unit in units}) == len(units)
    wanted = {(area.name, region) for area in AREAS for region in area.regions}
    assert {(unit.partition.area, unit.partition.region) for unit in units} == wanted
    assert len(units) == len(wanted) + 1, "frequency has a unit for yesterday and one for today"


@pytest.mark.parametrize(
    ("area", "spans"),
    [
        ("wind", [("wind · ROI · 2026-11-21 to 23", "11-21", "11-23")]),
        ("solar", [("solar · ROI · 2026-11-21 to 23", "11-21", "11-23")]),
        ("demand", [("demand · ROI · 2026-11-21 to 23", "11-21", "11-23")]),
        ("co2", [("co2 · ROI · 2026-11-21 to 22", "11-21", "11-22")]),
        ("generation", [("generation · ROI · 2026-11-22", "11-22", "11-22")]),
        (
            "frequency",
            [("frequency · ROI · 2026-11-21", "11-21", "11-21"), ("frequency · ROI · 2026-11-22", "11-22", "11-22")],
        ),
    ],
)
def test_a_live_run_fetches_yesterday_today_and_forecasts_of_tomorrow(
    area: str, spans: list[tuple[str, str, str]]
) -> None:
    assert _spans(_live(selection=_some(area, regions=["ROI"]))) == spans


def test_days_back_sets_how_far_a_live_run_looks() -> None:
    wind = _some("wind", regions=["NI"])
    assert _spans(_live(days_back=0, selection=wind)) == [("wind · NI · 2026-11-22 to 23", "11-22", "11-23")]
    assert _spans(_live(days_back=3, selection=wind)) == [("wind · NI · 2026-11-19 to 23", "11-19", "11-23")]


def test_the_edge_of_a_month_gives_two_units() -> None:
    wind = _some("wind", regions=["ALL"])
    assert _spans(_live(at("2026-12-01T00:03:00Z"), selection=wind)) == [
        ("wind · ALL · 2026-11-30", "11-30", "11-30"),
        ("wind · ALL · 2026-12-01 to 02", "12-01", "12-02"),
    ]
    assert _spans(_live(at("2026-12-31T12:00:00Z"), selection=wind)) == [
        ("wind · ALL · 2026-12-30 to 31", "12-30", "12-31"),
        ("wind · ALL · 2027-01-01", "01-01", "01-01"),
    ]


def test_today_is_the_irish_day() -> None:
    co2 = _some("co2", regions=["ALL"])
    assert _spans(_live(at("2026-07-09T22:59:59Z"), selection=co2)) == [
        ("co2 · ALL · 2026-07-08 to 09", "07-08", "07-09")
    ]
    assert _spans(_live(at("2026-07-09T23:00:00Z"), selection=co2)) == [
        ("co2 · ALL · 2026-07-09 to 10", "07-09", "07-10")
    ]


@pytest.mark.parametrize("units", [_live(), _days("2026-08-30", "2026-11-22")])
def test_a_plan_is_in_the_catalogues_order_and_always_the_same(units: list[Unit]) -> None:
    areas = [area.name for area in AREAS]
    regions = ["ALL", "ROI", "NI"]
    keys = [
        (areas.index(unit.partition.area), regions.index(unit.partition.region), unit.partition.period, unit.first)
        for unit in units
    ]
    assert all(one < other for one, other in pairwise(keys))
    assert _live() == _live()


def test_the_order_and_repetition_of_params_do_not_matter() -> None:
    once = _live(selection=_some("wind", "co2", regions=["ROI", "NI"]))
    again = _live(selection=_some("co2", "wind", "co2", regions=["NI", "ROI", "NI"]))
    assert again == once
    assert len(once) == 4


@pytest.mark.parametrize("nothing", [None, [], ()])
def test_no_areas_and_no_regions_mean_all(nothing: list[str] | None) -> None:
    assert Selection.of(EIRGRID, areas=nothing, regions=nothing) == EVERYTHING


def test_a_region_that_one_of_the_areas_has_is_enough() -> None:
    units = _live(selection=_some("snsp", "wind", regions=["NI"]))
    assert [unit.label for unit in units] == ["wind · NI · 2026-11-21 to 23"]


@pytest.mark.parametrize(
    ("areas", "regions", "message"),
    [
        (["tidal"], None, "areas: got 'tidal'; allowed: wind, solar, demand, interconnection, co2, frequency"),
        (["wind", "Wind"], None, "areas: got 'Wind'; allowed: wind"),
        (None, ["EU"], "regions: got 'EU'; allowed: ALL, ROI, NI"),
        (["wind"], ["roi"], "regions: got 'roi'; allowed: ALL, ROI, NI"),
        (["snsp"], ["NI"], "regions: got ['NI']; allowed: snsp: ALL"),
        (["snsp", "frequency"], ["NI"], "regions: got ['NI']; allowed: frequency: ROI; snsp: ALL"),
    ],
)
def test_a_wrong_selection_is_named_with_what_is_allowed(
    areas: list[str] | None, regions: list[str] | None, message: str
) -> None:
    with pytest.raises(SettingInvalid) as caught:
        Selection.of(EIRGRID, areas=areas, regions=regions)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (None, None, None),
        ("", "", None),
        ("2026-11-01", "2026-11-03", ("2026-11-01", "2026-11-03")),
        ("2026-11-01", "2026-11-01", ("2026-11-01", "2026-11-01")),
        ("2026-11-01", None, ("2026-11-01", "2026-11-22")),
        (None, "2026-11-03", ("2026-11-03", "2026-11-03")),
        ("2026-11-22", None, ("2026-11-22", "2026-11-22")),
    ],
)
def test_start_and_end_are_days_both_included(start: str | None, end: str | None, days: tuple[str, str] | None) -> None:
    expected = None if days is None else (date.fromisoformat(days[0]), date.fromisoformat(days[1]))
    assert parse_days(start, end, now=NOW) == expected


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-11-03", "2026-11-01", "end: got '2026-11-01'; allowed: a day from start, 2026-11-03, on"),
        ("2026-11-23", None, "start: got '2026-11-23'; allowed: a day from 1970-01-01 up to today, 2026-11-22"),
        ("0001-01-01", None, "start: got '0001-01-01'; allowed: a day from 1970-01-01 up to today, 2026-11-22"),
        (None, "2026-11-23", "end: got '2026-11-23'; allowed: a day from 1970-01-01 up to today, 2026-11-22"),
        ("22.11.2026", None, "start: got '22.11.2026'; allowed: an Irish calendar day, such as 2026-11-22"),
        ("2026-02-30", None, "start: got '2026-02-30'; allowed: an Irish calendar day, such as 2026-11-22"),
        ("2026-11-01", "soon", "end: got 'soon'; allowed: an Irish calendar day, such as 2026-11-22"),
    ],
)
def test_a_wrong_day_is_named_with_what_is_allowed(start: str | None, end: str | None, message: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        parse_days(start, end, now=NOW)
    assert str(caught.value) == message


def test_a_repair_of_past_days_fetches_those_days_only() -> None:
    spans = _spans(_days("2026-09-29", "2026-10-02", _some("wind", regions=["NI"])))
    assert spans == [
        ("wind · NI · 2026-09-29 to 30", "09-29", "09-30"),
        ("wind · NI · 2026-10-01 to 02", "10-01", "10-02"),
    ]


def test_days_to_come_are_left_out_but_for_tomorrows_forecasts() -> None:
    assert _spans(_days("2026-11-22", "2026-12-31", _some("wind", "co2", regions=["NI"]))) == [
        ("wind · NI · 2026-11-22 to 23", "11-22", "11-23"),
        ("co2 · NI · 2026-11-22", "11-22", "11-22"),
    ]


def test_a_snapshot_is_planned_only_with_today() -> None:
    mix = _some("generation", "co2", regions=["ROI"])
    assert _spans(_days("2026-11-01", "2026-11-21", mix)) == [("co2 · ROI · 2026-11-01 to 21", "11-01", "11-21")]
    assert _spans(_days("2026-10-30", "2026-11-22", mix)) == [
        ("co2 · ROI · 2026-10-30 to 31", "10-30", "10-31"),
        ("co2 · ROI · 2026-11-01 to 22", "11-01", "11-22"),
        ("generation · ROI · 2026-11-22", "11-22", "11-22"),
    ]


@pytest.mark.parametrize(("time", "first"), [("00:59", "11-21"), ("01:00", "11-22")])
def test_a_snapshot_just_after_midnight_may_be_yesterdays(time: str, first: str) -> None:
    entry = source("eirgrid")
    mix = Selection.of(entry, areas=["generation"], regions=["ROI"])
    units = plan_live(entry, now=at(f"2026-11-22T{time}:00Z"), days_back=1, selection=mix)
    period = "2026-11-22" if first == "11-22" else "2026-11-21 to 22"
    assert _spans(units) == [(f"generation · ROI · {period}", first, "11-22")]


def test_days_before_upstream_served_an_area_are_not_planned() -> None:
    assert _spans(_days("2021-02-01", "2021-03-02", _some("snsp"))) == [
        ("snsp · ALL · 2021-03-01 to 02", "03-01", "03-02")
    ]
    with pytest.raises(SettingInvalid, match="allowed: days from 2021-03-01 on"):
        _days("2020-01-01", "2021-02-28", _some("snsp"))


def test_a_plan_that_one_run_cannot_hold_is_refused_with_the_commands_to_use() -> None:
    with pytest.raises(SettingInvalid) as caught:
        _days("2024-03-05", "2027-12-31")
    first, *commands = str(caught.value).splitlines()
    assert first.startswith("start, end: 2024-03-05 to 2026-11-22 is ")
    assert first.endswith(f"units, allowed in one run: {MAX_UNITS}; run")
    assert commands == [
        """airflow dags trigger ingest_eirgrid --conf '{"start": "2024-03-05", "end": "2024-12-31"}'""",
        """airflow dags trigger ingest_eirgrid --conf '{"start": "2025-01-01", "end": "2025-12-31"}'""",
        """airflow dags trigger ingest_eirgrid --conf '{"start": "2026-01-01", "end": "2026-11-22"}'""",
    ]


def test_the_commands_ask_for_the_same_areas_and_regions() -> None:
    with pytest.raises(SettingInvalid) as caught:
        _days("2020-01-01", "2023-12-31", _some("frequency", "wind", regions=["ROI"]))
    commands = str(caught.value).splitlines()[1:]
    assert len(commands) == 4
    assert all(one.endswith(""", "areas": ["wind", "frequency"], "regions": ["ROI"]}'""") for one in commands)


def test_each_command_gives_a_plan_that_one_run_holds() -> None:
    assert len(_days("2024-01-01", "2024-12-31")) <= MAX_UNITS
    assert len(_days("2026-01-01", "2026-11-22")) <= MAX_UNITS


@pytest.mark.parametrize(("lag", "first"), [(timedelta(hours=23), 9), (timedelta(days=3), 6), (timedelta(days=3.5), 6)])
def test_an_area_that_is_published_days_late_is_looked_at_for_longer(lag: timedelta, first: int) -> None:
    snsp = area_named("snsp")
    late = replace(snsp, series=tuple(replace(one, lag=lag) for one in snsp.series))
    entry = replace(source("eirgrid"), areas=(late, area_named("wind")))
    now = datetime(2026, 2, 10, 12, tzinfo=UTC)
    units = plan_live(entry, now=now, days_back=1, selection=Selection.of(entry))
    assert {one.partition.area: one.first.day for one in units} == {"snsp": first, "wind": 9}
