"""Requests as Lambda events, and how long they take."""

import statistics
import time
from collections.abc import Callable
from typing import Any, Final

from dev.gateway import event

CONDITIONAL: Final = ", 304"
"""How the name of a request ends that has the ETag of what it asks for."""


def zipped(path: str, query: str = "") -> dict[str, Any]:
    """The request of a client that reads gzip."""
    return event(path, query, accept_encoding="gzip")


def timed(call: Callable[[], Any], times: int) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds, after a call that warms up."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return {"median": statistics.median(taken), "p99": sorted(taken)[int(times * 0.99)]}
