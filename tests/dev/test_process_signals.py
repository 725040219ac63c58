"""A signal reaches the process it is meant for, and never the tests themselves."""

import ast
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest

from dev.process_signals import find_process, send_signal

ROOT: Final = Path(__file__).parents[2]
HELPER: Final = "dev/process_signals.py"
BY_NUMBER: Final = {"os.kill", "os.killpg", "signal.pidfd_send_signal", "psutil.Process"}
"""Calls that take the number of a process: every one is a possible `None`, 0 or own id."""
METHODS: Final = {"kill", "terminate", "send_signal", "suspend"}
"""Of a process that psutil has found."""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        if process.poll() is None:
            send_signal(process, signal.SIGKILL)


@pytest.mark.parametrize("process_id", [None, -1, 0, 1, pytest.param(os.getpid(), id="our own")])
def test_no_process_of_that_id_can_be_ended(process_id: int | None) -> None:
    with pytest.raises(ValueError, match=rf"process id: got {process_id!r}; allowed: a number above 1"):
        find_process(process_id)


def test_our_own_process_is_refused_however_it_was_found() -> None:
    (own,) = (process for process in psutil.process_iter() if process.pid == os.getpid())
    with pytest.raises(ValueError, match="is not this process"):
        send_signal(own, signal.SIGKILL)


def test_another_process_is_ended(sleeper: subprocess.Popen[bytes]) -> None:
    send_signal(find_process(sleeper.pid), signal.SIGKILL)
    assert sleeper.wait(20) == -signal.SIGKILL


def unguarded_calls(text: str) -> set[str]:
    """Calls that send a signal past the helper, as they are written.

    A process found by psutil can be our own (`process_iter` lists it too); one that subprocess started cannot.
    """
    tree = ast.parse(text)
    uses_psutil = any(isinstance(node, ast.Import) and node.names[0].name == "psutil" for node in ast.walk(tree))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    methods = {call for call in calls if uses_psutil and call.rpartition(".")[2] in METHODS and "." in call}
    return calls & BY_NUMBER | methods


def test_nothing_else_sends_a_signal() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [name for name in listed.splitlines() if name != HELPER and (ROOT / name).exists()]
    unguarded = {name: unguarded_calls((ROOT / name).read_text(encoding="utf-8")) for name in files}
    assert {name: calls for name, calls in unguarded.items() if calls} == {}, f"use {HELPER}"


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("import os\nos.kill(number, 9)", "os.kill"),
        ("import psutil\npsutil.Process(None).kill()", "psutil.Process"),
        ("import psutil\nfor process in psutil.process_iter(): process.kill()", "process.kill"),
    ],
)
def test_a_call_past_the_helper_is_seen(text: str, call: str) -> None:
    assert call in unguarded_calls(text)
