"""The API's Lambda handler in a process of its own: milliseconds of each request as JSON, and what it has loaded."""

import json
import sys
from functools import partial
from typing import Any

from api.handler import handler
from bench.lambda_events import CONDITIONAL, timed, zipped

HEAVY = ("duckdb", "pandas", "pyarrow", "numpy")
SUMMARIES = ("/api/wind", "/api/current", "/api/gaps", "/api/snapshot", "/api/catalogue")
MONTH = "start=2026-10-01&end=2026-10-31"
RANGES = {
    "30 days of one series, native": f"region=ROI&fields=actual&{MONTH}",
    "ten years of one series, daily means": "region=ROI&fields=actual&start=2016-11-01&end=2026-10-31&resolution=1d",
    "30 days × 3 regions of wind, columns": f"fields=actual&format=columns&{MONTH}",
}


def main() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in SUMMARIES:
        etag = handler(zipped(path), None)["headers"]["etag"]
        found[path] = timed(partial(handler, zipped(path), None), 3000)
        again = zipped(path) | {"headers": {**zipped(path)["headers"], "if-none-match": etag}}
        assert handler(again, None)["statusCode"] == 304
        found[f"{path}{CONDITIONAL}"] = timed(partial(handler, again, None), 3000)
    found["loaded"] = [name for name in HEAVY if name in sys.modules]
    for name, query in RANGES.items():
        answer = handler(zipped("/api/wind", query), None)
        assert answer["statusCode"] == 200, answer["body"]
        found[name] = timed(partial(handler, zipped("/api/wind", query), None), 20)
        found[name]["bytes"] = int(answer["headers"]["content-length"])
    return found


if __name__ == "__main__":
    json.dump(main(), sys.stdout)
