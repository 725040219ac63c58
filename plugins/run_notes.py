"""Notes on the runs of this project's DAGs: which days, what failed and what to do, what is left to do.

A listener of the scheduler and the API server: tasks cannot write notes. Standard library and Airflow only: they load
plugins without the bundle.
"""

import logging
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from irish_day_timetable import irish_day

log = logging.getLogger(__name__)

FAILED = "Failed: "
REMARK = "Not complete: "
"""How what is written here begins: it is taken back when it no longer holds."""
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
"""What to do where no task has said anything better."""


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001  Airflow passes both by name
    """Say which days the run is about."""
    _write(dag_run, lambda _session, before: before or about(dag_run))


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:  # noqa: ARG001  Airflow passes both by name
    """Take back what was said of a failure; say what is left to do."""

    def note(session: Any, before: str) -> str:
        left = told(session, dag_run, "remark")
        return joined(kept(before), f"{REMARK}{left}" if left else "")

    _write(dag_run, note)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Say what failed and what to do; what a person or the gap check wrote there before stays above it."""

    def note(session: Any, before: str) -> str:
        return joined(kept(before), failure(session, dag_run, msg))

    _write(dag_run, note)


def _write(dag_run: Any, note: Callable[[Any, str], str]) -> None:
    """Put on the run, if it is one of this project's, what `note` makes of the session and of the note before."""
    try:
        # Every process of Airflow loads plugins; only these two need this.
        from sqlalchemy.orm import object_session  # noqa: PLC0415

        session = object_session(dag_run)
        if session is None or kind_of(dag_run) not in ADVICE:
            return
        with session.no_autoflush:
            if OWN not in (dag_run.dag_model.owners or ""):
                return
            before = dag_run.note or ""
            after = note(session, before)
        if after != before:
            dag_run.note = after
    except Exception:
        # A note is worth no scheduler.
        log.exception("no note on %s %s", dag_run.dag_id, dag_run.run_id)


def kind_of(dag_run: Any) -> str:
    """`ingest` of `ingest_eirgrid`."""
    return str(dag_run.dag_id).partition("_")[0]


def about(dag_run: Any) -> str:
    """`Irish days 2026-10-20 to 2026-10-26 · wind, demand · ROI`: what the run was asked for; empty for a live run."""
    conf = dag_run.conf or {}
    first, last = conf.get("start"), conf.get("end") or conf.get("start")
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    if start is not None and end is not None and end > start and not first:
        first, last = irish_day(start), irish_day(end - timedelta(microseconds=1))
    elif dag_run.logical_date is not None and not first:
        asked = irish_day(dag_run.logical_date)
        first = last = asked if asked != irish_day(dag_run.run_after) else None
    span = f"Irish days {first} to {last}" if first != last else f"Irish day {first}"
    parts = [span if first else "", *(", ".join(conf.get(name) or ()) for name in ("areas", "regions"))]
    return " · ".join(part for part in parts if part)


def failure(session: Any, dag_run: Any, msg: str) -> str:
    """What is said of a run that has failed."""
    if "manually" in msg:
        return f"{FAILED}set to failed by hand\n\nWhat to do: clear the run to have its tasks run."
    instances = [ti for ti in dag_run.get_task_instances(session=session) if ti.state == "failed"]
    faults = told(session, dag_run, "faults") or msg.replace("_", " ")
    reason = faults if len(faults) <= LENGTH else f"{faults[:LENGTH]} …"
    advice = told(session, dag_run, "advice") or ADVICE[kind_of(dag_run)]
    return f"{FAILED}{reason}\n\nRed tasks: {red(instances)}\n\nWhat to do: {advice}"


def kept(note: str) -> str:
    """The note without what was written here when the run last ended."""
    return note.partition(FAILED)[0].partition(REMARK)[0].rstrip()


def joined(before: str, said: str) -> str:
    """Both, within what the column holds: PostgreSQL refuses more, and with it the scheduler's whole transaction."""
    if not before or not said:
        return (before or said).replace("\x00", "")[:COLUMN]
    said = said.replace("\x00", "")[:COLUMN]
    room = COLUMN - len(said) - 2
    first = before if len(before) <= room else f"{before[: max(room - 2, 0)]} …"
    return f"{first}\n\n{said}" if room > 2 else said


def red(instances: list[Any]) -> str:
    """`ingest (wind · ROI · 2026-11), reconcile`."""
    named = sorted(ti.task_id + (f" ({ti.rendered_map_index})" if ti.map_index >= 0 else "") for ti in instances)
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return f"{', '.join(named[:SHOWN]) or 'none'}{more}"


def told(session: Any, dag_run: Any, key: str) -> str:
    """What a task of the run has said under this XCom key, one of include/orchestration/notes.py; empty: nothing."""
    from airflow.models.xcom import XComModel  # noqa: PLC0415

    query = XComModel.get_many(run_id=dag_run.run_id, dag_ids=dag_run.dag_id, key=key)
    # More than one task may say it; the last one judges the run.
    values = session.scalars(query.order_by(XComModel.timestamp.desc()).limit(1)).all()
    return str(XComModel.deserialize_value(values[0]) or "") if values else ""


class RunNotesPlugin(AirflowPlugin):  # type: ignore[misc]  # Airflow is untyped here
    """Registers this module as the listener."""

    name = "run_notes"
    listeners = [sys.modules[__name__]]  # noqa: RUF012  Airflow's own form
