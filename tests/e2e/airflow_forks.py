"""Runs commands of `airflow` in forks of one process, which has imported Airflow. It needs nothing of the checkout.

Standard input has one command a line, as JSON: its arguments, and the file that is to hold what it prints. Each is
answered with its exit status.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path


def serve() -> None:
    """Run one command after the other until standard input ends."""
    # Airflow prints warnings where the answers go: it is given another standard output.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    print_to(os.devnull)
    from airflow.__main__ import main
    from airflow.cli.commands import backfill_command, dag_command, pool_command, task_command  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            print_to(asked["output"])
            sys.argv = ["airflow", *asked["arguments"]]
            os._exit(status_of(main))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def print_to(path: str) -> None:
    """Send what this process prints to a file."""
    file = os.open(path, os.O_WRONLY)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())


def status_of(main: Callable[[], None]) -> int:
    """Run a command to its end, as an interpreter of its own would."""
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stdout.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  whatever ends a command is what the test is told
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    # The folder where it was started, as for `python -m airflow`; Python itself puts the folder of a script there.
    sys.path[0] = str(Path.cwd())
    serve()
