"""`make new-source` in a copy of the project: what it writes passes its own test, and the DAG is there."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from include.domain.catalogue import area_names

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("new-source"), pytest.mark.timeout(180)]

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("dags", "plugins", "include", "dev", "tests", "pyproject.toml", "requirements.txt", ".airflowignore")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which a source has been made."""
    copy = tmp_path_factory.mktemp("project")
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    made = run(copy, "-m", "dev.new_source", "tidal_stream")
    assert made.returncode == 0, made.stderr
    assert "wrote include/sources/tidal_stream.py\nwrote tests/sources/test_tidal_stream.py\n" in made.stdout
    return copy


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "PATH": "/usr/bin:/bin",
        "AIRFLOW_HOME": str(project / "airflow"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
    }
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=settings, capture_output=True, text=True, check=False
    )


def test_its_test_passes(project: Path) -> None:
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/sources/test_tidal_stream.py")
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def test_it_is_linted_and_typed(project: Path) -> None:
    files = ["include/sources/tidal_stream.py", "tests/sources/test_tidal_stream.py"]
    for command in (
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy", "--cache-dir", str(ROOT / ".mypy_cache")],
    ):
        done = run(project, "-m", *command, *files)
        assert done.returncode == 0, done.stdout[-3000:]


def test_its_dag_and_its_pools_are_there(project: Path) -> None:
    code = """
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
from dev.stack import Stack
bag = BundleDagBag(Path.cwd(), bundle_path=Path.cwd(), bundle_name="dags-folder")
stack = Stack(feed="simulated", store="unused", state=Path("state"))
print(bag.import_errors, *sorted(bag.dags), *sorted(stack.pools()))
"""
    done = run(project, "-W", "ignore", "-c", code)
    assert done.returncode == 0, done.stderr[-3000:]
    errors, *names = done.stdout.strip().splitlines()[-1].split()
    assert errors == "{}"
    assert {"export", "ingest_eirgrid", "ingest_tidal_stream"} <= set(names)
    assert {"tidal_stream_live", "tidal_stream_repair"} <= set(names)


@pytest.mark.parametrize(
    "name", ["", "Tidal", "tidal-stream", "_tidal", "1tidal", "class", "../tidal", "tidal__stream", "t" * 41]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    done = run(ROOT, "-m", "dev.new_source", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"NAME: got {name!r}; allowed: up to 40 lower-case letters, digits and single underscores"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["eirgrid", "csv_folder", "registry", area_names()[0]])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    done = run(ROOT, "-m", "dev.new_source", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"NAME: got {name!r}; allowed: a name that is not taken" in done.stderr


@pytest.mark.parametrize("name", ["failures", "requests", "interfaces"])
def test_a_name_whose_test_is_there_already_leaves_nothing_behind(name: str) -> None:
    done = run(ROOT, "-m", "dev.new_source", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"NAME: got {name!r}; allowed: a name for which there is no tests/sources/test_{name}.py yet" in done.stderr
    assert not (ROOT / "include" / "sources" / f"{name}.py").exists()


@pytest.mark.parametrize(
    "name", ["unit", *(pytest.param(name, marks=pytest.mark.long) for name in ("source", "data_chunk", "interval"))]
)
def test_names_of_what_the_template_uses_do_no_harm(name: str, project: Path) -> None:
    assert run(project, "-m", "dev.new_source", name).returncode == 0
    files = [f"include/sources/{name}.py", f"tests/sources/test_{name}.py"]
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", files[1])
    assert done.returncode == 0, done.stdout[-3000:]
    done = run(project, "-m", "ruff", "check", *files)
    for file in files:
        (project / file).unlink()
    assert done.returncode == 0, done.stdout[-3000:]


def test_nothing_is_overwritten(project: Path) -> None:
    written = (project / "include/sources/tidal_stream.py").read_text(encoding="utf-8")
    done = run(project, "-m", "dev.new_source", "tidal_stream")
    assert done.returncode == 2
    assert (project / "include/sources/tidal_stream.py").read_text(encoding="utf-8") == written
