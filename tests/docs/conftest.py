"""What the samples run against: a filled store, the API over it, moto's S3 and SNS, and a copy of the project."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest

from bench.showcase import export, serving
from bench.store import fill
from dev.ports import free_port
from tests.aws import moto as moto_server
from tests.docs.mwaa import Mwaa, mwaa_stub
from tests.docs.samples import ROOT

NOW: Final = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
"""All of November is over."""
AWS_CLI: Final = "awscli==1.46.2"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """October and November 2026, exported."""
    folder = tmp_path_factory.mktemp("store")
    fill(folder, date(2026, 10, 1), date(2026, 11, 30), fine_since=date(2026, 11, 28))
    export(folder, now=NOW)
    return folder


@pytest.fixture(scope="session")
def api(store: Path) -> Iterator[str]:
    """Address of an API process over the store."""
    with serving(store, free_port(), GRID_NOW=NOW.isoformat(), PUBLIC_BULK="true") as address:
        yield address


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Address of a server that answers as S3 and SNS do."""
    with moto_server() as address:
        yield address


@pytest.fixture(scope="session")
def mwaa() -> Iterator[Mwaa]:
    """What takes the place of Amazon MWAA."""
    with mwaa_stub() as stub:
        yield stub


@pytest.fixture(scope="session")
def aws_cli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `aws` in it."""
    told = "import sys; print(sys.prefix)"
    python = str(ROOT / ".venv/bin/python")
    command = [
        str(ROOT / "dev/uv"),
        "tool",
        "run",
        "--quiet",
        "--python",
        python,
        "--from",
        AWS_CLI,
        "python",
        "-c",
        told,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    folder = tmp_path_factory.mktemp("bin")
    (folder / "aws").symlink_to(Path(done.stdout.strip()) / "bin" / "aws")
    return folder


@pytest.fixture
def copy(tmp_path: Path, store: Path) -> Path:
    """The project's files as they are now, with the same environment, and the store where `make run` has its own."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folder = tmp_path / "checkout"
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "data").mkdir()
    (folder / "data" / "simulated").symlink_to(store)
    return folder
