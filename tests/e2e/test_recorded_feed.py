"""Both DAGs through a real scheduler, replaying recorded answers of EirGrid where they are there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import isnan
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.serving import Get, api_over

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("recorded"), pytest.mark.timeout(180)]

IRELAND = ZoneInfo("Europe/Dublin")
SUMMER = "dashboardservice_15min_2026-06-12_2026-08-22.parquet"
SERVED = {"demand", "wind", "interconnection", "co2", "snsp", "system_generation"}
NOT_RECORDED = {"solar", "frequency"}
"""Areas that the recording of that day does not hold: no value must be made up for them."""


@pytest.fixture(scope="module")
def get(recorded: Deployment) -> Iterator[Get]:
    run = recorded.first_run("ingest_eirgrid")
    recorded.finish("ingest_eirgrid", run)
    export = recorded.first_run("export")
    assert recorded.finish("export", export) == "success"
    with api_over(recorded) as getter:
        yield getter


@pytest.fixture(scope="module")
def rows(recordings: Path) -> dict[str, dict[datetime, float | None]]:
    """The recorded values of each column, by UTC instant; no clock change falls into that summer."""
    frame = pq.read_table(recordings / SUMMER).to_pandas()
    stamps = [stamp.to_pydatetime().replace(tzinfo=IRELAND) for stamp in frame.index]
    return {
        column: {
            at: None if isnan(value) else float(value)
            for at, value in zip(stamps, frame[column].astype("float64"), strict=True)
        }
        for column in frame.columns
    }


def test_every_point_served_is_the_recorded_value(
    recorded: Deployment, get: Get, rows: dict[str, dict[datetime, float | None]]
) -> None:
    compared = 0
    for area in sorted(SERVED):
        for block in get(f"/api/{area}")["series"]:
            recording = rows[f"{block['region']}_{block['field']}"]
            for point in block["points"]:
                value = point.get("actual", point.get("value"))
                if point.get("derived") or value is None:
                    continue
                expected = recording[datetime.fromisoformat(point["timestamp"])]
                assert expected is not None
                assert value == pytest.approx(expected, abs=0.0001), (area, block["region"], point)
                compared += 1
    assert compared > 2000


def test_every_recorded_value_of_both_days_is_served(
    recorded: Deployment, get: Get, rows: dict[str, dict[datetime, float | None]]
) -> None:
    now = datetime.fromisoformat(recorded.stack.now or "")
    start = (now - timedelta(days=1)).astimezone(IRELAND).replace(hour=0, minute=0)
    for area in sorted(SERVED):
        for block in get(f"/api/{area}")["series"]:
            served = {
                datetime.fromisoformat(point["timestamp"])
                for point in block["points"]
                if point.get("actual", point.get("value")) is not None
            }
            recording = rows[f"{block['region']}_{block['field']}"]
            given = {at for at, value in recording.items() if value is not None and start <= at <= now}
            assert given <= served, (area, block["region"], block["field"], sorted(given - served)[:3])


def test_what_was_not_recorded_has_no_value_and_makes_the_run_red(recorded: Deployment, get: Get) -> None:
    for area in NOT_RECORDED:
        points = [point for block in get(f"/api/{area}")["series"] for point in block["points"]]
        assert [point for point in points if point.get("actual", point.get("value")) is not None] == []
    run = recorded.first_run("ingest_eirgrid")
    assert recorded.run_state("ingest_eirgrid", run) == "failed"
    log = recorded.log("ingest_eirgrid", run, "reconcile")
    for area in NOT_RECORDED:
        assert f"{area}: no value" in log


def test_the_feed_is_named(get: Get) -> None:
    assert get("/api/current")["feed"] == "recorded"
