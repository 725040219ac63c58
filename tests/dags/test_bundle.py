"""What Airflow makes of the bundle."""

import json
from pathlib import Path
from typing import Any

import pytest

from include.sources.registry import SOURCES
from tests.dags.conftest import Run

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("bundle")]

ROOT = Path(__file__).resolve().parents[2]
TAGS = {"irish-grid", "ingest", "export", "gapcheck", *(entry.source_id for entry in SOURCES)}

BAG = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.serialization.serialized_objects import DagSerialization
root = Path({root!r})
bag = BundleDagBag(root, bundle_path=root, bundle_name="dags-folder")
heavy = [name for name in ("pandas", "pyarrow", "duckdb", "boto3", "requests") if name in sys.modules]
print(json.dumps({{
    "errors": bag.import_errors,
    "heavy": heavy,
    "files": sorted({{str(Path(dag.fileloc).relative_to(root)) for dag in bag.dags.values()}}),
    "policies": {{
        f"{{name}}.{{task.task_id}}": str(task.retry_policy.rules)
        for name, dag in bag.dags.items()
        for task in dag.tasks
    }},
    "dags": {{name: DagSerialization.to_dict(dag)["dag"] for name, dag in bag.dags.items()}},
}}, sort_keys=True, default=str))
"""


@pytest.fixture(scope="module")
def bag(run: Run) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(run(BAG.format(root=str(ROOT))))
    return loaded


def tasks(bag: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{dag_id}.{task['__var']['task_id']}": task["__var"]
        for dag_id, dag in bag["dags"].items()
        for task in dag["tasks"]
    }


def option(task: dict[str, Any], name: str) -> Any:
    return (task.get("partial_kwargs") or {}).get(name, task.get(name))


def test_the_bag_is_the_registry_the_export_and_the_gap_check(bag: dict[str, Any]) -> None:
    assert bag["errors"] == {}
    assert set(bag["dags"]) == {"export", "gapcheck", *(f"ingest_{entry.source_id}" for entry in SOURCES)}


def test_nothing_outside_the_dags_folder_is_parsed(bag: dict[str, Any]) -> None:
    assert bag["files"] == ["dags/export.py", "dags/gapcheck.py", "dags/ingest.py"]


def test_parsing_loads_no_heavy_library(bag: dict[str, Any]) -> None:
    assert bag["heavy"] == []


def test_two_serialisations_are_equal(bag: dict[str, Any], run: Run) -> None:
    assert json.loads(run(BAG.format(root=str(ROOT)))) == bag


def test_every_dag_is_documented_and_tagged(bag: dict[str, Any]) -> None:
    for dag in bag["dags"].values():
        assert len(dag["doc_md"]) > 200
        assert {"irish-grid"} < set(dag["tags"]) <= TAGS
        assert dag["dag_display_name"].startswith("Irish grid: ")


def test_every_task_is_documented_where_people_look_at_it(bag: dict[str, Any]) -> None:
    """A docstring alone does not reach a mapped task."""
    for name, task in tasks(bag).items():
        assert len(option(task, "doc_md") or "") > 20, name


def test_the_owner_leads_to_the_guide_where_there_is_one(bag: dict[str, Any], run: Run) -> None:
    found = json.loads(run(BAG.format(root=str(ROOT)), GRID_SITE="https://grid.example.org/"))["dags"]
    assert {str(dag.get("owner_links")) for dag in bag["dags"].values()} <= {"None", "{}"}
    for dag in found.values():
        assert dag["owner_links"] == {"eirgrid-airflow": "https://grid.example.org/guide/"}


def test_every_task_has_a_timeout_retries_absolute_weight_and_a_fail_rule(bag: dict[str, Any]) -> None:
    for name, task in tasks(bag).items():
        assert option(task, "execution_timeout"), name
        assert option(task, "retries") == 1, name
        assert option(task, "weight_rule") == "absolute", name
        assert "SettingInvalid" in bag["policies"][name], name


def test_units_run_in_their_pools_under_their_labels(bag: dict[str, Any]) -> None:
    found = tasks(bag)
    assert option(found["ingest_eirgrid.ingest"], "pool") == "eirgrid_live"
    assert option(found["ingest_eirgrid.repair"], "pool") == "eirgrid_repair"
    for name in ("ingest", "repair"):
        assert "label" in str(option(found[f"ingest_eirgrid.{name}"], "map_index_template"))


def test_reconcile_is_the_only_leaf(bag: dict[str, Any]) -> None:
    own = {name: task for name, task in tasks(bag).items() if name.startswith("ingest_")}
    leaves = [task["task_id"] for task in own.values() if not task.get("downstream_task_ids")]
    assert leaves == ["reconcile"] * len(SOURCES)
    assert own["ingest_eirgrid.reconcile"]["trigger_rule"] == "all_done"
    assert own["ingest_eirgrid.publish"]["trigger_rule"] == "all_done"


@pytest.mark.parametrize(
    ("dag_id", "judge"), [("ingest_eirgrid", "reconcile"), ("export", "reconcile"), ("gapcheck", "report")]
)
def test_a_task_that_judges_has_an_edge_from_each_that_it_judges(bag: dict[str, Any], dag_id: str, judge: str) -> None:
    """Without one it would not wait for a task that is cleared together with it."""
    own = {name.partition(".")[2]: task for name, task in tasks(bag).items() if name.startswith(f"{dag_id}.")}
    waits = {name for name, task in own.items() if judge in task.get("downstream_task_ids", ())}
    # What comes after the judge is not judged.
    assert waits == set(own) - {judge} - set(own[judge].get("downstream_task_ids", ()))


FOLDER = """
title: Rooftop solar
attribution: "Data: Example Institute"
feed: eirgrid
areas:
  - name: rooftop_solar
    title: Rooftop solar
    files: "*.csv"
    time: time
    alert_after: P2D
    series:
      - {column: mw, region: ROI, field: ROOFTOP, name: Rooftop solar, unit: MW, cadence: PT15M,
         lag: PT1H, first_day: 2025-01-01, low: -10, high: 3000}
"""


def test_a_folder_of_csv_files_is_a_source_once_it_is_named(bag: dict[str, Any], run: Run, tmp_path: Path) -> None:
    (tmp_path / "source.yaml").write_text(FOLDER, encoding="utf-8")
    found = json.loads(run(BAG.format(root=str(ROOT)), GRID_CSV_FOLDER=str(tmp_path)))
    assert (found["errors"], found["heavy"]) == ({}, [])
    assert found["dags"]["ingest_eirgrid"] == bag["dags"]["ingest_eirgrid"]
    assert set(found["dags"]) - set(bag["dags"]) == {"ingest_csv_folder"}
    made = found["dags"]["ingest_csv_folder"]
    assert "rooftop_solar" in json.dumps(made["params"])
    assert set(made["tags"]) == {"irish-grid", "ingest", "csv_folder"}
    assert option(tasks(found)["ingest_csv_folder.ingest"], "pool") == "csv_folder_live"


@pytest.mark.parametrize("text", ["title: [", "title: Rooftop solar", FOLDER.replace("rooftop_solar", "wind")])
def test_a_folder_described_wrongly_is_told_on_its_own_dag_only(
    text: str, bag: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    (tmp_path / "source.yaml").write_text(text, encoding="utf-8")
    found = json.loads(run(BAG.format(root=str(ROOT)), GRID_CSV_FOLDER=str(tmp_path)))
    assert found["errors"] == {}
    assert found["dags"]["ingest_eirgrid"] == bag["dags"]["ingest_eirgrid"]
    assert "**It cannot run: " in found["dags"]["ingest_csv_folder"]["doc_md"]


def test_parsing_costs_little_beside_airflow_itself(run: Run) -> None:
    code = """
import time, json
from pathlib import Path
import airflow.sdk
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.plugins_manager import get_timetables_plugins
get_timetables_plugins()
start = time.process_time()
root = Path({root!r})
BundleDagBag(root, bundle_path=root, bundle_name="dags-folder")
print(json.dumps([time.process_time() - start, start]))
"""
    parsing, importing = json.loads(run(code.format(root=str(ROOT))))
    assert parsing < importing
