"""Find what is missing, ask upstream for it again, write `gaps.json`.

Every day at 06:00 UTC the last days of every series are scanned (`GRID_GAP_DAYS`, 31). What should be there and is not
becomes DagRuns of `ingest_<source>`: one per run of days of a month, of all areas and regions that lack just these;
newest first, two at a time, at most `GRID_MAX_BACKFILLS_PER_RUN`. While days are left, `again` starts the next check.
The ledger of what has been asked for is the Variable `gap_ledger_<source>`. Days of which upstream says the same
`GRID_MAX_ATTEMPTS` times over at least three days are given up; the evidence lies in the store.

Trigger it with `start` and `end` for other days, up to all history; with `areas` and `regions` for a part; with
`dry_run` to read in the log of `plan` what it would do; with `reopen` to forget what was given up on these days.
Clearing any task is safe: the ledger is written before anything is triggered, and no run id is used for two things.
"""

from datetime import timedelta

from airflow.sdk import TaskGroup, dag

from include.orchestration.gapcheck import CheckAgain, TriggerRepair, gapcheck_params, plan_source, report
from include.orchestration.tasks import DEFAULTS, START, TAG, doc_md, owner_links
from include.sources.registry import SOURCES

AT_ONCE = 2
"""Queued runs count towards the ingest DAG's max_active_runs too: more at once would keep live runs from being made."""


@dag(
    dag_id="gapcheck",
    dag_display_name="Irish grid: gap check",
    description="Find missing slots, trigger repairs, write gaps.json",
    doc_md=doc_md(__doc__),
    tags=[TAG, "gapcheck"],
    owner_links=owner_links(),
    schedule="0 6 * * *",
    start_date=START,
    catchup=False,
    # One writer of the ledgers.
    max_active_runs=1,
    # No backfill: one run checks all the days of `start` and `end`. Airflow says so before it makes any run.
    allowed_run_types=["scheduled", "manual", "operator_triggered"],
    # Once unpaused it checks at once: whoever has just deployed says when the first month is to be loaded.
    is_paused_upon_creation=True,
    dagrun_timeout=timedelta(hours=20),
    params=gapcheck_params(),
    default_args=DEFAULTS,
)
def gapcheck() -> None:
    """For each source plan → trigger repairs, two at a time; then report; then, while days wait, the next check."""
    reported = report()
    # A group per source: one that cannot be checked holds up no other, and all of its own is cleared with it.
    for entry in SOURCES:
        with TaskGroup(entry.source_id, tooltip=entry.title):
            planned = plan_source(entry.source_id)
            triggered = TriggerRepair.partial(
                task_id="trigger",
                doc_md=TriggerRepair.__doc__,
                # Without it parallel copies collide.
                logical_date=None,
                skip_when_already_exists=True,
                fail_when_dag_is_paused=True,
                wait_for_completion=True,
                deferrable=True,
                # One query of the triggerer for each of the two repairs that run at once.
                poke_interval=3,
                allowed_states=["success", "failed"],
                failed_states=[],
                max_active_tis_per_dagrun=AT_ONCE,
                map_index_template="{{ task.trigger_run_id }}",
            ).expand_kwargs(planned)
        # The report has an edge from every task that it judges, and both write the ledger: never at the same time.
        [planned, triggered] >> reported
    # Two checks at once are never made: max_active_runs lets the next begin when this one has ended.
    reported >> CheckAgain(task_id="again", doc_md=CheckAgain.__doc__, trigger_dag_id="gapcheck", logical_date=None)


gapcheck()
