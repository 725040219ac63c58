"""Signals to other processes. The only code that sends one by number or through psutil.

`psutil.Process(None)` is the caller's own process, `os.kill(0, …)` its whole group and `os.kill(-1, …)` every process
there is: a process id that was not found must never become a signal.
"""

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any, Final

import psutil

INIT: Final = 1


def find_process(process_id: int | None) -> psutil.Process:
    """The running process of this id. ValueError unless it is another process than this one and than init."""
    return psutil.Process(_check(process_id))


def find_children() -> list[psutil.Process]:
    """Processes that this one has started itself."""
    return psutil.Process().children()


def send_signal(target: "psutil.Process | subprocess.Popen[Any]", number: signal.Signals) -> None:
    """Send a signal to one process. One that has ended is left alone even if its id is in use again.

    psutil says so with NoSuchProcess, subprocess says nothing.
    """
    _check(target.pid)
    target.send_signal(number)


def end_processes_marked(variable: str, value: str, *, patience: float = 5.0) -> int:
    """End every other process whose environment has this variable with this value, and return how many there were.

    They are asked with SIGTERM, and after `patience` seconds killed.
    """
    marked = [process for process in psutil.process_iter() if _has_variable(process, variable, value)]
    others = [process for process in marked if process.pid != os.getpid()]
    for process in others:
        with suppress(psutil.Error):
            send_signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(others, timeout=patience)
    for process in alive:
        with suppress(psutil.Error):
            send_signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=patience)
    return len(others)


def _has_variable(process: psutil.Process, variable: str, value: str) -> bool:
    try:
        return process.environ().get(variable) == value
    except (psutil.Error, OSError):
        # It has ended, or belongs to another user.
        return False


def _check(process_id: int | None) -> int:
    """The id itself, if it is that of one other process."""
    if process_id is None or process_id <= INIT or process_id == os.getpid():
        raise ValueError(
            f"process id: got {process_id!r}; allowed: a number above {INIT} that is not this process, {os.getpid()}."
            " Look at how the id was found: None is the id of a connection whose process has ended"
        )
    return process_id
