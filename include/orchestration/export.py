"""The export DAG: one mapped task per area, then current and snapshot."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import DAG, AssetAlias, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from include.domain.errors import Incomplete
from include.domain.incidents import Cause
from include.orchestration.alerts import telling
from include.orchestration.assets import READINGS
from include.orchestration.tasks import DEFAULTS, RED, START, doc_md, open_claimed, task_states
from include.settings import load_settings
from include.sources.registry import SOURCES

if TYPE_CHECKING:
    from include.jobs.export import Export

log = logging.getLogger(__name__)

TARGETS: Final = [{"source_id": entry.source_id, "area": area.name} for entry in SOURCES for area in entry.areas]
VERSION: Final = "version"
"""XCom key of the state of the readings that an area's task was about to read."""
AGAIN: Final = AssetAlias("readings_not_exported")
"""How `reconcile` emits the event of READINGS for what the run has not read, and none otherwise."""


def export_dag() -> DAG:
    """Write the summaries that the API serves.

    Wakes on an event of the `readings` Asset and reads the store, which is the truth: one summary per area with the
    last 30 days, then `current` (the newest reading of every series), `snapshot` (everything at once) and `recent` (the
    same of the last three days); beside them `catalogue` and `files` (what there is, from an inventory that reads only
    the files that have changed). A summary that has not changed is not written. Summaries are of the moment at which
    they are written, whenever the run was due: clearing any task of any run, however old, gives what is true now.

    `reconcile` is red when any of them could not be written, and then somebody is told, if there is an alert topic.
    When readings have come in that the run has not read, it wakes the export once more.
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
    # Before it is read: what changes from here on is seen by `reconcile`.
    get_current_context()["ti"].xcom_push(key=VERSION, value=export.version(source_id, area))
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


@task(task_id="reconcile", outlets=[AGAIN], trigger_rule=TriggerRule.ALL_DONE)
def _reconcile() -> None:
    """Red when a summary could not be written, and told; wakes the export again for what came in meanwhile."""
    context = get_current_context()
    ti = context["ti"]
    with telling("export", Cause.EXPORT_FAILED):
        red = sorted(name for name, state in task_states().items() if state in RED)
        if red:
            raise Incomplete(f"{', '.join(_label(name) for name in red)}; the log of each says why")
    if moved_on := _moved_on(ti):
        log.info("readings of %s have changed since they were read: the export goes round once more", moved_on)
        context["outlet_events"][AGAIN].add(READINGS, extra={"source": "export", "areas": moved_on})


def _moved_on(ti: Any) -> list[str]:
    """Areas whose readings have changed since this run read them.

    Airflow may have dropped the event that told of them (apache/airflow#56050): the run that was waiting takes the time
    of its first event for now.
    """
    export = _export()
    read = ti.xcom_pull(task_ids="area", key=VERSION, map_indexes=range(len(TARGETS)))
    return [
        target["area"]
        for target, version in zip(TARGETS, read, strict=True)
        if version is not None and version != export.version(target["source_id"], target["area"])
    ]


def _label(name: str) -> str:
    """`area wind` of `area_0`, as Airflow calls a mapped instance here."""
    task_id, _, index = name.rpartition("_")
    return f"{task_id} {TARGETS[int(index)]['area']}" if task_id == "area" and index.isdigit() else name


def _export() -> "Export":
    from include.jobs.export import Export  # noqa: PLC0415  DAG files are parsed without DuckDB

    settings = load_settings()
    store = open_claimed(settings)
    entries = tuple(entry for entry in SOURCES if entry.areas and settings.feed in entry.feeds)
    return Export(store=store, feed=settings.feed, entries=entries, now=settings.clock())
