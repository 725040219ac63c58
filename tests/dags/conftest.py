import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parents[2]
BARE = {"PATH": "/usr/bin:/bin"}
"""Parsing must need nothing from the environment: no setting, no credentials."""


class Run(Protocol):
    """Runs code in a process of its own; the last line that it prints."""

    def __call__(self, code: str, **settings: str) -> str: ...


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run Python as the dag processor would see the bundle: a bare environment, a fresh Airflow home."""
    home = tmp_path_factory.mktemp("airflow")
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }

    def python(code: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env=BARE | settings | more,
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip().splitlines()[-1]

    return python
