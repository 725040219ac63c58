"""The export DAG: one mapped task per area, then current and snapshot."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from airflow.sdk import DAG, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from include.domain.errors import Incomplete
from include.domain.incidents import Cause
from include.orchestration.alerts import telling
from include.orchestration.assets import READINGS
from include.orchestration.tasks import DEFAULTS, START, doc_md, open_claimed
from include.settings import load_settings
from include.sources.registry import SOURCES

if TYPE_CHECKING:
    from include.jobs.export import Export

TARGETS: Final = [{"source_id": entry.source_id, "area": area.name} for entry in SOURCES for area in entry.areas]


def export_dag() -> DAG:
    """Write the summaries that the API serves.

    Wakes on an event of the `readings` Asset and reads the store, which is the truth: one summary per area with the
    last 30 days, then `current` (the newest reading of every series), `snapshot` (everything at once) and `recent` (the
    same of the last three days); beside them `catalogue` and `files` (what there is, from an inventory that reads only
    the files that have changed). A summary that has not changed is not written. Clearing any task gives the same
    summaries.

    `reconcile` is red when any of them could not be written, and then somebody is told, if there is an alert topic.
    """
    with DAG(
        dag_id="export",
        schedule=[READINGS],
        start_date=START,
        catchup=False,
        max_active_runs=1,
        # A paused DAG loses the events of its Assets.
        is_paused_upon_creation=False,
        default_args=DEFAULTS,
        # No dagrun_timeout: it would skip `reconcile`, and nobody would be told. Each task has one of its own.
        tags=["export"],
        doc_md=doc_md(export_dag),
        description="30-day summaries per area, current values, snapshot",
    ) as dag:
        areas = _area.expand_kwargs(TARGETS)
        written = [_current(), _snapshot()]
        # The snapshot takes the newest values from the areas' summaries, as current does.
        areas >> written
        [areas, *written, _inventory()] >> _reconcile()
    return dag


@task(task_id="area", map_index_template="{{ task.op_kwargs['area'] }}")
def _area(source_id: str, area: str) -> bool:
    """Write one area's summary; False when it has not changed."""
    export = _export()
    if source_id not in {entry.source_id for entry in export.entries}:
        raise AirflowSkipException(f"{source_id} fills no store of the feed {export.feed}")
    return export.area(source_id, area)


@task(task_id="current", trigger_rule=TriggerRule.ALL_DONE)
def _current() -> bool:
    """Write the newest reading of every series."""
    return _export().current()


@task(task_id="snapshot", trigger_rule=TriggerRule.ALL_DONE)
def _snapshot() -> bool:
    """Write everything in one document, and its last days in a smaller one."""
    return _export().snapshot()


@task(task_id="inventory", trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=30))
def _inventory() -> dict[str, int]:
    """Read the files that have changed, and write what there is: `catalogue` and `files`."""
    from include.jobs.inventory import Inventory  # noqa: PLC0415  it loads pyarrow

    export = _export()
    inventory = Inventory(export.store, export.feed, export.entries, export.now)
    read = {entry.source_id: inventory.update(entry.source_id) for entry in export.entries}
    inventory.publish()
    return read


@task(task_id="reconcile", trigger_rule=TriggerRule.ALL_DONE)
def _reconcile() -> None:
    """Red when a summary could not be written, and told: a red task never hides in a green run."""
    ti = get_current_context()["ti"]
    with telling("export", Cause.EXPORT_FAILED):
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        red = sorted(name for name, state in states.items() if state in {"failed", "upstream_failed"})
        if red:
            raise Incomplete(f"{', '.join(_label(name) for name in red)}; the log of each says why")


def _label(name: str) -> str:
    """`area wind` of `area_0`, as Airflow calls a mapped instance here."""
    task_id, _, index = name.rpartition("_")
    return f"{task_id} {TARGETS[int(index)]['area']}" if task_id == "area" and index.isdigit() else name


def _export() -> "Export":
    from include.jobs.export import Export  # noqa: PLC0415  DAG files are parsed without DuckDB

    settings = load_settings()
    store = open_claimed(settings)
    now = settings.now or get_current_context()["dag_run"].run_after
    entries = tuple(entry for entry in SOURCES if entry.areas and settings.feed in entry.feeds)
    return Export(store=store, feed=settings.feed, entries=entries, now=now)
