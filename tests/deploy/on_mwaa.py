"""The packaged bundle on a deployment, laid out as Amazon MWAA does, with nothing of the checkout in reach."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from dev.stack import Code
from tests.deploy.mwaa_home import mwaa_home
from tests.e2e.deployment import Deployment, deployed
from tests.e2e.rooftop import SIMULATED_NOW
from tests.sources.test_csv_folder import DESCRIPTION, describe

NEW_INTERPRETERS: Final = """
# On Linux Airflow 3 forks its tasks, whatever execute_tasks_new_python_interpreter says; its other way is macOS's.
from airflow.sdk.execution_time import supervisor


class FirstTask:
    # The first task of each worker process gets an interpreter of its own: what a later one would show is the same,
    # and it takes five times as long.
    is_over = False

    def __contains__(self, platform):
        is_first, self.is_over = not self.is_over, True
        return is_first


supervisor._FORK_EXEC_PLATFORMS = FirstTask()
"""


@pytest.fixture(scope="session")
def code(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Code]:
    with mwaa_home(dist, instead=tmp_path_factory.mktemp("mwaa")) as laid_out:
        yield laid_out


@pytest.fixture(scope="session")
def on_mwaa(code: Code, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """`airflow standalone` over the laid-out bundle, every ingest DAG paused."""
    state = tmp_path_factory.mktemp("on-mwaa")
    local_settings = state / "airflow" / "config" / "airflow_local_settings.py"
    local_settings.parent.mkdir(parents=True)
    local_settings.write_text(NEW_INTERPRETERS)
    settings = {
        "AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "True",
        "GRID_CSV_FOLDER": str(describe(state / "csv", DESCRIPTION | {"feed": "simulated"})),
        # It starts its parts by name.
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)
        with deployed(
            state, feed="simulated", now=SIMULATED_NOW, settings=settings, paused=True, code=code, standalone=True
        ) as running:
            dags = {"ingest_eirgrid", "ingest_csv_folder", "gapcheck", "export"}
            running.wait(lambda: dags <= set(running.airflow.dags()), "the DAGs")
            yield running
