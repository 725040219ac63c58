"""Write the summaries that the API serves.

Wakes on an event of the `readings` Asset and reads the store, which is the truth: one summary per area with the last 30
days, then `current` (the newest reading of every series), `snapshot` (everything at once) and `recent` (the same of the
last three days); beside them `catalogue` and `files` (what there is, from an inventory that reads only the files that
have changed). A summary that has not changed is not written. Summaries are of the moment at which they are written,
whenever the run was due: clearing any task of any run, however old, gives what is true now.

`reconcile` is red when any of them could not be written, and then somebody is told, if there is an alert topic. When
readings have come in that the run has not read, it wakes the export once more.
"""

from airflow.sdk import dag

from include.orchestration.assets import READINGS
from include.orchestration.export import (
    TARGETS,
    area_summary,
    current_values,
    inventory,
    reconcile_export,
    snapshot,
)
from include.orchestration.tasks import DEFAULTS, START, TAG, doc_md, owner_links


@dag(
    dag_id="export",
    dag_display_name="Irish grid: export",
    description="30-day summaries per area, current values, snapshot",
    doc_md=doc_md(__doc__),
    tags=[TAG, "export"],
    owner_links=owner_links(),
    schedule=[READINGS],
    start_date=START,
    catchup=False,
    max_active_runs=1,
    # A paused DAG loses the events of its Assets.
    is_paused_upon_creation=False,
    # No dagrun_timeout: it would skip `reconcile`, and nobody would be told. Each task has one of its own.
    default_args=DEFAULTS,
)
def export() -> None:
    """Areas → current and snapshot; beside them the inventory; then reconcile."""
    areas = area_summary.expand_kwargs(TARGETS)
    written = [current_values(), snapshot()]
    # The snapshot takes the newest values from the areas' summaries, as current does.
    areas >> written
    # It has an edge from every task that it judges: cleared together with one of them, it waits for it.
    [areas, *written, inventory()] >> reconcile_export()


export()
