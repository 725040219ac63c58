"""A range query over years through the Lambda handler, DuckDB over one compacted file, and pandas over that file."""

import json
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from bench.api import environment
from bench.figures import LIMIT, OURS, PLAIN, Figure, by_limit, in_process
from bench.lambda_events import timed, zipped
from bench.store import LAST
from include.storage.keys import READINGS

DAILY: Final = """
    SELECT epoch_us(date_trunc('day', timezone($zone, timestamp))) AS day,
        avg(value), min(value), max(value), sum(value), count(value)
    FROM read_parquet($file)
    WHERE region = 'ROI' AND field = 'WIND_ACTUAL' AND timestamp >= $start
    GROUP BY day ORDER BY day
"""
TIMES: Final = 15


def measure(store: Path, *, years: int, rounds: int) -> list[Figure]:
    """Daily means of one series over all these years."""
    first = date(LAST.year - years, 11, 1)
    compacted = compact(store)
    found = [in_process("bench.ranges", compacted, first, environment=environment(store)) for _ in range(rounds)]
    samples = {name: [one[name] for one in found] for name in (OURS, LIMIT, PLAIN)}
    return [
        Figure(
            f"range query: {years} years of one series as daily means",
            samples,
            goals=(by_limit(samples, most=2.0),),
            note=f"event in to answer out, {found[0]['points']} points; limit: DuckDB on one file with all of the area,"
            " in process, its connection open; plain: pandas on that file",
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


def limit(connection: duckdb.DuckDBPyConnection, path: str, first: str, zone: str) -> list[Any]:
    """The buckets as rows."""
    return connection.execute(DAILY, {"file": path, "start": first, "zone": zone}).fetchall()


def plain(path: str, first: str, zone: str) -> Any:
    """Read all, choose, resample."""
    frame = pd.read_parquet(path)
    chosen = frame[(frame["region"] == "ROI") & (frame["field"] == "WIND_ACTUAL") & (frame["timestamp"] >= first)]
    local = chosen.set_index(chosen["timestamp"].dt.tz_convert(zone))["value"]
    return local.resample("1D").agg(["mean", "min", "max", "sum", "count"]).to_dict("records")


def main(compacted: str, first: str) -> dict[str, float]:
    """In a process of its own: the median milliseconds of each way, in turns."""
    from api.handler import handler  # noqa: PLC0415  it reads its environment

    query = f"region=ROI&fields=actual&start={first}&end={LAST}&resolution=1d"
    body = json.loads(handler(zipped("/api/wind", query) | {"headers": {}}, None)["body"])
    connection = duckdb.connect(config={"threads": "2"})
    connection.execute("SET TimeZone = 'UTC'")
    zone = body["tz"]
    ways: dict[str, Callable[[], Any]] = {
        OURS: partial(handler, zipped("/api/wind", query), None),
        LIMIT: partial(limit, connection, compacted, first, zone),
        PLAIN: partial(plain, compacted, first, zone),
    }
    found = {name: timed(way, 3 if name == PLAIN else TIMES)["median"] for name, way in ways.items()}
    return found | {"points": len(body["series"][0]["points"])}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
