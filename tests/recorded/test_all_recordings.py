"""Every recorded row of EirGrid's goes through ingest and comes out of the store as it was, in UTC.

The recordings are read here by pandas and the standard library's time zones alone.
"""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
import responses
from responses.matchers import query_param_matcher

from include.domain.catalogue import AREAS
from include.domain.readings import Feed, Unit
from include.domain.series import Area, Route
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_days
from include.settings import load_settings
from include.sources.client import HttpClient, Politeness
from include.sources.eirgrid import SOURCE
from include.sources.eirgrid.query import Hosts
from include.sources.eirgrid.source import EirGridSource
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.recorded.parts import AUTUMN, IRELAND, NOW, SPRING, Key, Recorded, exactly, instant
from tests.standin import StandIn

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("recordings"), pytest.mark.timeout(300)]

DATA: Final = f"{Hosts().www}/DashboardService.svc/data"


def rows_of(store: ReadingsStore, area: Area, key: Key, month: date | None = None) -> dict[datetime, float | None]:
    """All stored rows of a series, or those of the month of a day."""
    found: dict[datetime, float | None] = {}
    below = f"year={month.year}/month={month.month:02d}/" if month else ""
    for info in store.store.list(f"readings/source=eirgrid/area={area.name}/region={key.region}/{below}"):
        frame = pd.read_parquet(Path(store.store.address(info.key)))
        own = frame[frame["field"] == key.field]
        values = [None if math.isnan(value) else float(value) for value in own["value"]]
        found |= dict(zip([stamp.to_pydatetime() for stamp in own["timestamp"]], values, strict=True))
    return found


SERIES: Final = [(area, Key(one.region, one.field)) for area in AREAS for one in area.series]


def test_everything_recorded_comes_out_of_the_store_as_it_was(store: ReadingsStore, recorded: Recorded) -> None:
    compared, nulls = 0, 0
    for area, key in SERIES:
        if key not in recorded:
            continue
        rows = rows_of(store, area, key)
        values = {at: value for at, value in recorded[key].items() if not math.isnan(value)}
        assert {at: value for at, value in rows.items() if value is not None} == values, key
        (one,) = [one for one in area.of_region(key.region) if one.field == key.field]
        assert [value for value in values.values() if not one.plausible(value)] == [], key
        stored_nulls = {at for at, value in rows.items() if value is None}
        given_nulls = {at for at, value in recorded[key].items() if math.isnan(value)}
        if area.name == "snsp":  # A value each half-hour, in a table of quarter-hours.
            given_nulls = {at for at in given_nulls if at.minute in {0, 30}}
        # A day of which upstream gave nothing but nulls, or nothing at all, may have no row.
        with_values = {at.astimezone(IRELAND).date() for at in values}
        assert {at for at in given_nulls if at.astimezone(IRELAND).date() in with_values} <= stored_nulls, key
        compared, nulls = compared + len(values), nulls + len(stored_nulls)
    assert compared > 1_900_000
    assert nulls > 10_000


QUARTERLY: Final = [one for one in SERIES if one[0].name in {"demand", "wind", "co2", "system_generation"}]


@pytest.mark.parametrize("day", [*SPRING, *AUTUMN])
def test_a_clock_change_day_has_its_slots_but_for_the_four_that_cannot_be_had(
    day: date, store: ReadingsStore, recorded: Recorded
) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=IRELAND).astimezone(UTC)
    next_day = day + timedelta(days=1)
    end = datetime(next_day.year, next_day.month, next_day.day, tzinfo=IRELAND).astimezone(UTC)
    slots = [start + n * timedelta(minutes=15) for n in range((end - start) // timedelta(minutes=15))]
    assert len(slots) == (92 if day in SPRING else 100)
    again = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    lost = {again + n * timedelta(minutes=15) for n in range(4)} if day in AUTUMN else set()
    seen = 0
    for area, key in QUARTERLY:
        if key not in recorded:
            continue
        rows = {at for at in rows_of(store, area, key, day) if start <= at < end}
        assert rows == set(slots) - lost, key
        seen += 1
    assert seen == 15


def test_the_29th_of_march_2026_has_92_slots_and_the_hourly_values(store: ReadingsStore, recorded: Recorded) -> None:
    start, end = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC)
    fields = {
        "SYSTEM_DEMAND": "demand",
        "WIND_ACTUAL": "wind",
        "SOLAR_ACTUAL": "solar",
        "INTER_NET_ROI": "interconnection",
    }
    for field, area in fields.items():
        rows = rows_of(store, SOURCE.area(area), Key("ROI", field), date(2026, 3, 29))
        day = {at: value for at, value in rows.items() if start <= at < end}
        assert len(day) == 92
        assert [at.hour for at, value in sorted(day.items()) if value is not None] == list(range(23))
        assert all(value == recorded[Key("ROI", field)][at] for at, value in day.items() if value is not None)


def test_every_fuel_mix_snapshot_is_stored_at_its_own_time(folder: Path, upstream: StandIn, tmp_path: Path) -> None:
    table = records(pd.read_csv(folder / "fuelmix_snapshots_2026-07-12_2026-08-22.csv"))
    expected = {
        (row["region"], row["field_name"], exactly(datetime.fromisoformat(row["effective_time_local"]))): row[
            "value_mwh"
        ]
        for row in sorted(table, key=lambda row: str(row["fetched_at_utc"]))
    }
    readings = ReadingsStore(LocalStore(tmp_path), feed=Feed.RECORDED)
    readings.open()
    mix = SOURCE.area("generation")
    for region, stamp in sorted({(region, stamp) for region, _, stamp in expected}, key=lambda one: (one[1], one[0])):
        now = stamp + timedelta(minutes=7)
        upstream.set_clock(now)
        settings = load_settings(store="unused", feed="recorded", upstream=upstream.url, now=now)
        source = EirGridSource.from_settings(settings, clock=settings.clock)
        selection = Selection.of(SOURCE, areas=["generation"], regions=[region])
        day = stamp.astimezone(IRELAND).date()
        for unit in plan_days(SOURCE, day, day, now=now, selection=selection):
            Ingest(source=source, area=mix, readings=readings, clock=settings.clock).run(unit, live=True)
    upstream.set_clock(datetime.fromisoformat(NOW))
    found = {
        (region, one.field, at): value
        for region in mix.regions
        for one in mix.of_region(region)
        for at, value in rows_of(readings, mix, Key(region, one.field)).items()
    }
    assert found == expected
    assert len({(region, at) for region, _, at in found}) > 100


FIELDS: Final = {
    "demandactual": "demand", "generationactual": "system_generation", "windactual": "wind", "co2intensity": "co2",
    "co2emission": "co2", "interconnection": "interconnection", "snspall": "snsp",
}  # fmt: skip


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts; a cell without a value as None."""
    rows = frame.astype(object).to_dict("records")
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows]


def grouped(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def only_dashboard(area: Area) -> Area:
    route = Route(live=("dashboardservice",), elapsed=("dashboardservice",))
    return replace(area, series=tuple(replace(one, route=route) for one in area.series))


@pytest.mark.parametrize("day", ["26-Mar-2023", "29-Oct-2023", "15-Jan-2024", "19-Feb-2024", "20-Feb-2024"])
def test_raw_answers_of_the_sample_days_are_stored_row_by_row(
    day: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    rows_on_file = records(pd.read_csv(folder / "dashboardservice_raw_rows_sample_days.csv.gz"))
    raw = [row for row in rows_on_file if row["EffectiveTime"].startswith(day)]
    # The last two days were asked for on the first of them, at a quarter past three.
    now = datetime.fromisoformat("2024-02-19T15:20:00Z")
    readings = ReadingsStore(LocalStore(tmp_path), feed=Feed.EIRGRID)
    readings.open()
    areas = {area.name: only_dashboard(area) for area in AREAS}
    politeness = Politeness(user_agent="tests (tests@example.org)", max_retries=0)
    source = EirGridSource(HttpClient(politeness, clock=lambda: now), Hosts(), clock=lambda: now, areas=areas.values())
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for (asked, region), rows in grouped(raw, "requested_area", "requested_region").items():
            match = query_param_matcher(
                {"area": asked.replace("SnspALL", "SnspAll"), "region": region}, strict_match=False
            )
            listed = [{name: row[name] for name in ("EffectiveTime", "FieldName", "Region", "Value")} for row in rows]
            mock.get(DATA, json={"Rows": listed, "Status": "Success"}, match=[match])
        wanted = datetime.strptime(day, "%d-%b-%Y").date()  # noqa: DTZ007
        for unit in units(wanted, now):
            Ingest(source=source, area=areas[unit.partition.area], readings=readings, clock=lambda: now).run(
                unit, live=False
            )
    compared = 0
    for (asked, region, field), rows in grouped(raw, "requested_area", "requested_region", "FieldName").items():
        stored = rows_of(readings, SOURCE.area(FIELDS[asked.lower()]), Key(region, field))
        stamps = [instant(datetime.strptime(row["EffectiveTime"], "%d-%b-%Y %H:%M:%S")) for row in rows]  # noqa: DTZ007
        given = {at: row["Value"] for at, row in zip(stamps, rows, strict=True) if at is not None and at <= now}
        assert given.items() <= stored.items(), (asked, region)
        assert {at for at, value in stored.items() if value is not None} <= given.keys()
        assert all(at <= now for at in stored)
        compared += len(given)
    assert compared > 1000 or day == "20-Feb-2024"


def units(day: date, now: datetime) -> list[Unit]:
    return [
        replace(unit, first=day, last=day)
        for name in sorted(set(FIELDS.values()))
        for unit in plan_days(
            SOURCE, min(day, now.date()), now.date(), now=now, selection=Selection.of(SOURCE, areas=[name])
        )
        if unit.partition.month == unit.partition.month.of(day)
    ]
