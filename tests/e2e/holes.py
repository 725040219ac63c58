"""A hole in what the first live run of the shared deployment has stored, made as no one should."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.domain.readings import Feed
from include.storage.parquet import encode
from tests.e2e.deployment import Deployment

WIND: Final = "simulated/readings/source=eirgrid/area=wind/region=ROI/year=2026/month=11/data.parquet"
ASKED: Final = {"start": "2026-11-21", "end": "2026-11-21", "areas": ["wind"], "regions": ["ROI"]}
"""Params of a run for the day, area and region of the hole."""
HOLE: Final = [datetime(2026, 11, 21, 9, tzinfo=UTC) + n * timedelta(minutes=15) for n in range(5)]


def read(deployment: Deployment) -> Any:
    """The table of wind of ROI."""
    body = deployment.s3.get_object(Bucket=deployment.bucket, Key=WIND)["Body"].read()
    return pq.read_table(io.BytesIO(body))


def lose(deployment: Deployment, slots: list[datetime]) -> None:
    """Take these slots out of it, once no run writes any more."""
    for run in deployment.run_ids("ingest_eirgrid"):
        deployment.finish("ingest_eirgrid", run)
    table = read(deployment)
    lost = pa.array(slots, table.schema.field("timestamp").type)
    kept = table.filter(pc.invert(pc.is_in(table["timestamp"], value_set=lost)))
    assert kept.num_rows == table.num_rows - 2 * len(slots)
    deployment.s3.put_object(Bucket=deployment.bucket, Key=WIND, Body=encode(kept, feed=Feed.SIMULATED))


def repairs_of(deployment: Deployment) -> list[dict[str, Any]]:
    """DagRuns that a gap check has triggered."""
    runs = deployment.airflow.get("dags/ingest_eirgrid/dagRuns", limit=100)["dag_runs"]
    return [run for run in runs if str(run["dag_run_id"]).startswith("gapcheck__")]
