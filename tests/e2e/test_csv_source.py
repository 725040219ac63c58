"""A folder of CSV files, beside EirGrid, through a real scheduler to an S3 server and out of the API."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.conftest import SIMULATED_NOW
from tests.e2e.deployment import Deployment, deployed
from tests.e2e.serving import api_over
from tests.sources.test_csv_folder import DESCRIPTION, describe, write

pytestmark = pytest.mark.network

NOW: Final = datetime.fromisoformat(SIMULATED_NOW)
START: Final = datetime.fromisoformat("2026-11-21T00:00:00Z")
SLOTS: Final = [START + n * timedelta(minutes=15) for n in range(300)]
ELAPSED: Final = [slot for slot in SLOTS if slot <= NOW]


def rows(first: int) -> list[tuple[object, ...]]:
    """ROI counts up from `first`; NI has a null in every fourth slot."""
    return [
        (slot.isoformat(), first + place, "" if place % 4 == 0 else first - place) for place, slot in enumerate(SLOTS)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = describe(tmp_path_factory.mktemp("csv"), DESCRIPTION | {"feed": "simulated"})
    write(made, rows(100))
    return made


@pytest.fixture(scope="module")
def deployment(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    state, settings = tmp_path_factory.mktemp("csv-source"), {"GRID_CSV_FOLDER": str(folder)}
    with deployed(state, feed="simulated", now=SIMULATED_NOW, settings=settings) as running:
        yield running


def served(deployment: Deployment) -> dict[str, dict[datetime, float | None]]:
    """What the API has of rooftop solar, by region."""
    with api_over(deployment) as get:
        return {
            block["region"]: {datetime.fromisoformat(one["timestamp"]): one["value"] for one in block["points"]}
            for block in get("/api/rooftop_solar")["series"]
        }


def exported(deployment: Deployment) -> None:
    """Every run of the export that has been woken has ended well."""
    runs = {str(run["dag_run_id"]) for run in deployment.airflow.runs("export")}
    assert {deployment.finish("export", run) for run in runs} == {"success"}


def test_its_readings_are_stored_exported_and_served(deployment: Deployment) -> None:
    assert deployment.finish("ingest_csv_folder", deployment.first_run("ingest_csv_folder")) == "success"
    deployment.wait(
        lambda: bool(deployment.objects("simulated/summaries/rooftop_solar/")), "the summary of rooftop solar"
    )
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
    deployment.between_live_cycles("ingest_csv_folder")
    write(folder, rows(500))
    run = deployment.trigger("ingest_csv_folder", {"start": "2026-11-21", "end": "2026-11-21", "regions": ["ROI"]})
    assert deployment.finish("ingest_csv_folder", run) == "success"
    deployment.wait(lambda: served(deployment)["ROI"][START] == 500, "the new value of the first slot")
    exported(deployment)
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


def test_eirgrid_is_none_the_wiser(deployment: Deployment) -> None:
    run = deployment.first_run("ingest_eirgrid")
    assert deployment.finish("ingest_eirgrid", run) == "success"
    names = {one["rendered_map_index"] for one in deployment.airflow.tasks("ingest_eirgrid", run)}
    assert not any(str(name).startswith("rooftop") for name in names)
