"""A worker that is killed ends the run soon, with a failure that names the test, and leaves no process behind."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil
import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
WAITING: Final = 60
"""Tests of two seconds each that the other worker has been given: two minutes, were they all to run."""
MARK: Final = "4731.25"
"""Seconds that the server of the killed worker sleeps; nothing else on this machine sleeps for as long."""

CONFTEST: Final = """
pytest_plugins = ["tests.loop.processes"]
"""
DIES: Final = f"""
import os, signal, subprocess, time
import pytest

@pytest.mark.xdist_group("dies")
def test_that_is_killed():
    subprocess.Popen(["sleep", "{MARK}"], start_new_session=True)
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)

@pytest.mark.xdist_group("waits")
@pytest.mark.parametrize("number", range({WAITING}))
def test_that_waits(number):
    time.sleep(2)
"""


def options_of_make() -> list[str]:
    """How `make test` starts pytest, but for which tests."""
    printed = subprocess.run(["make", "-n", "test", "WORKERS=2"], cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = (line for line in printed.stdout.splitlines() if " -m pytest " in line)
    return shlex.split(line.partition(" -m pytest ")[2].partition(' -m "')[0])


def sleeping() -> list[int]:
    return [process.pid for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", MARK]]


@pytest.mark.server
@pytest.mark.timeout(150)
def test_a_killed_worker_ends_the_run_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_two_groups.py").write_text(DIES)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
    assert "--max-worker-restart=0" in options_of_make()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options_of_make()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout
    # The name of its group: with a version of pytest that pytest-xdist does not know, tests have none.
    assert re.search(r"worker 'gw\d' crashed while running 'test_two_groups.py::test_that_is_killed@dies'", done.stdout)
    passed = int((re.search(r"(\d+) passed", done.stdout) or ["", "0"])[1])
    assert passed < WAITING / 2, "the other worker went through all it had been given"
    assert sleeping() == []
