"""The deployments that end-to-end tests share: one for each feed, since each feed has a clock of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from dev.stack import ROOT, Code
from tests.deploy.mwaa_home import mwaa_home
from tests.deploy.packaged import make_package
from tests.docs.samples import samples
from tests.e2e.deployment import Deployment, deployed
from tests.e2e.rooftop import SIMULATED_NOW, rows
from tests.recordings import recordings_or_skip
from tests.sources.test_csv_folder import DESCRIPTION, describe, write

RECORDED_NOW: Final = "2026-08-20T12:07:00Z"


NEW_INTERPRETERS: Final = """
# On Linux Airflow 3 forks its tasks, whatever execute_tasks_new_python_interpreter says; its other way is macOS's.
import os
from pathlib import Path

from airflow.sdk.execution_time import supervisor


class WhenAsked:
    def __contains__(self, platform):
        return Path(os.environ["AIRFLOW_HOME"], "new-interpreters").exists()


supervisor._FORK_EXEC_PLATFORMS = WhenAsked()
"""
"""Airflow's local settings: a test makes a file, and each task has an interpreter of its own."""


@contextmanager
def without_pythonpath() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)
        yield


@pytest.fixture(scope="session")
def csv_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A described folder of CSV files without any file."""
    return describe(tmp_path_factory.mktemp("csv"), DESCRIPTION | {"feed": "simulated"})


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Code]:
    """The packaged bundle, laid out as Amazon MWAA does."""
    dist = make_package(tmp_path_factory.mktemp("packaged") / "dist", ROOT, zips=set())
    with mwaa_home(dist, instead=tmp_path_factory.mktemp("mwaa")) as laid_out:
        yield laid_out


def shown_in_the_guide(title: str, *, bucket: str) -> str:
    """A file as a page of the guide has it, for this bucket and the prefix of the simulated feed."""
    (sample,) = [one for one in samples() if one.title == title]
    return sample.text.replace('"my-bucket", "grid"', f'"{bucket}", "simulated"')


def bundles(theirs: Path) -> str:
    """The project's own bundle, and one of somebody else's."""
    local = {"classpath": "airflow.dag_processing.bundles.local.LocalDagBundle"}
    return json.dumps(
        [{"name": "dags-folder", "kwargs": {}, **local}, {"name": "theirs", "kwargs": {"path": str(theirs)}, **local}]
    )


@pytest.fixture(scope="session")
def simulated(code: Code, csv_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """EirGrid's simulated feed and a folder of CSV files, every ingest DAG paused.

    Airflow runs the packaged bundle, with nothing of the checkout in reach.

    Its gap check looks at yesterday and today: what the first live run fetches. The files that share it run in the
    order of tests/loop/order.py.
    """
    state = tmp_path_factory.mktemp("simulated")
    theirs = tmp_path_factory.mktemp("theirs")
    # A deployment's bucket is named after its folder.
    (theirs / "wind_news.py").write_text(shown_in_the_guide("wind_news.py", bucket=f"grid-{state.name}"))
    settings = {
        "GRID_CSV_FOLDER": str(csv_folder),
        "GRID_GAP_DAYS": "2",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundles(theirs),
    }
    local_settings = state / "airflow" / "config" / "airflow_local_settings.py"
    local_settings.parent.mkdir(parents=True)
    local_settings.write_text(NEW_INTERPRETERS)
    with (
        without_pythonpath(),
        deployed(state, feed="simulated", now=SIMULATED_NOW, settings=settings, paused=True, code=code) as deployment,
    ):
        dags = {"ingest_eirgrid", "ingest_csv_folder", "gapcheck", "export", "wind_news"}
        deployment.wait(lambda: dags <= set(deployment.airflow.dags()), "the DAGs")
        yield deployment


@pytest.fixture(scope="session")
def cycle(simulated: Deployment) -> str:
    """The first live run of EirGrid's feed, after it and the export that it woke have ended."""
    simulated.resume("ingest_eirgrid", "export")
    run = simulated.first_run("ingest_eirgrid")
    assert simulated.finish("ingest_eirgrid", run) == "success"
    assert simulated.finish("export", simulated.first_run("export")) == "success"
    return run


@pytest.fixture
def without_export(simulated: Deployment) -> Iterator[None]:
    """No export of what the test stores: nobody looks at it, and thirteen tasks take their time."""
    simulated.pause("export")
    yield
    simulated.resume("export")


@pytest.fixture(scope="session")
def rooftop(simulated: Deployment, cycle: str, csv_folder: Path) -> Path:
    """The folder of CSV files, after its first live run has stored and exported what is in it."""
    write(csv_folder, rows(100))
    exports = simulated.run_ids("export")
    simulated.resume("ingest_csv_folder")
    assert simulated.finish("ingest_csv_folder", simulated.first_run("ingest_csv_folder")) == "success"
    simulated.wait(lambda: bool(simulated.run_ids("export") - exports), "the export of the CSV files")
    for run in simulated.run_ids("export") - exports:
        assert simulated.finish("export", run) == "success"
    return csv_folder


@pytest.fixture(scope="session")
def recordings() -> Path:
    return recordings_or_skip()


@pytest.fixture(scope="session")
def recorded(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    state = tmp_path_factory.mktemp("recorded")
    with deployed(state, feed="recorded", now=RECORDED_NOW, recorded=recordings, by_connection=False) as deployment:
        yield deployment
