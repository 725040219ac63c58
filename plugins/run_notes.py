"""A note on every failed run of this project's DAGs that says what failed and what to do.

A listener of the scheduler: tasks cannot write notes. Standard library and Airflow only: the scheduler loads plugins
without the bundle.
"""

import logging
import sys
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

log = logging.getLogger(__name__)

FAILED = "Failed: "
SHOWN = 3
"""Failed task instances that are named; the others are counted."""
LENGTH = 500
"""Of what is said was wrong."""
COLUMN = 1000
"""Characters that Airflow's table has for a note."""
OWN = "eirgrid-airflow"
"""Owner of this project's tasks."""

CLEAR = "mend what is named, then clear the failed tasks, with downstream: the same days are fetched again. "
ADVICE = {
    "ingest": CLEAR + "Of a live run the next cycle does so by itself, and the gap check fetches what stays missing.",
    "export": "clear the failed tasks, or trigger the DAG export again: it reads the store as it is then.",
    "gapcheck": "clear the run: it looks again. The ledger keeps what was under way; nothing is lost.",
}


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Write the note; what a person or the gap check wrote there before stays above it."""
    try:
        write(dag_run, msg)
    except Exception:
        # A note is worth no scheduler.
        log.exception("no note on %s %s", dag_run.dag_id, dag_run.run_id)


def write(dag_run: Any, msg: str) -> None:
    """Put the note on the run, if it is one of this project's."""
    # Every process of Airflow loads plugins; only the scheduler needs this.
    from sqlalchemy.orm import object_session  # noqa: PLC0415

    session = object_session(dag_run)
    kind = dag_run.dag_id.partition("_")[0]
    if session is None or kind not in ADVICE:
        return
    with session.no_autoflush:
        if OWN not in (dag_run.dag_model.owners or ""):
            return
        instances = [ti for ti in dag_run.get_task_instances(session=session) if ti.state == "failed"]
        said = f"{FAILED}{reason(session, dag_run, msg)}\n\nRed tasks: {red(instances)}\n\nWhat to do: {ADVICE[kind]}"
        before = (dag_run.note or "").partition(FAILED)[0].rstrip()
    dag_run.note = joined(before, said)


def joined(before: str, said: str) -> str:
    """Both, within what the column holds: PostgreSQL refuses more, and with it the scheduler's whole transaction."""
    said = said.replace("\x00", "")[:COLUMN]
    room = COLUMN - len(said) - 2
    kept = before if len(before) <= room else f"{before[: max(room - 2, 0)]} …"
    return f"{kept}\n\n{said}" if before and room > 2 else said


def red(instances: list[Any]) -> str:
    """`ingest (wind · ROI · 2026-11), reconcile`."""
    named = sorted(ti.task_id + (f" ({ti.rendered_map_index})" if ti.map_index >= 0 else "") for ti in instances)
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return f"{', '.join(named[:SHOWN]) or 'none'}{more}"


def reason(session: Any, dag_run: Any, msg: str) -> str:
    """What the run's last task said was wrong; Airflow's own word where none could."""
    from airflow.models.xcom import XComModel  # noqa: PLC0415

    said = XComModel.get_many(run_id=dag_run.run_id, dag_ids=dag_run.dag_id, key="faults").limit(1)
    found = session.scalars(said).first()
    text = XComModel.deserialize_value(found) if found else msg.replace("_", " ")
    return text if len(text) <= LENGTH else f"{text[:LENGTH]} …"


class RunNotesPlugin(AirflowPlugin):  # type: ignore[misc]  # Airflow is untyped here
    """Registers this module as the listener."""

    name = "run_notes"
    listeners = [sys.modules[__name__]]  # noqa: RUF012  Airflow's own form
