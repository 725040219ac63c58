"""The tasks of the export DAG; dags/export.py puts them together."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import AssetAlias, TriggerRule, get_current_context

from include.domain.errors import Incomplete
from include.domain.incidents import Cause
from include.orchestration.alerts import telling
from include.orchestration.assets import CHANGED_SUMMARIES, READINGS, emit, summaries_asset
from include.orchestration.tasks import RED, Skipped, documented, open_claimed, skip, task_states
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


@documented(task_id="area", map_index_template="{{ task.op_kwargs['area'] }}")
def area_summary(source_id: str, area: str) -> bool:
    """Write one area's summary; False when it has not changed."""
    export = _export()
    if source_id not in {entry.source_id for entry in export.entries}:
        skip(Skipped.NOT_FOR_THIS_RUN, f"{source_id} fills no store of the feed {export.feed}")
    # Before it is read: what changes from here on is seen by `reconcile`.
    get_current_context()["ti"].xcom_push(key=VERSION, value=export.version(source_id, area))
    return export.area(source_id, area)


@documented(task_id="current", trigger_rule=TriggerRule.ALL_DONE)
def current_values() -> bool:
    """Write the newest reading of every series."""
    return _export().current()


@documented(task_id="snapshot", trigger_rule=TriggerRule.ALL_DONE)
def snapshot() -> bool:
    """Write everything in one document, and its last days in a smaller one."""
    return _export().snapshot()


@documented(task_id="inventory", trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=30))
def inventory() -> dict[str, int]:
    """Read the files that have changed, and write what there is: `catalogue` and `files`."""
    from include.jobs.inventory import Inventory  # noqa: PLC0415  it loads pyarrow

    export = _export()
    found = Inventory(export.store, export.feed, export.entries, export.now)
    read = {entry.source_id: found.update(entry.source_id) for entry in export.entries}
    found.publish()
    return read


@documented(task_id="reconcile", outlets=[AGAIN, CHANGED_SUMMARIES], trigger_rule=TriggerRule.ALL_DONE)
def reconcile_export() -> None:
    """Red when a summary could not be written, and told; wakes the export again for what came in meanwhile."""
    context = get_current_context()
    ti = context["ti"]
    with telling("export", Cause.EXPORT_FAILED):
        red = sorted(name for name, state in task_states().items() if state in RED)
        if red:
            raise Incomplete(f"{', '.join(_label(name) for name in red)}; the log of each says why")
    if changed := _changed(ti):
        log.info("summaries written of %s", ", ".join(changed))
        emit(context["outlet_events"], CHANGED_SUMMARIES, summaries_asset(load_settings().store), areas=changed)
    if moved_on := _moved_on(ti):
        log.info("readings of %s have changed since they were read: the export goes round once more", moved_on)
        emit(context["outlet_events"], AGAIN, READINGS, source="export", areas=moved_on)


def _changed(ti: Any) -> list[str]:
    """Areas whose summary this run has written anew."""
    written = ti.xcom_pull(task_ids="area", map_indexes=range(len(TARGETS)))
    return [target["area"] for target, is_new in zip(TARGETS, written, strict=True) if is_new]


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
