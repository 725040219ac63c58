"""A folder of CSV files, beside EirGrid, through a real scheduler to an S3 server and out of the API."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.rooftop import ELAPSED, START, rows
from tests.e2e.serving import api_over
from tests.sources.test_csv_folder import write

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]


@pytest.fixture
def deployment(simulated: Deployment, rooftop: Path) -> Deployment:
    return simulated


@pytest.fixture
def folder(rooftop: Path) -> Iterator[Path]:
    """The folder, whole again afterwards."""
    yield rooftop
    write(rooftop, rows(500))


def served(deployment: Deployment) -> dict[str, dict[datetime, float | None]]:
    """What the API has of rooftop solar, by region."""
    with api_over(deployment) as get:
        return {
            block["region"]: {datetime.fromisoformat(one["timestamp"]): one["value"] for one in block["points"]}
            for block in get("/api/rooftop_solar")["series"]
        }


def test_its_readings_are_stored_exported_and_served(deployment: Deployment) -> None:
    keys = deployment.objects("simulated/readings/source=csv_folder/")
    assert sorted(keys) == [
        f"simulated/readings/source=csv_folder/area=rooftop_solar/region={region}/year=2026/month=11/data.parquet"
        for region in ("NI", "ROI")
    ]
    found = served(deployment)
    assert found["ROI"] == {slot: 100.0 + place for place, slot in enumerate(ELAPSED)}
    assert found["NI"] == {slot: None if place % 4 == 0 else 100.0 - place for place, slot in enumerate(ELAPSED)}
    with api_over(deployment) as get:
        assert get("/api/rooftop_solar")["attribution"] == "Data: Example Institute"


def test_a_day_is_fetched_again_after_its_file_has_changed(deployment: Deployment, folder: Path) -> None:
    exports = deployment.run_ids("export")
    write(folder, rows(500))
    run = deployment.trigger("ingest_csv_folder", {"start": "2026-11-21", "end": "2026-11-21", "regions": ["ROI"]})
    assert deployment.finish("ingest_csv_folder", run) == "success"
    deployment.wait(lambda: served(deployment)["ROI"][START] == 500, "the new value of the first slot")
    woken = deployment.run_ids("export") - exports
    assert {deployment.finish("export", run) for run in woken} == {"success"}
    found = served(deployment)["ROI"]
    day = START + timedelta(days=1)
    assert all(value == 500 + place for place, value in enumerate(found[slot] for slot in ELAPSED if slot < day))
    assert found[day] == 100 + 96, "the next day was not asked for"


def test_a_broken_file_is_red_says_why_and_writes_nothing(deployment: Deployment, folder: Path) -> None:
    write(folder, [*rows(900), ("2026-11-22", 1, 1)])
    before = deployment.objects("simulated/readings/source=csv_folder/")
    run = deployment.trigger("ingest_csv_folder", {"start": "2026-11-22", "end": "2026-11-22", "regions": ["NI"]})
    assert deployment.finish("ingest_csv_folder", run) == "failed"
    log = deployment.log("ingest_csv_folder", run, "repair", map_index=0)
    assert "files: rooftop_1.csv: line 302: no instant: '2026-11-22'; allowed: ISO 8601 with an offset" in log
    assert deployment.objects("simulated/readings/source=csv_folder/") == before


def test_eirgrids_run_does_not_fetch_it(deployment: Deployment, cycle: str) -> None:
    names = {one["rendered_map_index"] for one in deployment.airflow.tasks("ingest_eirgrid", cycle)}
    assert not any(str(name).startswith("rooftop") for name in names)
