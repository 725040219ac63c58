"""`make run`'s refusals, and a whole start, stop and start again."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from dev.ports import free_port
from dev.process_signals import send_signal
from dev.stack import ROOT, Ports, Stack
from dev.supervisor import MARK
from include.domain.readings import Feed
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore

pytestmark = pytest.mark.server


def supervisor(*options: str) -> list[str]:
    ports = {name: str(free_port()) for name in ("--airflow-port", "--api-port", "--upstream-port")}
    listed = [part for name, port in ports.items() if name not in options for part in (name, port)]
    return [sys.executable, "-m", "dev.supervisor", *options, *listed]


def refusal(*options: str) -> str:
    done = subprocess.run(supervisor(*options), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listed = b"".join(path.as_posix().encode() + path.read_bytes() for path in files)
    return hashlib.sha256(listed).hexdigest()


def test_each_feed_has_a_store_and_a_state_of_its_own(tmp_path: Path) -> None:
    stacks = [
        Stack(feed=feed, store=str(ROOT / "data" / feed), state=tmp_path / feed) for feed in ("simulated", "eirgrid")
    ]
    for name in ("GRID_STORE", "AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        assert len({stack.environment()[name] for stack in stacks}) == 2, name


def test_a_run_with_another_feed_is_refused_and_does_not_touch_the_store(tmp_path: Path) -> None:
    ReadingsStore(LocalStore(tmp_path), feed=Feed.SIMULATED).open()
    before = digest(tmp_path)
    line = refusal("--feed", "eirgrid", "--contact", "a@example.org", "--store", str(tmp_path))
    assert "GRID_FEED: got 'eirgrid'" in line
    assert "'simulated'" in line
    assert digest(tmp_path) == before


def test_eirgrid_is_not_asked_without_a_contact(tmp_path: Path) -> None:
    line = refusal("--feed", "eirgrid", "--store", str(tmp_path))
    assert "GRID_CONTACT: got ''" in line


def test_an_unknown_feed_is_refused_with_the_known_ones() -> None:
    assert refusal("--feed", "live") == "FEED: got 'live'; allowed: simulated, recorded, eirgrid"


def test_a_taken_port_is_named() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is taken" in refusal("--api-port", str(port))
        assert Ports(api=port, airflow=free_port(), upstream=free_port()).busy() == [port]


@pytest.mark.long
def test_one_interrupt_stops_everything_and_the_next_run_goes_on(tmp_path: Path) -> None:
    first = run_until_served(tmp_path)
    again = run_until_served(tmp_path)
    assert set(again) == set(first)
    assert all(again[area] >= rows for area, rows in first.items())


def run_until_served(store: Path) -> dict[str, int]:
    """Rows per area as the closing lines tell them; asserts that an interrupt leaves no process."""
    api_port = free_port()
    options = ["--store", str(store / "data"), "--state", str(store / "state"), "--api-port", str(api_port)]
    with subprocess.Popen(
        supervisor(*options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        told: list[str] = []
        deadline = time.monotonic() + 240
        while not any("Ctrl-C stops everything" in line for line in told):
            assert time.monotonic() < deadline, "".join(told)
            line = process.stdout.readline()
            assert line, "".join(told)
            told.append(line)
        assert requests.get(f"http://127.0.0.1:{api_port}/api/current", timeout=5).json()["wind_mw"]
        send_signal(process, signal.SIGINT)
        assert process.wait(60) == 0
    assert [one.pid for one in psutil.process_iter() if marked(one, process.pid)] == []
    counted = re.findall(r"^    (\w+) +([\d,]+)$", "".join(told), flags=re.MULTILINE)
    return {area: int(rows.replace(",", "")) for area, rows in counted}


def marked(process: psutil.Process, pid: int) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        return process.environ().get(MARK) == str(pid)
    except (psutil.Error, OSError):
        return False
