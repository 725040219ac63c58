"""Airflow's own backfill: one run per Irish day, from the command line and through the REST API."""

import io
import re
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from tests.e2e.deployment import Deployment, while_locked

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]

IRELAND = ZoneInfo("Europe/Dublin")
WIND = {"areas": ["wind"], "regions": ["ROI"]}


@pytest.fixture(scope="module")
def quiet(simulated: Deployment, cycle: str) -> Deployment:
    """The shared deployment without exports, which nothing here looks at."""
    simulated.pause("export")
    return simulated


def airflow(deployment: Deployment, *arguments: str) -> str:
    return deployment.command_line.run("backfill", "create", "--dag-id", "ingest_eirgrid", *arguments)


def backfilled(deployment: Deployment) -> list[dict[str, Any]]:
    runs = deployment.airflow.get("dags/ingest_eirgrid/dagRuns", limit=100, run_type="backfill")["dag_runs"]
    return sorted(runs, key=lambda run: str(run["data_interval_start"]))


def backfills(deployment: Deployment) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployment.airflow.get("backfills", dag_id="ingest_eirgrid")["backfills"]
    return found


def day_of(run: dict[str, Any]) -> str:
    start = datetime.fromisoformat(run["data_interval_start"]).astimezone(IRELAND)
    assert (start.hour, start.minute) == (0, 0)
    return start.date().isoformat()


def test_a_dry_run_lists_the_thirty_days(quiet: Deployment) -> None:
    listed = airflow(quiet, "--from-date", "2026-06-01", "--to-date", "2026-06-30", "--dry-run")
    starts = re.findall(r"2026-0[56]-\d\dT23:00:00", listed.replace(" ", "T"))
    assert len(set(starts)) == 30
    assert backfilled(quiet) == []


def test_the_clock_change_makes_three_runs_of_96_100_and_96_slots(quiet: Deployment) -> None:
    body = {"dag_id": "ingest_eirgrid", "from_date": "2026-10-24T00:00:00Z", "to_date": "2026-10-26T00:00:00Z"}
    while_locked(lambda: quiet.airflow.post("backfills", body | {"dag_run_conf": WIND}))
    runs = backfilled(quiet)
    assert [day_of(run) for run in runs] == ["2026-10-24", "2026-10-25", "2026-10-26"]
    spans = [
        datetime.fromisoformat(run["data_interval_end"]) - datetime.fromisoformat(run["data_interval_start"])
        for run in runs
    ]
    assert [span.total_seconds() / 900 for span in spans] == [96, 100, 96]
    for run, day in zip(runs, ("2026-10-24", "2026-10-25", "2026-10-26"), strict=True):
        assert quiet.finish("ingest_eirgrid", str(run["dag_run_id"])) == "success"
        tasks = quiet.airflow.tasks("ingest_eirgrid", str(run["dag_run_id"]))
        shown = {one["rendered_map_index"] for one in tasks if one["task_id"] == "repair" and one["map_index"] >= 0}
        assert shown == {f"wind · ROI · {day}"}
        noted = quiet.airflow.get(f"dags/ingest_eirgrid/dagRuns/{run['dag_run_id']}")["note"]
        assert noted == f"Irish day {day} · wind · ROI"
    key = "simulated/readings/source=eirgrid/area=wind/region=ROI/year=2026/month=10/data.parquet"
    body = quiet.s3.get_object(Bucket=quiet.bucket, Key=key)["Body"].read()
    table = pq.read_table(io.BytesIO(body), filters=[("field", "=", "WIND_ACTUAL")])
    stored = Counter(stamp.astimezone(IRELAND).date().isoformat() for stamp in table["timestamp"].to_pylist())
    # Of the doubled hour upstream's stamps can say one pass only.
    assert {day: stored[day] for day in sorted(stored) if day >= "2026-10-24"} == {
        "2026-10-24": 96,
        "2026-10-25": 96,
        "2026-10-26": 96,
    }


def test_a_backfill_of_thirty_days_from_the_command_line_makes_thirty_runs(quiet: Deployment) -> None:
    # Airflow runs one backfill of a DAG at a time, and notices only now and then that one has ended.
    for backfill in backfills(quiet):
        if not backfill["completed_at"]:
            quiet.airflow.put(f"backfills/{backfill['id']}/cancel")
    # That they fetch their days is shown above: here they are made and wait.
    quiet.pause("ingest_eirgrid")
    before = len(backfilled(quiet))
    april = ["--from-date", "2026-04-01", "--to-date", "2026-04-30", "--dag-run-conf", '{"areas": ["snsp"]}']
    while_locked(lambda: airflow(quiet, *april))
    runs = [run for run in backfilled(quiet) if day_of(run) < "2026-10"]
    assert [day_of(run) for run in runs] == [f"2026-04-{day:02d}" for day in range(1, 31)]
    assert len(backfilled(quiet)) == before + 30
