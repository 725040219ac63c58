"""A range query over years through the Lambda handler, DuckDB over one compacted file, and pandas over that file."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from bench.api import environment
from bench.figures import LIMIT, OURS, PLAIN, Figure, by_limit, in_process, in_turns, spelled
from bench.lambda_events import zipped
from bench.store import LAST
from include.storage.keys import READINGS

DAILY: Final = """
    SELECT date_trunc('day', timestamp) AS day, avg(value), sum(value), count(value)
    FROM read_parquet($file)
    WHERE region = 'ROI' AND field = 'WIND_ACTUAL' AND timestamp >= $start
    GROUP BY day ORDER BY day
"""
DIVIDED: Final = DAILY.replace("date_trunc('day', timestamp)", "epoch_us(timestamp) // 86_400_000_000")
"""Days of UTC can be told by division, in a fourth of the time: what ours does, but not what one would write."""
TIMES: Final = 15


def measure(store: Path, *, years: int, rounds: int) -> list[Figure]:
    """Daily means of one series over all these years."""
    first = date(LAST.year - years, 11, 1)
    compacted = compact(store)
    found = [in_process("bench.ranges", compacted, first, environment=environment(store)) for _ in range(rounds)]
    samples = {name: [one[name] for one in found] for name in (OURS, LIMIT, PLAIN)}
    return [
        Figure(
            f"range query: {spelled(years)} of one series as daily means",
            samples,
            goals=(by_limit(samples, most=2.0),),
            note=f"event in to answer out, {found[0]['points']} points; limit: DuckDB on one file with all of the area,"
            " in process, its connection open, days by date_trunc (by division of the instant it takes"
            f" {statistics.median(one['divided'] for one in found):.0f} ms); plain: pandas on that file",
        )
    ]


def compact(store: Path) -> Path:
    """All readings of wind in one file, sorted."""
    path = store.parent / f"{store.name}-wind.parquet"
    if not path.exists():
        glob = str(store / READINGS / "source=eirgrid/area=wind/*/*/*/data.parquet")
        rows = f"SELECT region, field, timestamp, value, fetched_at FROM read_parquet('{glob}', hive_partitioning=true)"
        duckdb.execute(f"COPY ({rows} ORDER BY ALL) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
    return path


def limit(connection: duckdb.DuckDBPyConnection, query: str, path: str, first: str) -> list[Any]:
    """The buckets as rows."""
    return connection.execute(query, {"file": path, "start": first}).fetchall()


def plain(path: str, first: str) -> Any:
    """Read all, choose, resample."""
    frame = pd.read_parquet(path)
    chosen = frame[(frame["region"] == "ROI") & (frame["field"] == "WIND_ACTUAL") & (frame["timestamp"] >= first)]
    return chosen.set_index("timestamp")["value"].resample("1D").agg(["mean", "sum", "count"]).to_dict("records")


def _once(way: Callable[[], Any]) -> float:
    started = time.perf_counter()
    way()
    return (time.perf_counter() - started) * 1000


def main(compacted: str, first: str) -> dict[str, float]:
    """In a process of its own: the median milliseconds of each way, in turns."""
    from api.handler import handler  # noqa: PLC0415  it reads its environment

    query = f"region=ROI&fields=actual&start={first}&end={LAST}&resolution=1d"
    body = json.loads(handler(zipped("/api/wind", query) | {"headers": {}}, None)["body"])
    connection = duckdb.connect(config={"threads": "2"})
    connection.execute("SET TimeZone = 'UTC'")
    ways: dict[str, Callable[[], Any]] = {
        OURS: partial(handler, zipped("/api/wind", query), None),
        LIMIT: partial(limit, connection, DAILY, compacted, first),
        PLAIN: partial(plain, compacted, first),
    }
    ways["divided"] = partial(limit, connection, DIVIDED, compacted, first)
    in_turns(ways, 1)
    taken = in_turns({name: partial(_once, way) for name, way in ways.items()}, TIMES)
    found = {name: statistics.median(values) for name, values in taken.items()}
    return found | {"points": len(body["series"][0]["points"])}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
