"""The packaged bundle where MWAA puts it, with nothing of the checkout in reach: it parses, and a cycle runs."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from deploy.package import ROOT
from dev.stack import Code
from include.sources.registry import SOURCES
from tests.e2e.deployment import Deployment

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]

BAG: Final = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.plugins_manager import get_timetables_plugins
root = Path(sys.argv[1])
bag = BundleDagBag(root, bundle_path=root, bundle_name="dags-folder")
timetables = list(get_timetables_plugins())
import include.jobs.ingest, include.sources.eirgrid.source, include.storage.parquet
print(json.dumps({
    "errors": bag.import_errors,
    "dags": {name: dag.fileloc for name, dag in bag.dags.items()},
    "timetables": timetables,
    "files": [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())],
}))
"""


def test_it_parses_to_the_expected_dags_from_its_own_files(code: Code, tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(code.bundle),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(code.plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    command = [sys.executable, "-W", "ignore", "-c", BAG, str(code.bundle)]
    done = subprocess.run(command, cwd=code.workdir, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == {}
    assert found["dags"] == {
        "export": f"{code.bundle}/dags/export.py",
        "gapcheck": f"{code.bundle}/dags/gapcheck.py",
        **{f"ingest_{entry.source_id}": f"{code.bundle}/dags/ingest.py" for entry in SOURCES},
    }
    assert any("irish_day_timetable" in name for name in found["timetables"])
    checkout, installed = f"{ROOT}/", f"{ROOT / '.venv'}/"
    assert [file for file in found["files"] if file.startswith(checkout) and not file.startswith(installed)] == []


UNIT: Final = {"start": "2026-11-21", "end": "2026-11-21", "areas": ["wind"], "regions": ["ROI"]}
FETCHED: Final = ("wind", "interconnection", "generation")
"""One area of every upstream interface."""


def test_a_cycle_runs_from_fetch_to_summaries(simulated: Deployment, cycle: str) -> None:
    readings = simulated.objects("simulated/readings/")
    for area in FETCHED:
        assert any(f"area={area}/" in key for key in readings), area
        assert _summary(simulated, area)["series"], area
    assert _summary(simulated, "current")["wind_mw"]["ROI"] > 0
    assert set(FETCHED) <= set(_summary(simulated, "snapshot")["areas"])
    assert simulated.airflow.get("importErrors")["total_entries"] == 0


def test_a_task_needs_nothing_that_another_has_imported(simulated: Deployment, cycle: str, code: Code) -> None:
    """A task in an interpreter of its own, far from the checkout, and its run's other tasks as usual."""
    seen: list[psutil.Process] = []

    def in_an_interpreter_of_its_own() -> bool:
        seen.extend(_fresh_interpreters(simulated, code))
        return bool(seen)

    asked = Path(simulated.stack.environment()["AIRFLOW_HOME"], "new-interpreters")
    asked.touch()
    try:
        run = simulated.trigger("ingest_eirgrid", UNIT)
        simulated.wait(in_an_interpreter_of_its_own, "a task in an interpreter of its own")
    finally:
        asked.unlink()
    assert simulated.finish("ingest_eirgrid", run) == "success"


def _summary(deployment: Deployment, name: str) -> dict[str, Any]:
    key = f"simulated/summaries/{name}/latest.json"
    read: dict[str, Any] = json.loads(deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read())
    return read


def _fresh_interpreters(deployment: Deployment, code: Code) -> list[psutil.Process]:
    """Processes of tasks of this deployment that Python started anew, far from the checkout."""
    home = deployment.stack.environment()["AIRFLOW_HOME"]
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            started_anew = any("_child_exec_main" in part for part in process.cmdline())
            if started_anew and process.environ().get("AIRFLOW_HOME") == home:
                assert process.cwd() == str(code.workdir)
                assert "PYTHONPATH" not in process.environ()
                found.append(process)
    return found
