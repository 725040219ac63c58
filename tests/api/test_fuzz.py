"""The OpenAPI document against a running API: what it allows is answered, what it does not allow is refused.

schemathesis makes the requests and looks at each answer with all of its checks.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from dev.patience import until
from dev.ports import free_port
from dev.stack import ROOT
from tests.jobs.invented import NOW

CONFIG = Path(__file__).parent / "schemathesis.toml"


@contextmanager
def served(store: Path | str) -> Iterator[str]:
    """The address of an API over this store, in a process of its own."""
    port = free_port()
    environment = os.environ | {"GRID_STORE": str(store), "GRID_NOW": NOW, "PUBLIC_BULK": "true"}
    command = [sys.executable, "-m", "api", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: requests.get(f"{address}/health", timeout=5).ok, "the API", seconds=60)
        yield address
        assert process.poll() is None, "the API ended by itself"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.server
@pytest.mark.parametrize(
    ("examples", "at_least"),
    [(8, 300), pytest.param(1000, 10_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
    ids=["few", "many"],
)
def test_the_document_and_the_api_agree(examples: int, at_least: int, filled_once: Path) -> None:
    with served(filled_once) as address:
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color", "run"]
        command += [f"{address}/openapi.json", "--checks", "all", "--phases", "examples,coverage,fuzzing"]
        command += ["--max-examples", str(examples)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    (made,) = re.findall(r"(\d+) generated", done.stdout)
    assert int(made) >= at_least
