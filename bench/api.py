"""The API beside its limits: requests through the Lambda handler and uvicorn, imports, sizes, range queries."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import requests

from bench.showcase import NOW
from dev.patience import until
from include.storage.keys import READINGS, summary_key

SERVED = ("current", "wind")
SECONDS = 4
CLIENTS = 32


def run(folder: Path, *, repeats: int) -> None:
    """Print the figures of the API over this store."""
    files = [str(path) for path in (folder / READINGS).rglob("*.parquet")]
    (rows,) = duckdb.execute("SELECT count(*) FROM read_parquet($files)", {"files": files}).fetchall()
    print(f"\nAPI over {rows[0]:,} rows in {len(files):,} files ({os.cpu_count()} cores)")
    environment = os.environ | {
        "GRID_STORE": str(folder),
        "GRID_NOW": NOW.isoformat(),
        "GRID_GUIDE": str(folder / "none"),
        "CACHE_TTL_SECONDS": "1000000",
    }
    _imports(environment, repeats=repeats)
    _handler(environment, repeats=min(repeats, 3))
    _servers(folder, environment, repeats=min(repeats, 3))


def _imports(environment: dict[str, str], *, repeats: int) -> None:
    codes = {
        "python": "pass",
        "FastAPI and Mangum alone": "import fastapi, mangum; fastapi.FastAPI()",
        "api.handler": "import api.handler",
    }
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(max(repeats, 5)):
        for name, code in codes.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=environment, check=True)
            taken[name].append(time.perf_counter() - started)
    start = statistics.median(taken.pop("python"))
    ms = {name: (statistics.median(one) - start) * 1000 for name, one in taken.items()}
    for name, took in ms.items():
        print(f"{'import of ' + name:<44} {took:>8.0f} ms")
    print(f"import, by the limit: {ms['api.handler'] / ms['FastAPI and Mangum alone']:.2f} x")


def _handler(environment: dict[str, str], *, repeats: int) -> None:
    command = [sys.executable, "-m", "bench.api_handler"]
    runs: list[dict[str, Any]] = [
        json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
        for _ in range(repeats)
    ]
    print(f"{'Lambda event in, answer out (warm)':<44} {'median':>8} {'p99 ms':>8} {'bytes':>8}")
    for name in runs[0]:
        if name != "loaded":
            median, p99 = (statistics.median(one[name][part] for one in runs) for part in ("median", "p99"))
            print(f"{name:<44} {median:>8.3f} {p99:>8.3f} {runs[0][name].get('bytes', ''):>8}")
    print(f"of duckdb, pandas, pyarrow and numpy loaded after the summaries: {runs[0]['loaded'] or 'none'}")


def _servers(folder: Path, environment: dict[str, str], *, repeats: int) -> None:
    if shutil.which("wrk") is None:
        print("requests per second: left out, wrk is not installed (apt-get install wrk)")
        return
    print(
        f"{'uvicorn, one worker, gzip: requests a second':<44} {'ours':>8} {'bare':>8} {'plain':>8} {'ours/bare':>10}"
    )
    for name in SERVED:
        body = environment | {"BENCH_BODY": str(folder / summary_key(name))}
        taken: dict[str, list[float]] = {"ours": [], "bare": [], "plain": []}
        for _ in range(repeats):
            for server, app in (("ours", ""), ("bare", "bench.api_servers:bare"), ("plain", "bench.api_servers:plain")):
                with _serving(app, body) as address:
                    taken[server].append(_wrk(f"{address}/api/{name}"))
        ours, bare, plain = (statistics.median(taken[server]) for server in ("ours", "bare", "plain"))
        print(f"{'/api/' + name:<44} {ours:>8.0f} {bare:>8.0f} {plain:>8.0f} {ours / bare:>10.2f}")


@contextmanager
def _serving(app: str, environment: dict[str, str]) -> Iterator[str]:
    port = "8971"
    fast = ["--http", "httptools", "--loop", "uvloop", "--no-access-log", "--log-level", "warning"]
    command = ["uvicorn", app, "--port", port, *fast] if app else ["api", "--port", port]
    process = subprocess.Popen([sys.executable, "-m", *command], env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: requests.get(f"{address}/api/current", timeout=5).ok, app or "the API", seconds=60)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _wrk(url: str) -> float:
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "-H", "Accept-Encoding: gzip", url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told:
        raise RuntimeError(told)
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0])
