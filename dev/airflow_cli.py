"""Airflow's command line in the environment of a local deployment."""

import os
import sys

from dev.stack import ROOT, Stack


def main() -> None:
    """Become `airflow`, with the settings of the deployment of FEED (simulated when absent)."""
    feed = os.environ.get("FEED", "simulated")
    state = ROOT / ".local" / feed
    stack = Stack(feed=feed, store=str(ROOT / "data" / feed), state=state)
    if not stack.migrated.exists():
        sys.stderr.write(f"no deployment in {state.relative_to(ROOT)}; run `make run FEED={feed}` first\n")
        raise SystemExit(2)
    environment = stack.environment()
    os.execve(sys.executable, [sys.executable, "-m", "airflow", *sys.argv[1:]], environment)  # noqa: S606


if __name__ == "__main__":
    main()
