"""Processes of a deployment, started and ended by a test or a measurement."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from dev.process_signals import end_processes_marked
from dev.stack import Stack

PATIENCE: Final = 3.0
"""Seconds to end by themselves. They have nothing to save: the scheduler would wait for every task that is queued."""


@contextmanager
def running(commands: Mapping[str, list[str]], stack: Stack) -> Iterator[None]:
    """These processes, by name, with their output in the stack's state folder, until the block ends."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in commands.items():
            started.append(_start(name, command, stack))
        yield
    finally:
        # With all that they have started, whatever group or session it is in.
        end_processes_marked("AIRFLOW_HOME", stack.environment()["AIRFLOW_HOME"], patience=PATIENCE)
        for process in started:
            process.wait()


def _start(name: str, command: list[str], stack: Stack) -> subprocess.Popen[bytes]:
    with (stack.state / f"{name}.log").open("w") as output:
        return subprocess.Popen(
            command,
            cwd=stack.workdir(name),
            env=stack.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
