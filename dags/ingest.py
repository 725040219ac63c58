"""Fetch readings, merge them into their partitions.

Every 15 minutes (minutes 3, 18, 33, 48) yesterday, today and tomorrow's forecasts are fetched, one mapped task instance
per partition. A native backfill makes one run per Irish day. A manual run takes `start` and `end` (Irish days, both
included), `areas` and `regions`; or a logical date of another day, or a data interval.

A live run maps over `ingest`, and `repair` is skipped; in a backfill and in a run of days that were asked for it is the
other way round.

`reconcile` is red when a unit failed for a reason that needs a person, or when an area has had nothing new for longer
than its alert threshold; of a live run somebody is told, if there is an alert topic. A unit that upstream did not
answer is skipped in a live run, with the reason in its log and in its XCom `outcome`; the next cycle heals it. Clearing
any task or run, at any time, gives the same readings.
"""

from datetime import timedelta

from airflow.sdk import dag
from irish_day_timetable import LiveAndIrishDays

from include.orchestration.ingest import (
    fetch_unit,
    ingest_params,
    plan,
    plan_repair,
    publish,
    reconcile_ingest,
)
from include.orchestration.links import LINKS
from include.orchestration.tasks import DEFAULTS, START, TAG, doc_md, owner_links
from include.settings import live_pool, repair_pool
from include.sources.base import SourceEntry
from include.sources.registry import SOURCES


def declare(entry: SourceEntry) -> None:
    """The DAG of one source."""
    problem = f"**It cannot run: {entry.problem}**\n\n" if entry.problem else ""

    @dag(
        dag_id=f"ingest_{entry.source_id}",
        dag_display_name=f"Irish grid: ingest {entry.title}",
        description=f"{entry.title}: fetch readings into Parquet",
        doc_md=problem + doc_md(__doc__, of=entry.title),
        tags=[TAG, "ingest", entry.source_id],
        owner_links=owner_links(),
        schedule=LiveAndIrishDays(),
        start_date=START,
        catchup=False,
        # Runs that people trigger count too: the thirteen of a load of all years leave room for the live ones.
        max_active_runs=32,
        params=ingest_params(entry),
        default_args=DEFAULTS,
    )
    def ingest() -> None:
        """Plan → ingest or repair, mapped → publish → reconcile."""
        live = plan(entry.source_id)
        repairs = plan_repair(live["repair"])
        ingest_unit = fetch_unit(
            "ingest", pool=live_pool(entry.source_id), priority_weight=10, execution_timeout=timedelta(minutes=10)
        )
        repair_unit = fetch_unit("repair", pool=repair_pool(entry.source_id), execution_timeout=timedelta(hours=1))
        fetched = [
            ingest_unit.partial(strict=False).expand(unit=live),
            repair_unit.partial(strict=True).expand(unit=repairs),
        ]
        for mapped in fetched:
            mapped.operator.operator_extra_links = LINKS
        published, reconciled = publish(entry.source_id), reconcile_ingest(entry.source_id)
        # It has an edge from every task that it judges: cleared together with one of them, it waits for it.
        [live, repairs, *fetched] >> reconciled
        fetched >> published >> reconciled

    ingest()


for entry in SOURCES:
    declare(entry)
