"""A DAG of somebody else's, in a bundle of its own, that waits for wind: the one that the guide shows."""

from datetime import datetime
from typing import Any

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.holes import ASKED, HOLE, lose

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]

THEIRS = "wind_news"


@pytest.fixture(scope="module", autouse=True)
def waiting(simulated: Deployment, cycle: str) -> None:
    """It waits; no export runs beside it."""
    simulated.pause("export")
    simulated.resume("ingest_eirgrid", "ingest_csv_folder", THEIRS)
    simulated.rest("ingest_eirgrid")
    simulated.rest(THEIRS)


def fetch(deployment: Deployment) -> datetime:
    """Fetch the day of the hole; when that was told."""
    run = deployment.trigger("ingest_eirgrid", ASKED)
    assert deployment.finish("ingest_eirgrid", run) == "success"
    (publish,) = [one for one in deployment.airflow.tasks("ingest_eirgrid", run) if one["task_id"] == "publish"]
    return datetime.fromisoformat(publish["end_date"])


def began_after(deployment: Deployment, told: datetime) -> list[dict[str, Any]]:
    """Runs of theirs that began after this instant."""
    runs = deployment.airflow.runs(THEIRS)
    return [run for run in runs if run["start_date"] and datetime.fromisoformat(run["start_date"]) >= told]


def test_each_change_of_wind_is_followed_by_a_run_that_reads_it(simulated: Deployment) -> None:
    for _ in range(2):
        lose(simulated, HOLE)
        told = fetch(simulated)
    simulated.wait(lambda: bool(began_after(simulated, told)), "their run")
    run = str(began_after(simulated, told)[0]["dag_run_id"])
    assert simulated.finish(THEIRS, run) == "success"
    assert "wind of Ireland: " in simulated.log(THEIRS, run, "newest")
    (event,) = simulated.airflow.get(f"dags/{THEIRS}/dagRuns/{run}/upstreamAssetEvents")["asset_events"][-1:]
    assert event["uri"] == f"s3://{simulated.bucket}/simulated/readings/source=eirgrid/area=wind"
    assert event["extra"] == {
        "source": "eirgrid",
        "area": "wind",
        "partitions": ["readings/source=eirgrid/area=wind/region=ROI/year=2026/month=11/data.parquet"],
        "first_day": ASKED["start"],
        "last_day": ASKED["end"],
        "rows": 2 * len(HOLE),
    }


def test_without_a_change_of_wind_there_is_no_run(simulated: Deployment) -> None:
    simulated.rest(THEIRS)
    before = simulated.run_ids(THEIRS)
    run = simulated.trigger("ingest_eirgrid", ASKED)
    assert simulated.finish("ingest_eirgrid", run) == "success"
    day = {"start": "2026-09-20", "end": "2026-09-20", "areas": ["snsp"]}
    run = simulated.trigger("ingest_eirgrid", day)
    assert simulated.finish("ingest_eirgrid", run) == "success"
    (publish,) = [one for one in simulated.airflow.tasks("ingest_eirgrid", run) if one["task_id"] == "publish"]
    assert publish["state"] == "success", "snsp has changed"
    assert simulated.run_ids(THEIRS) == before
