"""Clearing any task of any kind of run: it ends green, and readings and summaries are as they were.

Each task is cleared as it is and once it has been marked as failed, alone and with its downstream: the four ways that
the UI offers. Takes some ten minutes, so it belongs to `make test-all`; the cases that went wrong before are in
test_clear.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.holes import ASKED, HOLE, lose, repairs_of
from tests.e2e.serving import api_over

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.xdist_group("simulated"),
    pytest.mark.timeout(600),
]

INGEST: Final = "ingest_eirgrid"
LAST_MONTH: Final = {"from_date": "2026-10-25T00:00:00Z", "to_date": "2026-10-25T00:00:00Z"}
"""The day on which clocks go back."""


@dataclass(frozen=True)
class Run:
    """A run that has ended well."""

    dag_id: str
    run_id: str


def live(_deployment: Deployment, cycle: str) -> Run:
    return Run(INGEST, cycle)


def manual(deployment: Deployment, _cycle: str) -> Run:
    return ended(deployment, INGEST, {"start": "2026-11-21", "end": "2026-11-21", "areas": ["snsp", "wind"]})


def backfill(deployment: Deployment, _cycle: str) -> Run:
    # Airflow runs one backfill of a DAG at a time, and notices only now and then that one has ended.
    for one in deployment.airflow.get("backfills", dag_id=INGEST)["backfills"]:
        if not one["completed_at"]:
            deployment.airflow.put(f"backfills/{one['id']}/cancel")
    body = {"dag_id": INGEST, "dag_run_conf": {"areas": ["wind"]}, "reprocess_behavior": "completed"}
    deployment.airflow.post("backfills", LAST_MONTH | body)
    found = deployment.airflow.get(f"dags/{INGEST}/dagRuns", run_type="backfill")["dag_runs"]
    run_id = str(found[-1]["dag_run_id"])
    assert deployment.finish(INGEST, run_id) == "success"
    return Run(INGEST, run_id)


def repair(deployment: Deployment, _cycle: str) -> Run:
    lose(deployment, HOLE)
    ended(deployment, "gapcheck", ASKED)
    newest = max(repairs_of(deployment), key=lambda run: str(run["start_date"]))
    return Run(INGEST, str(newest["dag_run_id"]))


def export(deployment: Deployment, _cycle: str) -> Run:
    return ended(deployment, "export", {})


def gapcheck(deployment: Deployment, _cycle: str) -> Run:
    return ended(deployment, "gapcheck", {})


def ended(deployment: Deployment, dag_id: str, conf: dict[str, Any]) -> Run:
    run = Run(dag_id, deployment.trigger(dag_id, conf))
    assert deployment.finish(dag_id, run.run_id) == "success"
    return run


@pytest.fixture(scope="module")
def running(simulated: Deployment, cycle: str, rooftop: Path) -> Deployment:
    """Every DAG runs, and nothing goes on; the second source has its files."""
    simulated.resume(INGEST, "gapcheck", "export")
    rest(simulated)
    ended(simulated, "export", {})
    return simulated


def rest(deployment: Deployment) -> None:
    for dag_id in (INGEST, "gapcheck", "export"):
        deployment.rest(dag_id)


@pytest.mark.parametrize("downstream", [False, True], ids=["alone", "downstream"])
@pytest.mark.parametrize("only_failed", [False, True], ids=["any", "only failed"])
@pytest.mark.parametrize("kind", [live, manual, backfill, repair, export, gapcheck])
def test_any_task_may_be_cleared_in_any_way(
    running: Deployment,
    cycle: str,
    kind: Callable[[Deployment, str], Run],
    only_failed: bool,
    downstream: bool,
) -> None:
    run = kind(running, cycle)
    rest(running)
    readings, summaries = running.objects("simulated/readings/"), served(running)
    for task in running.airflow.tasks(run.dag_id, run.run_id):
        if task["map_index"] > 0:
            continue
        if only_failed:
            mark_failed(running, run, task)
        clear(running, run, task, only_failed=only_failed, downstream=downstream)
        assert running.finish(run.dag_id, run.run_id) == "success", (task["task_id"], red(running, run))
        rest(running)
        assert etags(running.objects("simulated/readings/")) == etags(readings), task["task_id"]
        assert served(running) == summaries, task["task_id"]
        assert run.dag_id != "gapcheck" or one_writer(running, run), task["task_id"]


def one_writer(deployment: Deployment, run: Run) -> bool:
    """Whether no plan of a gap check went on while its report did: both write the ledger."""
    tasks = deployment.airflow.tasks(run.dag_id, run.run_id)
    (report,) = [one for one in tasks if one["task_id"] == "report"]
    plans = [one for one in tasks if one["task_id"].endswith(".plan")]
    return all(one["end_date"] <= report["start_date"] or one["start_date"] >= report["end_date"] for one in plans)


def mark_failed(deployment: Deployment, run: Run, task: dict[str, Any]) -> None:
    """What the UI's "Mark as failed" does."""
    place = f"/{task['map_index']}" if task["map_index"] >= 0 else ""
    path = f"dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{task['task_id']}{place}"
    deployment.airflow.patch(path, {"new_state": "failed"})


def clear(deployment: Deployment, run: Run, task: dict[str, Any], *, only_failed: bool, downstream: bool) -> None:
    instance = [task["task_id"], task["map_index"]] if task["map_index"] >= 0 else task["task_id"]
    what = {"dry_run": False, "dag_run_id": run.run_id, "task_ids": [instance]}
    how = {"only_failed": only_failed, "include_downstream": downstream}
    deployment.airflow.post(f"dags/{run.dag_id}/clearTaskInstances", what | how)


def red(deployment: Deployment, run: Run) -> list[str]:
    tasks = deployment.airflow.tasks(run.dag_id, run.run_id)
    return [str(one["task_id"]) for one in tasks if one["state"] in {"failed", "upstream_failed"}]


def etags(objects: dict[str, Any]) -> dict[str, str]:
    return {key: etag for key, (etag, _) in objects.items()}


def served(deployment: Deployment) -> tuple[Any, Any]:
    """What is current and what wind is: with a clock that stands still, never another."""
    with api_over(deployment) as get:
        return get("/api/current"), get("/api/wind")
