"""No run of the tests outlives itself: what it started ends with it, and a worker that died ends it."""

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from dev.process_signals import end_processes_marked

RUN_FOLDER: Final = "GRID_TEST_RUN"
"""Environment variable of every process that a run starts, however far below it: the folder of the run."""
DIED: Final = "worker-died"
"""File in that folder that says which worker died."""


def run_folder() -> Path:
    """A folder that all workers of a run share; it goes when the run ends."""
    return Path(os.environ[RUN_FOLDER])


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist, not the one that was started by hand."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        folder = Path(tempfile.mkdtemp(prefix="grid-tests-"))
        # PostgreSQL runs as an account of its own, and its files are in there.
        folder.chmod(0o755)
        os.environ[RUN_FOLDER] = str(folder)
        # CI ends a run with SIGTERM, which would otherwise leave its deployments behind.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    """A worker that was killed could not end its servers itself."""
    if not is_worker(config):
        end_processes_marked(RUN_FOLDER, str(run_folder()))
        shutil.rmtree(run_folder(), ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    """Called where the workers are started: tell those that are left."""
    if error is not None:
        (run_folder() / DIED).write_text(str(node.gateway.id), encoding="utf-8")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Stop: pytest-xdist lets each worker go through all the tests it has been sent, which can be minutes."""
    died = run_folder() / DIED
    if died.exists():
        item.session.shouldstop = f"worker {died.read_text(encoding='utf-8')} died"
        pytest.skip(item.session.shouldstop)
