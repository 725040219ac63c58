"""The variant for an MWAA without the Internet, installed by pip with no index at all."""

import json
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from deploy.package import ROOT, package_into
from tests.deploy.packaged import unzipped

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("package-offline"), pytest.mark.timeout(120)]

BARE = {"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
"""No index, no wheels of the machine's own, nothing kept from before."""
ELSEWHERE = platform.machine() != "x86_64"
IMPORTED = "import duckdb, duckdb_extension_httpfs, pandas, pyarrow, pydantic_settings, tenacity, tzdata, yaml"


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offline") / "dist"
    with pytest.MonkeyPatch.context() as patch:
        # The API's zips are the same in both variants, and take longest.
        patch.setattr("deploy.package.MACHINES", {})
        package_into(folder, root=ROOT, offline=True, allow_dirty=True)
    return folder


@pytest.fixture(scope="module")
def worker(offline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A worker's folder: plugins unpacked, the bundle in dags/, and its requirements read from there."""
    home = tmp_path_factory.mktemp("worker")
    unzipped(offline / "plugins.zip", home / "plugins")
    (home / "dags").symlink_to(offline / "bundle")
    told = (offline / "requirements.txt").read_text()
    (home / "requirements.txt").write_text(told.replace("/usr/local/airflow", str(home)))
    venv.create(home / "venv", symlinks=True)
    return home


def pip(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--python", str(home / "venv/bin/python"), *arguments]
    return subprocess.run(command, cwd=home, env=BARE, capture_output=True, text=True, check=False)


def test_the_file_names_mwaas_folders_and_every_pin_has_hashes(offline: Path) -> None:
    lines = (offline / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("--")] == [
        "--no-index",
        "--find-links /usr/local/airflow/plugins",
        '--constraint "/usr/local/airflow/dags/constraints.txt"',
    ]
    assert all("\\" in line for line in lines if "==" in line)
    assert (offline / "bundle" / "constraints.txt").is_file()


def test_the_manifest_counts_the_wheels(offline: Path) -> None:
    manifest = json.loads((offline / "manifest.json").read_text())
    shipped = {one["name"] for one in manifest["packages"] if "plugins.zip" in one["in"]}
    assert manifest["offline"] is True
    assert {"duckdb", "duckdb-extension-httpfs", "numpy", "pandas", "pyarrow"} <= shipped
    assert not shipped & {"apache-airflow", "boto3", "botocore", "requests"}


@pytest.mark.skipif(ELSEWHERE, reason="MWAA's workers are x86_64: these wheels cannot be installed on this machine")
def test_pip_installs_all_of_it_with_no_index(worker: Path) -> None:
    done = pip(worker, "install", "--no-compile", "-r", "requirements.txt")
    assert done.returncode == 0, done.stderr[-2000:]
    subprocess.run([worker / "venv/bin/python", "-c", IMPORTED], cwd=worker, env=BARE, check=True)


@pytest.mark.skipif(ELSEWHERE, reason="MWAA's workers are x86_64: these wheels cannot be installed on this machine")
@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("constraints.txt", "six==", "six<", "ResolutionImpossible|conflict"),
        ("requirements.txt", "sha256:", "sha256:0", "HASH|hash"),
    ],
)
def test_pip_heeds_the_constraints_and_the_hashes(
    worker: Path, tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    constraints = (worker / "dags/constraints.txt").read_text()
    told = (worker / "requirements.txt").read_text().replace(f"{worker}/dags", str(tmp_path))
    for name, text in (("constraints.txt", constraints), ("requirements.txt", told)):
        (tmp_path / name).write_text(text.replace(old, new) if name == file else text)
    venv.create(tmp_path / "venv", symlinks=True)
    done = pip(tmp_path, "install", "--dry-run", "-r", "requirements.txt")
    assert done.returncode != 0
    assert any(part in done.stdout + done.stderr for part in said.split("|")), done.stderr
