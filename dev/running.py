"""Processes of a deployment, started and ended by a test or a measurement."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from dev.stack import Stack


@contextmanager
def running(name: str, command: list[str], stack: Stack) -> Iterator[None]:
    """One process, with its output in the stack's state folder, until the block ends."""
    with (stack.state / f"{name}.log").open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=stack.workdir(name),
            env=stack.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            # As Ctrl-C: `airflow standalone` ends its parts at nothing else.
            process.send_signal(signal.SIGINT if name == "standalone" else signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)
