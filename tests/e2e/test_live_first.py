"""Live runs are made on time while fifty repairs and a backfill of 31 days wait, on SQLite and on PostgreSQL."""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dev.postgres import programs_of_postgres
from include.domain.calendar import irish_day
from tests.e2e.deployment import Deployment, deployed, while_locked

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("ticking"), pytest.mark.long, pytest.mark.timeout(1800)]

log = logging.getLogger(__name__)

REPAIRS, DAYS = 50, 31
WITHIN = timedelta(seconds=30)
LEAD = 240.0
"""Seconds before a tick at which the work is asked for: enough to be waiting, too few to be done."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def busy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    on_sqlite = request.param == "sqlite"
    if not on_sqlite and not programs_of_postgres():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    settings = {"GRID_MAX_BACKFILLS_PER_RUN": str(REPAIRS)}
    folder = tmp_path_factory.mktemp(f"busy-{request.param}")
    with deployed(folder, feed="simulated", now=None, settings=settings, ticking=True, on_sqlite=on_sqlite) as running:
        yield running


def next_tick(now: datetime) -> datetime:
    """The next of the minutes 3, 18, 33 and 48."""
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) + timedelta(minutes=3)
    return quarter if quarter > now else quarter + timedelta(minutes=15)


def unfinished(runs: list[dict[str, Any]]) -> int:
    return sum(run["state"] not in {"success", "failed", "skipped"} for run in runs)


def repairs_of(deployment: Deployment, check: str) -> list[dict[str, Any]]:
    return [one for one in deployment.airflow.tasks("gapcheck", check) if one["task_id"] == "trigger"]


def backfilled(deployment: Deployment) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployment.airflow.get("dags/ingest_eirgrid/dagRuns", limit=100, run_type="backfill")[
        "dag_runs"
    ]
    return found


def live_runs(deployment: Deployment, since: datetime) -> list[dict[str, Any]]:
    path = "dags/ingest_eirgrid/dagRuns"
    found = deployment.airflow.get(path, limit=100, run_type="scheduled", run_after_gte=since.isoformat())
    return list(found["dag_runs"])


def midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def test_live_runs_are_made_within_half_a_minute_of_their_tick(busy: Deployment) -> None:
    busy.finish("ingest_eirgrid", busy.first_run("ingest_eirgrid"))
    tick = next_tick(datetime.now(UTC) + timedelta(seconds=LEAD))
    time.sleep(max((tick - datetime.now(UTC)).total_seconds() - LEAD, 0))
    busy.airflow.patch("dags/gapcheck", {"is_paused": False})
    check = busy.first_run("gapcheck")
    today = irish_day(datetime.now(UTC))
    span = {"from_date": midnight(today - timedelta(days=DAYS)), "to_date": midnight(today - timedelta(days=1))}
    while_locked(lambda: busy.airflow.post("backfills", {"dag_id": "ingest_eirgrid", "max_active_runs": 4} | span))
    busy.wait(lambda: len(backfilled(busy)) == DAYS, "the runs of the backfill")
    busy.wait(lambda: len(repairs_of(busy, check)) == REPAIRS, "the repairs")

    time.sleep(max((tick - datetime.now(UTC)).total_seconds(), 0) + WITHIN.total_seconds() + 5)
    waiting = unfinished(repairs_of(busy, check)), unfinished(backfilled(busy))
    made = live_runs(busy, tick)
    assert waiting[0] >= REPAIRS / 2
    assert waiting[1] >= DAYS / 2
    (live,) = made
    assert datetime.fromisoformat(live["run_after"]) == tick
    late = datetime.fromisoformat(live["queued_at"]) - tick
    log.info("queued %.1f s after its tick; waiting: %d repairs, %d days", late.total_seconds(), *waiting)
    assert timedelta() <= late <= WITHIN
