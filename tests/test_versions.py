"""The lock, the requirements files and Amazon MWAA's version list say the same."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Any

import pytest

from deploy.package_requirements import constraints, requirements

ROOT = Path(__file__).resolve().parents[1]
BESIDE = ROOT.parent / "shared" / "mwaa" / "constraints-3.3.1-py3.12.txt"
MWAAS_LIST = Path(os.environ.get("GRID_CONSTRAINTS", BESIDE))


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


def normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>; ]", requirement)[0]).lower()


def locked() -> dict[str, str]:
    return {one["name"]: one["version"] for one in load("uv.lock")["package"] if "version" in one}


def pins(path: Path) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    found = (re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line) for line in lines)
    return {normal(one[1]): one[2] for one in found if one}


def test_every_package_on_mwaas_list_is_locked_at_its_version() -> None:
    if not MWAAS_LIST.is_file():
        pytest.skip("MWAA's version list is not here: set GRID_CONSTRAINTS to the file to run this test")
    listed = pins(MWAAS_LIST)
    assert len(listed) > 500
    different = {
        name: (version, listed[name]) for name, version in locked().items() if listed.get(name, version) != version
    }
    assert different == {}


def test_the_lock_runs_airflow_331() -> None:
    assert locked()["apache-airflow"] == "3.3.1"
    assert locked()["duckdb"] == locked()["duckdb-extension-httpfs"]


DECLARED = {
    "requirements.txt": load("pyproject.toml")["project"]["dependencies"],
    "api/requirements.txt": load("pyproject.toml")["dependency-groups"]["api"],
}


@pytest.mark.parametrize("file", DECLARED)
def test_requirements_files_are_what_the_lock_makes_of_them(file: str) -> None:
    """When this fails: `make requirements`."""
    assert (ROOT / file).read_text() == requirements(ROOT)[file]


@pytest.mark.parametrize("file", DECLARED)
def test_requirements_files_pin_every_package_at_its_locked_version(file: str) -> None:
    versions, found = locked(), pins(ROOT / file)
    assert found == {name: versions[name] for name in found}
    assert len(found) > 2 * len(DECLARED[file])


@pytest.mark.parametrize("file", DECLARED)
def test_what_the_code_imports_stands_first_in_a_requirements_file(file: str) -> None:
    names = {normal(one) for one in DECLARED[file]}
    assert set(list(pins(ROOT / file))[: len(names)]) == names


@pytest.mark.parametrize("file", DECLARED)
def test_every_pin_of_a_requirements_file_has_hashes(file: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if re.match(r"[a-z]", line)]
    assert len(lines) == len(pins(ROOT / file))
    assert [line for line in lines if not re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}(\s|$)", line)] == []


def test_mwaa_requirements_carry_a_constraint() -> None:
    assert "\n--constraint " in (ROOT / "requirements.txt").read_text()


def bundled_constraints(folder: Path) -> Path:
    path = folder / "constraints.txt"
    path.write_text(constraints(ROOT))
    return path


def test_the_bundles_constraints_agree_with_the_requirements_and_with_mwaas_list(tmp_path: Path) -> None:
    ours = pins(bundled_constraints(tmp_path))
    assert pins(ROOT / "requirements.txt").items() <= ours.items()
    listed = pins(MWAAS_LIST) if MWAAS_LIST.is_file() else {}
    assert {name: version for name, version in ours.items() if listed.get(name, version) != version} == {}


@pytest.mark.parametrize("file", DECLARED)
def test_pip_is_content_where_all_is_there_already(file: str, tmp_path: Path) -> None:
    """As on MWAA's image, with hashes and a list of constraints at once; no index is asked."""
    done = pip("--no-index", *local(file, bundled_constraints(tmp_path), tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Would install" not in done.stdout


@pytest.mark.server
@pytest.mark.long
@pytest.mark.parametrize("file", DECLARED)
def test_pip_resolves_it_into_an_empty_environment(file: str, tmp_path: Path) -> None:
    """Every file is downloaded and held against its hashes."""
    limits = MWAAS_LIST if MWAAS_LIST.is_file() else bundled_constraints(tmp_path)
    venv.create(tmp_path / "venv", symlinks=True)
    done = pip(*local(file, limits, tmp_path), python=tmp_path / "venv/bin/python")
    assert done.returncode == 0, done.stderr[-2000:]
    (told,) = (line for line in done.stdout.splitlines() if line.startswith("Would install"))
    assert len(told.split()) - 2 == len([one for one in pins(ROOT / file) if one != "colorama"])


def local(file: str, limits: Path, folder: Path) -> list[str]:
    """A requirements file with a list of constraints that lies on this machine, as arguments of pip."""
    text = re.sub(r"^--constraint .*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE)
    (folder / "requirements.txt").write_text(f"--constraint {limits}\n{text}")
    return ["--requirement", str(folder / "requirements.txt")]


def pip(*arguments: str, python: Path = Path(sys.executable)) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--dry-run", "--require-hashes"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
