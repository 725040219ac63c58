"""The API beside its limits: requests through the Lambda handler and uvicorn, imports, sizes, range queries."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import requests

from bench.figures import LIMIT, OURS, PLAIN, Figure, Goal, by_limit, in_process, in_turns
from bench.lambda_events import CONDITIONAL
from bench.showcase import NOW
from dev.patience import until
from dev.ports import free_port
from include.storage.keys import summary_key

SERVED: Final = ("current", "wind")
CLIENTS: Final = 32
IMPORTS: Final = {"python": "pass", LIMIT: "import fastapi, mangum; fastapi.FastAPI()", OURS: "import api.handler"}
BOUNDS: Final = {
    "30 days of one series, native": ("median", 30.0),
    "ten years of one series, daily means": ("median", 150.0),
}
"""Milliseconds of a range query."""
COLUMNS: Final = "30 days × 3 regions of wind, columns"
COLUMNS_KIB: Final = 16.0


def environment(store: Path) -> dict[str, str]:
    """Of an API over this store that never looks at it again."""
    return {
        "GRID_STORE": str(store),
        "GRID_NOW": NOW.isoformat(),
        "GRID_GUIDE": str(store / "none"),
        "CACHE_TTL_SECONDS": "1000000",
    }


def measure(store: Path, *, rounds: int, seconds: int) -> list[Figure]:
    """Figures of the API over this store; `seconds` is how long each server is asked."""
    given = environment(store)
    return [_imports(given, rounds=rounds), *_handler(given, rounds=rounds), *_servers(store, given, rounds, seconds)]


def _imports(given: dict[str, str], *, rounds: int) -> Figure:
    taken = in_turns({name: partial(_import, code, given) for name, code in IMPORTS.items()}, max(rounds, 3))
    starts = taken.pop("python")
    samples = {name: [one - start for one, start in zip(values, starts, strict=True)] for name, values in taken.items()}
    return Figure(
        "import of api.handler",
        samples,
        goals=(by_limit(samples, most=1.3), Goal("", samples[OURS], most=450, unit="ms")),
        note="without the interpreter's own start; limit: FastAPI and Mangum alone",
    )


def _import(code: str, given: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=os.environ | given, check=True)
    return (time.perf_counter() - started) * 1000


def _handler(given: dict[str, str], *, rounds: int) -> Iterator[Figure]:
    runs: list[dict[str, Any]] = [in_process("bench.api_handler", environment=given) for _ in range(min(rounds, 3))]
    for name, first in runs[0].items():
        if name == "loaded":
            yield Figure(
                "duckdb, pandas, pyarrow, numpy loaded after the summaries",
                goals=(Goal("modules", [len(first)], most=0, unit="count"),),
            )
            continue
        medians = {OURS: [one[name]["median"] for one in runs]}
        if name in BOUNDS:
            judged, most = BOUNDS[name]
            goal = Goal("", [one[name][judged] for one in runs], most=most, unit="ms")
        elif name == COLUMNS:
            goal = Goal("gzip", [first["bytes"] / 1024], most=COLUMNS_KIB, unit="KiB")
        else:
            most = 0.3 if name.endswith(CONDITIONAL) else 1.0
            goal = Goal("at the 99th percentile", [one[name]["p99"] for one in runs], most=most, unit="ms")
        yield Figure(f"Lambda event in, answer out: {name}", medians, goals=(goal,))


def _servers(store: Path, given: dict[str, str], rounds: int, seconds: int) -> Iterator[Figure]:
    for name in SERVED:
        work = f"uvicorn, one worker, gzip: /api/{name}"
        body = given | {"BENCH_BODY": str(store / summary_key(name))}
        apps = {OURS: "", LIMIT: "bench.api_servers:bare", PLAIN: "bench.api_servers:plain"}
        ways = {way: partial(_served, app, body, f"/api/{name}", seconds) for way, app in apps.items()}
        samples = in_turns(ways, min(rounds, 3))
        share = [one / other for one, other in zip(samples[OURS], samples[LIMIT], strict=True)]
        yield Figure(
            work,
            samples,
            unit="requests/s",
            goals=(Goal("of the limit", share, least=0.8),),
            note="limit: bare Starlette with the same bytes; plain: FastAPI returning a dictionary, not compressed",
        )


def _served(app: str, given: Mapping[str, str], path: str, seconds: int) -> float:
    with _serving(app, given) as address:
        return _wrk(f"{address}{path}", seconds)


@contextmanager
def _serving(app: str, given: Mapping[str, str]) -> Iterator[str]:
    port = str(free_port())
    fast = ["--http", "httptools", "--loop", "uvloop", "--no-access-log", "--log-level", "warning"]
    command = ["uvicorn", app, "--port", port, *fast] if app else ["api", "--port", port]
    process = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | dict(given))
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: requests.get(f"{address}/api/current", timeout=5).ok, app or "the API", seconds=60)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _wrk(url: str, seconds: int) -> float:
    if shutil.which("wrk") is None:
        raise FileNotFoundError("wrk is not installed: apt-get install wrk")
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-H", "Accept-Encoding: gzip", url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told:
        raise RuntimeError(told)
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0])
