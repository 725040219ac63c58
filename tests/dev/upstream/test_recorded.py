"""The recorded feed against the recordings themselves, read directly."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dev.upstream.recorded import Recorded

FOLDER = Path(os.environ.get("GRID_RECORDED", Path(__file__).parents[3].parent / "shared/eirgrid/recorded"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the recordings are not at {FOLDER}; set GRID_RECORDED")
OLD = "dashboardservice_15min_2021_2024-02.parquet"
NEW = "dashboardservice_15min_2026-06-12_2026-08-22.parquet"
AREAS = {
    "demandactual": "SYSTEM_DEMAND", "generationactual": "GEN_EXP", "windactual": "WIND_ACTUAL",
    "co2intensity": "CO2_INTENSITY", "co2emission": "CO2_EMISSIONS",
}  # fmt: skip
Ask = Callable[..., dict[str, Any]]
Serve = Callable[..., Any]


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded.read(FOLDER)


@pytest.fixture
def client(serve: Serve, recorded: Recorded) -> Any:
    return serve(over=recorded)


def _direct(name: str, column: str, day: str) -> dict[str, float | None]:
    series = pd.read_parquet(FOLDER / name)[column].loc[day]
    return {f"{stamp:%d-%b-%Y %H:%M:%S}": None if pd.isna(value) else float(value) for stamp, value in series.items()}


def _served(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    return {row["EffectiveTime"]: row["Value"] for row in rows}


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("region", ["ALL", "ROI", "NI"])
@pytest.mark.parametrize(
    ("name", "day"), [(OLD, "2023-03-26"), (OLD, "2023-10-29"), (OLD, "2021-01-01"), (NEW, "2026-07-14")]
)
def test_days_are_replayed_as_they_were(client: Any, ask: Ask, area: str, region: str, name: str, day: str) -> None:
    answer = ask(client, area, region, day, f"{day} 23:59")
    assert _served(answer["Rows"]) == _direct(name, f"{region}_{AREAS[area]}", day)
    assert len(answer["Rows"]) == 96
    assert answer["Status"] == "Success"


def _asked_and_raw() -> list[Any]:
    if not FOLDER.is_dir():
        return []
    raw = pd.read_csv(FOLDER / "dashboardservice_raw_rows_sample_days.csv.gz")
    days = raw[raw.EffectiveTime.str[:11].isin(["26-Mar-2023", "29-Oct-2023", "15-Jan-2024"])]
    groups = days.groupby(["requested_area", "requested_region", days.EffectiveTime.str[:11]])
    return [pytest.param(group, id="-".join(map(str, key))) for key, group in groups]


@pytest.mark.parametrize("raw", _asked_and_raw())
def test_rows_come_in_upstreams_own_order(client: Any, ask: Ask, raw: pd.DataFrame) -> None:
    area, region, day = (
        raw.requested_area.iloc[0],
        raw.requested_region.iloc[0],
        raw.EffectiveTime.iloc[0][:11],
    )
    rows = ask(client, area, region, day, f"{day} 23:59")["Rows"]
    assert [list(row) for row in rows[:1]] == [["EffectiveTime", "FieldName", "Region", "Value"]]
    expected = raw.drop_duplicates(["EffectiveTime", "FieldName"])[["EffectiveTime", "FieldName", "Region"]]
    assert [tuple(row.values())[:3] for row in rows] == list(expected.itertuples(index=False, name=None))
    values = [None if pd.isna(value) else value for value in raw.Value]
    assert [row["Value"] for row in rows] == pytest.approx(values, abs=0.00006)


def test_spring_rows_are_null_and_snsp_has_none(client: Any, ask: Ask) -> None:
    rows = ask(client, "demandactual", "ALL", "2023-03-26", "2023-03-26 23:59")["Rows"]
    assert [row["EffectiveTime"][12:17] for row in rows if row["Value"] is None] == [
        "01:00",
        "01:15",
        "01:30",
        "01:45",
    ]
    assert len(ask(client, "SnspALL", "ALL", "26-Mar-2023", "26-Mar-2023 23:59")["Rows"]) == 46


def test_snsp_comes_every_half_hour_with_four_decimals(client: Any, ask: Ask) -> None:
    rows = ask(client, "SnspALL", "ALL", "15-Jan-2024", "15-Jan-2024 23:59")["Rows"]
    direct = {stamp: value for stamp, value in _direct(OLD, "ALL_SNSP_ALL", "2024-01-15").items() if value is not None}
    assert len(rows) == len(direct) == 48
    for row in rows:
        assert row["Value"] == pytest.approx(direct[row["EffectiveTime"]], abs=0.00006)
        assert round(row["Value"], 4) == row["Value"]


def test_interconnection_of_every_region(client: Any, ask: Ask) -> None:
    for region in ("ALL", "ROI", "NI"):
        rows = ask(client, "interconnection", region, "2026-07-14", "2026-07-14 23:59")["Rows"]
        for field in {row["FieldName"] for row in rows}:
            served = _served([row for row in rows if row["FieldName"] == field])
            assert served == _direct(NEW, f"{region}_{field}", "2026-07-14")
    assert len({row["FieldName"] for row in rows}) == 2


def test_the_islands_net_of_2021_to_2024_is_the_sum_of_the_links(client: Any, ask: Ask) -> None:
    rows = ask(client, "interconnection", "ALL", "2022-07-26", "2022-07-26 23:59")["Rows"]
    ewic, moyle = (_direct(OLD, name, "2022-07-26") for name in ("ROI_INTER_EWIC", "NI_INTER_MOYLE"))
    assert [row["FieldName"] for row in rows[::96]] == ["INTER_EWIC", "INTER_MOYLE", "INTER_NET"]
    for stamp, value in _served(rows[192:]).items():
        assert value == (ewic[stamp] or 0) + (moyle[stamp] or 0)


def test_solar_of_april_2026_on_api_chart(client: Any) -> None:
    query = "region=ROI&chartType=default&dateRange=day&dateFrom=05-Apr-2026&dateTo=05-Apr-2026&areas=solaractual"
    answer = client.get(f"/www/api/chart/?{query}")
    direct = pd.read_csv(FOLDER / "apichart_ROI_15min_2026-04-05_2026-04-10.csv", index_col=0, parse_dates=True)
    assert answer.headers["x-data-feed"] == "recorded"
    expected = list(direct["SOLAR_ACTUAL"].loc["2026-04-05"])
    assert [row["Value"] for row in answer.json()["Rows"]] == expected


def test_the_hourly_recording_has_its_own_stamps_only(client: Any) -> None:
    query = "region=ROI&dateFrom=29-Mar-2026&dateTo=29-Mar-2026&areas=solaractual"
    rows = client.get(f"/www/api/chart/?{query}").json()["Rows"]
    assert len(rows) == 24
    assert [row["EffectiveTime"][12:17] for row in rows if row["Value"] is None] == ["01:00"]


@pytest.mark.parametrize(
    ("area", "day"),
    [("demandactual", "2025-03-01"), ("windforecast", "2026-07-14"), ("frequency", "2026-07-14")],
)
def test_where_nothing_was_recorded_there_are_no_rows(client: Any, ask: Ask, area: str, day: str) -> None:
    answer = ask(client, area, "ALL", day, f"{day} 23:59")
    assert (answer["Rows"], answer["LastUpdated"], answer["Status"]) == ([], None, "Success")


def test_after_now_everything_is_null(serve: Serve, ask: Ask, recorded: Recorded) -> None:
    client = serve(over=recorded, now=datetime(2026, 7, 14, 12, 0, tzinfo=UTC))
    rows = ask(client, "demandactual", "ALL", "2026-07-14", "2026-07-14 23:59")["Rows"]
    filled = [row["EffectiveTime"][12:17] for row in rows if row["Value"] is not None]
    assert (len(rows), filled[-1]) == (96, "13:00")
    snsp = ask(client, "snspall", "ALL", "2026-07-14", "2026-07-14 23:59")["Rows"]
    assert snsp[-1]["EffectiveTime"] == "14-Jul-2026 13:00:00"


def test_the_fuel_mix_is_the_newest_snapshot_before_now(serve: Serve, recorded: Recorded) -> None:
    path = "/www/DashboardService.svc/data?area=fuelMix&region=ALL"
    table = pd.read_csv(FOLDER / "fuelmix_snapshots_2026-07-12_2026-08-22.csv")
    stamps = table[table.region == "ALL"].effective_time_local.drop_duplicates().sort_values()
    chosen = stamps.iloc[10]
    now = datetime.fromisoformat(f"{chosen}+01:00")
    rows = serve(over=recorded, now=now).get(path).json()["Rows"]
    assert {row["EffectiveTime"] for row in rows} == {f"{now:%d-%b-%Y %H:%M:%S}"}
    direct = table[(table.region == "ALL") & (table.effective_time_local == chosen)]
    assert {row["FieldName"]: row["Value"] for row in rows} == dict(
        zip(direct.field_name, direct.value_mwh, strict=True)
    )
    before = serve(over=recorded, now=datetime(2026, 7, 1, tzinfo=UTC)).get(path).json()
    assert (before["Rows"], before["LastUpdated"]) == ([], None)


def test_vargen_has_the_actual_without_a_forecast(client: Any) -> None:
    rows = client.get("/vargen/api/export/202607140000/202607142359/ALL/WIND").json()["Rows"]
    direct = _direct(NEW, "ALL_WIND_ACTUAL", "2026-07-14")
    assert [row["MW_ACTUAL"] for row in rows] == [str(value) for value in direct.values()]
    assert {row["MW_FORECAST"] for row in rows} == {None}
