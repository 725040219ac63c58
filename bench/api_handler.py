"""The API's Lambda handler in a process of its own: milliseconds of each request as JSON, and what it has loaded."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from api.handler import handler

HEAVY = ("duckdb", "pandas", "pyarrow", "numpy")
SUMMARIES = ("/api/wind", "/api/current", "/api/gaps", "/api/snapshot", "/api/catalogue")
MONTH = "start=2026-10-01&end=2026-10-31"
RANGES = {
    "30 days of one series, native": f"region=ROI&fields=actual&{MONTH}",
    "ten years of one series, daily means": "region=ROI&fields=actual&start=2016-11-01&end=2026-10-31&resolution=1d",
    "30 days × 3 regions of wind, columns": f"fields=actual&format=columns&{MONTH}",
}


def event(path: str, query: str = "", **headers: str) -> dict[str, Any]:
    """What API Gateway hands on (payload version 2.0)."""
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "bench"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "example.org", "accept-encoding": "gzip", **headers},
        "requestContext": {
            "http": http,
            "stage": "$default",
            "requestId": "1",
            "apiId": "1",
            "domainName": "example.org",
        },
        "isBase64Encoded": False,
    }


def timed(call: Callable[[], Any], times: int) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds, after a call that warms up."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return {"median": statistics.median(taken), "p99": sorted(taken)[int(times * 0.99)]}


def main() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in SUMMARIES:
        etag = handler(event(path), None)["headers"]["etag"]
        found[path] = timed(partial(handler, event(path), None), 3000)
        again = event(path) | {"headers": {**event(path)["headers"], "if-none-match": etag}}
        assert handler(again, None)["statusCode"] == 304
        found[f"{path}, 304"] = timed(partial(handler, again, None), 3000)
    found["loaded"] = [name for name in HEAVY if name in sys.modules]
    for name, query in RANGES.items():
        answer = handler(event("/api/wind", query), None)
        assert answer["statusCode"] == 200, answer["body"]
        found[name] = timed(partial(handler, event("/api/wind", query), None), 20)
        found[name]["bytes"] = int(answer["headers"]["content-length"])
    return found


if __name__ == "__main__":
    json.dump(main(), sys.stdout)
