"""A process that fails is started again; one that is asked to end, ends well or fails for good is not."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from dev.kept import MOST

FAILS_TWICE = """
import pathlib, sys
log = pathlib.Path(sys.argv[1])
log.write_text(log.read_text() + "x" if log.exists() else "x")
sys.exit(1 if len(log.read_text()) < 3 else 0)
"""


def kept(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dev.kept", sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def test_it_is_started_again_until_it_ends_well(tmp_path: Path) -> None:
    assert kept(FAILS_TWICE, str(tmp_path / "log")).wait(30) == 0
    assert (tmp_path / "log").read_text() == "xxx"


def test_it_is_given_up_when_it_fails_all_the_time(tmp_path: Path) -> None:
    code = "import sys; open(sys.argv[1], 'a').write('x'); sys.exit(7)"
    assert kept(code, str(tmp_path / "log")).wait(60) == 7
    assert (tmp_path / "log").read_text() == "x" * MOST


def test_it_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    code = "import sys, time; open(sys.argv[1], 'w').write('x'); time.sleep(60)"
    process = kept(code, str(tmp_path / "log"))
    deadline = time.monotonic() + 20
    while not (tmp_path / "log").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(20) == 128 + signal.SIGTERM
