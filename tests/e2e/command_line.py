"""Airflow's command line, imported once: each command is a fork of that process and takes one second, not five."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dev.stack import Stack


@dataclass(frozen=True)
class CommandLine:
    """Runs `airflow` in the environment of one deployment."""

    process: "subprocess.Popen[str]"

    def run(self, *arguments: str) -> str:
        """What the command prints; RuntimeError when it fails."""
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as printed:
            command = json.dumps({"arguments": arguments, "output": printed.name})
            print(command, file=_open(self.process.stdin), flush=True)
            status = int(_open(self.process.stdout).readline())
            output = printed.read()
        if status:
            raise RuntimeError(output[-4000:])
        return output


@contextmanager
def command_line(stack: Stack) -> Iterator[CommandLine]:
    """A command line that has imported Airflow by the time of the first command."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("airflow_forks.py"))],
        cwd=stack.code.workdir,
        env=stack.environment() | {"COLUMNS": "200"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield CommandLine(process)


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
