"""`python -m dev.after URL COMMAND…`: become COMMAND once URL answers, so that nothing starts before what it needs."""

import os
import sys
import time

import requests

PATIENCE = 120.0


def main(url: str, command: list[str]) -> int:
    """Wait for any HTTP answer, then exec; 1 when none comes in two minutes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=5)
        except requests.RequestException:
            time.sleep(0.3)
        else:
            os.execvp(command[0], command)  # noqa: S606  the command is the caller's own
    sys.stderr.write(f"{url} did not answer within {PATIENCE:.0f} s; not started: {' '.join(command)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
