"""A timetable with two faces: live every 15 minutes, and one run per Irish day when a backfill walks it.

Standard library and Airflow only: the scheduler loads plugins without the bundle.
"""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable
from pendulum import DateTime, instance

IRELAND = ZoneInfo("Europe/Dublin")
CYCLE = timedelta(minutes=15)
OFFSET = timedelta(minutes=3)
"""Live ticks are minutes 3, 18, 33 and 48: upstream publishes on the quarter-hour, and no tick is a day's start."""
ONE_DAY = timedelta(hours=22)
LIVE_RUNS = "GRID_LIVE_RUNS"
"""Environment variable for tests: `first` keeps the live schedule from making any run after its first."""


class LiveAndIrishDays(Timetable):  # type: ignore[misc]  # Airflow is untyped here
    """Live: ticks without length. Backfill (`restriction.catchup`): Irish calendar days of 23, 24 or 25 hours."""

    description = "Every 15 minutes, at minutes 3, 18, 33 and 48; a backfill makes one run per Irish day"

    @property
    def summary(self) -> str:
        """What the UI shows."""
        return "3-59/15 * * * *"

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """A manual run has an interval without length: its Params say what it fetches."""
        return DataInterval.exact(run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next Irish day while a backfill is walking, else the next tick."""
        if restriction.catchup:
            return _next_day(last_automated_data_interval, restriction)
        if last_automated_data_interval is not None and os.environ.get(LIVE_RUNS) == "first":
            return None
        return _next_tick(last_automated_data_interval, restriction, now=datetime.now(UTC))


def _next_day(last: DataInterval | None, restriction: TimeRestriction) -> DagRunInfo | None:
    if last is None and restriction.earliest is None:
        return None
    day = irish_day(last.end if last else restriction.earliest)
    if restriction.latest is not None and day > irish_day(restriction.latest):
        return None
    start, end = midnight(day), midnight(day + timedelta(days=1))
    return DagRunInfo.interval(instance(start), instance(end))


def _next_tick(last: DataInterval | None, restriction: TimeRestriction, *, now: datetime) -> DagRunInfo | None:
    tick = last_tick(now)
    if last is not None:
        # A backfilled day says nothing of the live runs; whatever tick has passed was theirs.
        is_tick = last.end - last.start < ONE_DAY
        tick = max(tick, last.start + CYCLE) if is_tick else tick + CYCLE
    if restriction.earliest is not None and tick < restriction.earliest:
        tick = last_tick(restriction.earliest - timedelta(microseconds=1)) + CYCLE
    if restriction.latest is not None and tick > restriction.latest:
        return None
    return DagRunInfo.exact(instance(tick))


def last_tick(now: datetime) -> datetime:
    """The newest live tick at or before this instant."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + (now - hour - OFFSET) // CYCLE * CYCLE + OFFSET


def irish_day(instant: Any) -> date:
    """The Irish calendar day that holds this instant."""
    day: date = instant.astimezone(IRELAND).date()
    return day


def midnight(day: date) -> datetime:
    """The UTC instant at which an Irish day starts."""
    return datetime(day.year, day.month, day.day, tzinfo=IRELAND).astimezone(UTC)


class IrishDayPlugin(AirflowPlugin):  # type: ignore[misc]  # Airflow is untyped here
    """Registers the timetable."""

    name = "irish_day_timetable"
    timetables = [LiveAndIrishDays]  # noqa: RUF012  Airflow's own form
