"""The lock, the requirements files and Amazon MWAA's version list say the same."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BESIDE = ROOT.parent / "shared" / "mwaa" / "constraints-3.3.1-py3.12.txt"


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


def normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>; ]", requirement)[0]).lower()


def locked() -> dict[str, str]:
    return {one["name"]: one["version"] for one in load("uv.lock")["package"] if "version" in one}


def pins(path: Path) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    return {normal(line): line.partition("==")[2] for line in lines if "==" in line and not line.startswith("--")}


def test_every_package_on_mwaas_list_is_locked_at_its_version() -> None:
    path = Path(os.environ.get("GRID_CONSTRAINTS", BESIDE))
    if not path.is_file():
        pytest.skip("MWAA's version list is not here: set GRID_CONSTRAINTS to the file to run this test")
    listed = pins(path)
    assert len(listed) > 500
    different = {
        name: (version, listed[name]) for name, version in locked().items() if listed.get(name, version) != version
    }
    assert different == {}


def test_the_lock_runs_airflow_331() -> None:
    assert locked()["apache-airflow"] == "3.3.1"
    assert locked()["duckdb"] == locked()["duckdb-extension-httpfs"]


@pytest.mark.parametrize(
    ("file", "declared"),
    [
        ("requirements.txt", load("pyproject.toml")["project"]["dependencies"]),
        ("api/requirements.txt", load("pyproject.toml")["dependency-groups"]["api"]),
    ],
)
def test_requirements_files_are_the_declared_packages_at_their_locked_versions(file: str, declared: list[str]) -> None:
    versions = locked()
    assert pins(ROOT / file) == {normal(one): versions[normal(one)] for one in declared}


def test_mwaa_requirements_carry_a_constraint() -> None:
    assert "\n--constraint " in (ROOT / "requirements.txt").read_text()
