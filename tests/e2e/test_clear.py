"""Clearing what failed, the commonest recovery: once the cause is gone, the run ends green and its data are told.

`only_failed` is what the UI's "Clear only failed tasks" sends: what succeeded or was skipped stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from include.domain.ledger import encode, variable_name
from tests.e2e.deployment import Deployment
from tests.e2e.holes import ASKED, HOLE, WIND, lose, repairs_of
from tests.e2e.rooftop import rows
from tests.sources.test_csv_folder import write

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]

CSV: Final = "ingest_csv_folder"
ROOFTOP: Final = "simulated/readings/source=csv_folder/area=rooftop_solar/region=NI/year=2026/month=11/data.parquet"
STORE: Final = "simulated/_store.json"
SNSP: Final = "simulated/readings/source=eirgrid/area=snsp/region=ALL/year=2026/month=11/data.parquet"


@pytest.fixture(autouse=True, scope="module")
def everything_runs(simulated: Deployment, cycle: str, rooftop: Path) -> None:
    """Whatever the files before have paused or spoilt: every DAG runs, and no gap is being repaired."""
    name = variable_name("eirgrid")
    simulated.resume("ingest_eirgrid", "ingest_csv_folder", "export", "gapcheck")
    simulated.finish("gapcheck", simulated.first_run("gapcheck"))
    simulated.airflow.patch(f"variables/{name}", {"key": name, "value": encode({}, "eirgrid")})


@contextmanager
def spoiled(deployment: Deployment, key: str, body: bytes = b"spoiled") -> Iterator[None]:
    """One object with other bytes, and whole again afterwards."""
    whole = deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read()
    deployment.s3.put_object(Bucket=deployment.bucket, Key=key, Body=body)
    yield
    deployment.s3.put_object(Bucket=deployment.bucket, Key=key, Body=whole)


@contextmanager
def foreign_ledger(deployment: Deployment) -> Iterator[None]:
    """The ledger of EirGrid's gaps written over, and as it was afterwards."""
    name = variable_name("eirgrid")
    kept = deployment.airflow.get(f"variables/{name}")["value"]
    deployment.airflow.patch(f"variables/{name}", {"key": name, "value": '{"mine": 1}'})
    yield
    deployment.airflow.patch(f"variables/{name}", {"key": name, "value": kept})


def failed_run(deployment: Deployment, dag_id: str, conf: dict[str, Any]) -> str:
    run = deployment.trigger(dag_id, conf)
    assert deployment.finish(dag_id, run) == "failed"
    return run


def clear_failed(deployment: Deployment, dag_id: str, run: str) -> str:
    """Clear what failed, and nothing else; the state in which the run ends."""
    deployment.airflow.post(f"dags/{dag_id}/dagRuns/{run}/clear", {"dry_run": False, "only_failed": True})
    return deployment.finish(dag_id, run)


def clear(
    deployment: Deployment, dag_id: str, run: str, *, task: str, only_failed: bool = False, downstream: bool = False
) -> str:
    """Clear one task of a run; the state in which the run ends."""
    how = {"only_failed": only_failed, "include_downstream": downstream}
    what = {"dry_run": False, "dag_run_id": run, "task_ids": [task]}
    deployment.airflow.post(f"dags/{dag_id}/clearTaskInstances", what | how)
    return deployment.finish(dag_id, run)


def repair_ids(deployment: Deployment) -> set[str]:
    return {str(run["dag_run_id"]) for run in repairs_of(deployment)}


def tries(deployment: Deployment, dag_id: str, run: str) -> dict[str, int]:
    return {f"{one['task_id']} {one['map_index']}": one["try_number"] for one in deployment.airflow.tasks(dag_id, run)}


def note_of(deployment: Deployment, dag_id: str, run: str) -> str:
    return str(deployment.airflow.get(f"dags/{dag_id}/dagRuns/{run}")["note"] or "")


def exported_after(deployment: Deployment, known: set[str]) -> None:
    """Wait for an export that is not among those known, and for all of them to end well."""
    deployment.wait(lambda: bool(deployment.run_ids("export") - known), "an export of what the cleared unit stored")
    for run in deployment.run_ids("export") - known:
        assert deployment.finish("export", run) == "success"


def test_the_rows_of_a_cleared_unit_are_exported_although_publish_was_not_cleared(
    simulated: Deployment, rooftop: Path
) -> None:
    write(rooftop, rows(700))
    with spoiled(simulated, ROOFTOP):
        run = failed_run(simulated, CSV, {})
        before = tries(simulated, CSV, run)
    simulated.wait(lambda: "Failed: " in note_of(simulated, CSV, run), "the note")
    simulated.rest("export")
    known = simulated.run_ids("export")
    assert clear_failed(simulated, CSV, run) == "success"
    assert note_of(simulated, CSV, run) == "", "what recovered is not called failed"
    after = tries(simulated, CSV, run)
    assert {name for name in after if after[name] != before[name]} == {"ingest 1", "reconcile -1"}
    exported_after(simulated, known)
    write(rooftop, rows(500))


def test_a_run_without_a_plan_fetches_once_it_has_one(simulated: Deployment, rooftop: Path) -> None:
    write(rooftop, rows(800))
    known = simulated.run_ids("export")
    with spoiled(simulated, STORE):
        run = failed_run(simulated, CSV, {})
    assert clear_failed(simulated, CSV, run) == "success"
    states = {one["state"] for one in simulated.airflow.tasks(CSV, run) if one["task_id"] == "ingest"}
    assert states == {"success"}
    exported_after(simulated, known)
    write(rooftop, rows(500))


def test_an_export_is_whole_again(simulated: Deployment, cycle: str) -> None:
    with spoiled(simulated, SNSP):
        run = failed_run(simulated, "export", {})
    assert clear_failed(simulated, "export", run) == "success"


def test_what_changes_while_an_export_runs_is_exported_once_more(simulated: Deployment, cycle: str) -> None:
    """Without any event: Airflow may drop the one that told of it."""
    whole = simulated.s3.get_object(Bucket=simulated.bucket, Key=WIND)["Body"].read()
    known = simulated.run_ids("export")
    run = simulated.trigger("export", {})
    simulated.wait(lambda: areas_written(simulated, run), "the areas' summaries")
    lose(simulated, HOLE)
    assert simulated.finish("export", run) == "success"
    assert "readings of ['wind'] have changed" in simulated.log("export", run, "reconcile")
    exported_after(simulated, known | {run})
    simulated.s3.put_object(Bucket=simulated.bucket, Key=WIND, Body=whole)


def areas_written(deployment: Deployment, run: str) -> bool:
    states = {one["state"] for one in deployment.airflow.tasks("export", run) if one["task_id"] == "area"}
    return states == {"success"}


def test_a_gap_check_triggers_what_its_plan_comes_to(simulated: Deployment, cycle: str, rooftop: Path) -> None:
    simulated.pause("export")
    with foreign_ledger(simulated):
        lose(simulated, HOLE)
        run = failed_run(simulated, "gapcheck", ASKED)
    repairs = repair_ids(simulated)
    assert clear_failed(simulated, "gapcheck", run) == "success"
    (repair,) = repair_ids(simulated) - repairs
    assert simulated.run_state("ingest_eirgrid", repair) == "success"
    started = {one["task_id"]: one["start_date"] for one in simulated.airflow.tasks("gapcheck", run)}
    ended = {one["task_id"]: one["end_date"] for one in simulated.airflow.tasks("gapcheck", run)}
    assert started["report"] > ended["eirgrid.plan"], "one writer of the ledger"


def test_a_plan_cleared_alone_leaves_the_ledger_and_the_run_as_they_were(simulated: Deployment, cycle: str) -> None:
    run = simulated.trigger("gapcheck", {"areas": ["wind"], "regions": ["ROI"]})
    assert simulated.finish("gapcheck", run) == "success"
    name = variable_name("eirgrid")
    before, repairs = simulated.airflow.get(f"variables/{name}")["value"], repair_ids(simulated)
    assert clear(simulated, "gapcheck", run, task="eirgrid.plan") == "success"
    assert "cleared without its downstream" in simulated.log("gapcheck", run, "eirgrid.plan", attempt=2)
    assert simulated.airflow.get(f"variables/{name}")["value"] == before
    assert repair_ids(simulated) == repairs
