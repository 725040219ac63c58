"""The simulated upstream with a latency: it works an answer out once for a time, and gives it again after a wait.

So the time that the model takes is nobody's: a first round fills its memory, and what is measured afterwards waits for
the latency and the bytes only.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import requests
import typer
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dev.patience import until
from dev.ports import free_port
from dev.upstream.app import create_app
from dev.upstream.clock import Clock, parse_instant
from dev.upstream.simulated import Simulated


class Remembered:
    """Each answer of an app, by the time of its clock, path and query."""

    def __init__(self, app: ASGIApp, clock: Clock, *, latency: float) -> None:
        self.app = app
        self.clock = clock
        self.latency = latency
        self.answers: dict[tuple[datetime, str, bytes], list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory after the latency, or from the app at once."""
        if scope["path"].startswith("/_control/"):
            await self.app(scope, receive, send)
            return
        key = (self.clock(), scope["path"], scope["query_string"])
        if key not in self.answers:
            kept: list[Message] = []

            async def keep(message: Message) -> None:
                kept.append(message)

            await self.app(scope, receive, keep)
            self.answers[key] = kept
        elif self.latency:
            await asyncio.sleep(self.latency)
        for message in self.answers[key]:
            await send(message)


@contextmanager
def upstream(*, now: datetime, latency: float = 0.0) -> Iterator[str]:
    """Its address, while it runs in a process of its own."""
    port = free_port()
    options = ["--now", now.isoformat(), "--latency", str(latency)]
    process = subprocess.Popen([sys.executable, "-m", "bench.upstream", "--port", str(port), *options])
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: requests.get(f"{address}/_control/health", timeout=5).ok, "the upstream", seconds=30)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def main(
    port: Annotated[int, typer.Option()],
    now: Annotated[str, typer.Option()],
    latency: float = 0.0,
) -> None:
    """Serve."""
    clock = Clock(fixed=parse_instant(now))
    app = Remembered(create_app(Simulated(seed=1), clock=clock), clock, latency=latency)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    typer.run(main)
