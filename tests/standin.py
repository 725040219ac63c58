"""The stand-in upstream in a process of its own, for tests that ask it over real connections."""

import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import requests
import urllib3

ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class StandIn:
    """A running stand-in and its control endpoints."""

    url: str

    def set_clock(self, now: datetime) -> None:
        self._control("POST", "clock", json={"now": now.isoformat()})

    def fail(self, *rules: dict[str, Any], seed: int = 1) -> None:
        """Put these fault rules in force, and no others."""
        self._control("PUT", "faults", json={"seed": seed, "rules": rules})

    def recover(self) -> None:
        self._control("DELETE", "faults")

    def forget(self) -> None:
        """Empty the list of what was asked."""
        self._control("DELETE", "requests")

    def asked(self) -> list[dict[str, Any]]:
        """The newest data requests, oldest first."""
        log: list[dict[str, Any]] = self._control("GET", "requests").json()
        return log

    def _control(self, method: str, name: str, **more: Any) -> requests.Response:
        answer = requests.request(method, f"{self.url}/_control/{name}", timeout=10, **more)
        answer.raise_for_status()
        return answer


def give_back(response: requests.Response, body: bytes) -> None:
    """Put a body into a response whose own a hook has read, for the next reader."""
    # Its connection is free again; nobody else would say so.
    response.raw.release_conn()
    response.raw = urllib3.HTTPResponse(io.BytesIO(body), preload_content=False)


@contextmanager
def stand_in(*, now: str, feed: str = "simulated", arguments: Sequence[str] = ()) -> Iterator[StandIn]:
    """A stand-in whose clock stands at `now`; it says nothing on its console, or the test fails."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dev.upstream", "--port", str(port), "--now", now, "--feed", feed, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        running = StandIn(f"http://127.0.0.1:{port}")
        for _ in range(300):
            try:
                requests.get(f"{running.url}/_control/health", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        try:
            yield running
        finally:
            process.terminate()
            said, _ = process.communicate(timeout=20)
    assert said == "", said[-2000:]
