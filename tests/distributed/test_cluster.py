"""`make test-distributed`: live cycles, a month's backfill with kills in its middle, and the gap check, with Celery."""

import io
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow.parquet as pq
import pytest
import requests

from dev.patience import until
from tests.distributed.conftest import Distributed

pytestmark = [pytest.mark.e2e, pytest.mark.distributed]

log = logging.getLogger(__name__)

INGEST: Final = "ingest_eirgrid"
BUCKET: Final = "grid"
READINGS: Final = "simulated/readings/source=eirgrid"
TODAY: Final = datetime.now(UTC).date()
LAST: Final = TODAY - timedelta(days=3)
FIRST: Final = LAST - timedelta(days=30)
"""31 days that upstream has finished with."""
PART: Final = {"areas": ["wind", "frequency"], "regions": ["ROI"]}
"""A partition of a month, which 31 runs write to at once, and partitions of a day."""
ENDED: Final = {"success", "failed"}

Readings = dict[tuple[str, str, datetime], float | None]


def state(distributed: Distributed, dag_id: str, run_id: str) -> str:
    return str(distributed.airflow.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"])


def finish(distributed: Distributed, dag_id: str, run_id: str) -> str:
    until(lambda: state(distributed, dag_id, run_id) in ENDED, f"the end of {dag_id} {run_id}", seconds=400)
    return state(distributed, dag_id, run_id)


def trigger(distributed: Distributed, dag_id: str, conf: dict[str, Any]) -> str:
    run = distributed.airflow.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
    return finish(distributed, dag_id, str(run["dag_run_id"]))


def backfilled(distributed: Distributed) -> dict[str, str]:
    """State of each run of the backfill."""
    found = distributed.airflow.get(f"dags/{INGEST}/dagRuns", run_type="backfill", limit=100)["dag_runs"]
    return {str(run["dag_run_id"]): str(run["state"]) for run in found}


def ended(distributed: Distributed) -> int:
    return sum(one in ENDED for one in backfilled(distributed).values())


def going(distributed: Distributed, task_id: str = "repair") -> list[dict[str, Any]]:
    """Instances of a task of the backfill that a worker is at this moment busy with."""
    path = f"dags/{INGEST}/dagRuns/~/taskInstances"
    found: list[dict[str, Any]] = distributed.airflow.get(path, state="running", limit=100)["task_instances"]
    return [one for one in found if one["task_id"] == task_id]


def retried(distributed: Distributed) -> int:
    """Units of the backfill that were begun more than once."""
    found = [one for run in backfilled(distributed) for one in distributed.airflow.tasks(INGEST, run)]
    again = [one for one in found if one["task_id"] == "repair" and one["try_number"] > 1]
    log.info("units begun more than once: %s", [(one["dag_run_id"], one["try_number"]) for one in again])
    return len(again)


def keys(distributed: Distributed, area: str) -> list[str]:
    pages = distributed.s3.get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=BUCKET, Prefix=f"{READINGS}/area={area}/region=ROI/")
    return [str(item["Key"]) for page in found for item in page.get("Contents", [])]


def readings(distributed: Distributed) -> Readings:
    """Every reading of the month by partition, field and time; `fetched_at` alone may differ between two runs."""
    rows: Readings = {}
    for key in [one for area in PART["areas"] for one in keys(distributed, area)]:
        body = distributed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        table = pq.read_table(io.BytesIO(body)).to_pydict()
        for stamp, name, value in zip(table["timestamp"], table["field"], table["value"], strict=True):
            if FIRST <= stamp.date() < LAST:
                rows[key, name, stamp] = value
    return rows


def test_every_health_check_of_the_file_is_content(distributed: Distributed) -> None:
    cluster = distributed.cluster
    checked = {name for name, service in cluster.services.items() if not service.one_shot}
    assert checked == set(cluster.services) - {"secrets", "prepare"}
    assert {name for name in checked if not cluster.healthy(name)} == set()
    assert cluster.restarts == {}


def test_live_cycles(distributed: Distributed) -> None:
    airflow = distributed.airflow
    until(lambda: bool(airflow.runs(INGEST)), "the first live run", seconds=120)
    assert finish(distributed, INGEST, str(airflow.runs(INGEST)[-1]["dag_run_id"])) == "success"
    assert trigger(distributed, INGEST, {}) == "success"
    until(lambda: bool(airflow.runs("export")), "the export", seconds=60)
    assert finish(distributed, "export", str(airflow.runs("export")[-1]["dag_run_id"])) == "success"


def test_the_api_serves_data_dashboard_and_guide(distributed: Distributed) -> None:
    api = distributed.cluster.url("8000")

    def served() -> bool:
        return bool(requests.get(f"{api}/api/current", timeout=10).json()["as_of"])

    until(served, "the newest readings", seconds=90)
    assert requests.get(f"{api}/health", timeout=10).json()["feed"] == "simulated"
    for page in ("/ui/", "/guide/", "/docs"):
        assert requests.get(f"{api}{page}", timeout=10).status_code == 200


def after(runs: int, distributed: Distributed, *, busy: bool = True) -> None:
    """Return in the middle of the backfill: that many runs have ended, and some worker is busy with a unit."""
    until(lambda: ended(distributed) >= runs, f"{runs} runs of the backfill", seconds=400)
    if busy:
        until(lambda: bool(going(distributed)), "a unit at work", seconds=120)


def kill_a_worker(distributed: Distributed) -> None:
    distributed.cluster.kill(distributed.cluster.busiest("worker-1", "worker-2"), away=5)


def kill_the_scheduler(distributed: Distributed) -> None:
    distributed.cluster.kill("scheduler", away=5)


def kill_redis(distributed: Distributed) -> None:
    # With Airflow's own settings six of eight runs fail for good when it is away for a minute.
    distributed.cluster.kill("redis", away=60)


def restart_postgres(distributed: Distributed) -> None:
    distributed.cluster.restart("postgres")


INCIDENTS: Final[dict[int, Callable[[Distributed], None]]] = {
    3: kill_a_worker,
    9: kill_the_scheduler,
    15: kill_redis,
    21: restart_postgres,
}
"""What happens after so many of the 31 runs."""


def test_an_alert_is_counted(distributed: Distributed) -> None:
    mailbox = distributed.mailbox
    assert mailbox.received() == []
    mailbox.sns.publish(TopicArn=mailbox.topic, Subject="Test", Message="Nothing is wrong.")
    (message,) = mailbox.received()
    assert "Nothing is wrong." in message["Message"]
    assert mailbox.received() == []


def test_a_months_backfill_outlives_the_loss_of_every_part(distributed: Distributed) -> None:
    days = {"start": FIRST.isoformat(), "end": LAST.isoformat()}
    assert trigger(distributed, INGEST, PART | days) == "success"
    undisturbed = readings(distributed)
    assert len(undisturbed) > 30 * (96 * 2 + 17_000)
    for key in [one for area in PART["areas"] for one in keys(distributed, area)]:
        distributed.s3.delete_object(Bucket=BUCKET, Key=key)
    assert readings(distributed) == {}
    distributed.mailbox.received()

    span = {"from_date": f"{FIRST}T12:00:00Z", "to_date": f"{LAST}T12:00:00Z"}
    how = {"dag_id": INGEST, "max_active_runs": 6, "run_backwards": False, "dag_run_conf": PART}
    distributed.airflow.post("backfills", span | how)
    until(lambda: len(backfilled(distributed)) == 31, "the runs of the backfill", seconds=120)
    began = time.monotonic()
    for runs, strike in INCIDENTS.items():
        after(runs, distributed)
        strike(distributed)
        log.info("%.0f s: %s", time.monotonic() - began, strike.__name__)
    after(31, distributed, busy=False)
    log.info("%.0f s: the end; started again by policy: %s", time.monotonic() - began, distributed.cluster.restarts)

    assert {run: one for run, one in backfilled(distributed).items() if one != "success"} == {}
    assert readings(distributed) == undisturbed
    # Otherwise no unit was hit, and nothing was shown.
    assert retried(distributed) >= 1
    # A live run may fall into an incident: one message when it opens, and one when it closes.
    messages = distributed.mailbox.received()
    log.info("alerts: %s", messages)
    assert len(messages) <= 2 * len(INCIDENTS)


def test_the_gap_check_mends_what_is_lost(distributed: Distributed) -> None:
    before = readings(distributed)
    day = LAST - timedelta(days=1)
    (lost,) = (one for one in keys(distributed, "frequency") if f"/month={day:%m}/day={day:%d}/" in one)
    distributed.s3.delete_object(Bucket=BUCKET, Key=lost)
    assert readings(distributed) != before
    days = {"start": FIRST.isoformat(), "end": LAST.isoformat()}
    # Unpaused, its schedule adds the check of the whole window, which may come first.
    run = distributed.airflow.post("dags/gapcheck/dagRuns", {"logical_date": None, "conf": PART | days})
    distributed.airflow.patch("dags/gapcheck", {"is_paused": False})
    assert finish(distributed, "gapcheck", str(run["dag_run_id"])) == "success"
    assert readings(distributed) == before
