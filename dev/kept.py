"""`python -m dev.kept COMMAND…`: run COMMAND and start it again when it fails, as MWAA does with its schedulers.

On SQLite Airflow's scheduler can fall over a backfill that is being created at the same moment.
"""

import signal
import subprocess
import sys
import time
from types import FrameType

MOST = 5
WITHIN = 120.0
"""Seconds in which so many failures are taken for good."""


def main(command: list[str]) -> int:
    """Exit as the command does when it is asked to end, ends well, or fails too often."""
    ended: list[int] = []
    failures: list[float] = []
    child: subprocess.Popen[bytes] | None = None

    def stop(number: int, _frame: FrameType | None) -> None:
        ended.append(number)
        if child is not None:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not ended:
        child = subprocess.Popen(command)
        code = child.wait()
        failures = [at for at in failures if time.monotonic() - at < WITHIN] + [time.monotonic()]
        if ended or code == 0 or len(failures) >= MOST:
            return code if code >= 0 else 128 - code
        sys.stderr.write(f"ended with {code}, started again: {' '.join(command)}\n")
        sys.stderr.flush()
        time.sleep(1)
    return 128 + ended[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
