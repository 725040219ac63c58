"""A backfill of 31 days through a real Airflow with LocalExecutor, beside a DAG of the same size that does nothing."""

import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.figures import LIMIT, OURS, Figure, Goal, in_turns, ratios
from bench.upstream import upstream
from dev.airflow_client import AirflowClient
from dev.patience import until
from dev.ports import free_port
from dev.postgres import postgres, programs_of_postgres
from dev.running import running
from dev.stack import ROOT, USER, Ports, Stack
from include.settings import repair_pool

NOW: Final = datetime.fromisoformat("2026-11-01T12:00:00Z")
BACKFILL: Final = {"start": "2026-10-01", "end": "2026-10-31"}
UNAWAITED: Final = {"inventory"}
"""Tasks of the export that no summary of the present waits for."""
PATIENCE: Final = 600.0


@dataclass(frozen=True)
class Run:
    """A finished run: its task instances, as Airflow tells of them."""

    tasks: list[dict[str, Any]]

    @property
    def start(self) -> float:
        """When its first task started, in seconds."""
        return min(_instant(one["start_date"]) for one in self._ran)

    @property
    def end(self) -> float:
        """When its last task ended."""
        return max(_instant(one["end_date"]) for one in self._ran)

    @property
    def seconds(self) -> float:
        """From the start of its first task to the end of its last."""
        return self.end - self.start

    @property
    def units(self) -> list[float]:
        """Seconds of each mapped instance, from its start to its end."""
        return [one["duration"] for one in self._ran if one["map_index"] >= 0]

    def parts(self) -> dict[str, float]:
        """By task: the seconds from the end of those that started before to the end of each of its instances."""
        before, found = self.start, defaultdict[str, float](float)
        for one in sorted(self._ran, key=lambda one: str(one["start_date"])):
            if (end := _instant(one["end_date"])) > before:
                found[one["task_id"]] += end - before
                before = end
        return found

    def overhead(self, slots: int) -> float:
        """Seconds that are nobody's own time."""
        return self.seconds - sum(self.units) / slots

    @property
    def _ran(self) -> list[dict[str, Any]]:
        return [one for one in self.tasks if one["start_date"] and one["end_date"] and one["task_id"] not in UNAWAITED]


def measure(*, rounds: int) -> list[Figure]:
    """A backfill beside a DAG that does nothing, and a live cycle up to the end of its export."""
    with deployment() as (client, slots):
        live = [_finished(client, dag_id, {}) for dag_id in ("ingest_eirgrid", "export")]
        # The first fills the upstream's memory and the store; the others read and compare what is there.
        _finished(client, "ingest_eirgrid", BACKFILL)
        size = len(_finished(client, "ingest_eirgrid", BACKFILL).units)
        found = in_turns(
            {
                OURS: lambda: _finished(client, "ingest_eirgrid", BACKFILL),
                LIMIT: lambda: _finished(client, "noop", {"size": size}),
            },
            rounds,
        )
    samples = {way: [one.seconds for one in runs] for way, runs in found.items()}
    over = {way: [one.overhead(slots) for one in runs] for way, runs in found.items()}
    own = statistics.median(statistics.fmean(run.units) for run in found[OURS])
    each = statistics.median(over[OURS]) / size
    return [
        Figure(
            f"backfill of 31 days through Airflow, {size} units, LocalExecutor",
            samples,
            unit="s",
            goals=(Goal("overhead by the overhead of nothing", ratios(over[OURS], over[LIMIT]), most=1.3),),
            note=f"limit: a mapped DAG of the same size that does nothing; a unit's own task takes {own:.2f} s,"
            f" {slots} at a time; the overhead, what is left of the run's time, is {each:.2f} s a unit",
        ),
        _live(*live),
    ]


def _live(ingest: Run, export: Run) -> Figure:
    """A live cycle into an empty store, each part as Airflow tells of it."""
    parts = {
        f"{name}: {part}": taken
        for name, run in (("ingest", ingest), ("export", export))
        for part, taken in run.parts().items()
    }
    return Figure(
        f"live cycle through Airflow, {len(ingest.units)} units, everything new",
        {OURS: [ingest.seconds + export.seconds]},
        unit="s",
        note="the export is triggered by hand here, not by the Asset; its inventory, which nobody awaits, is left out",
        parts=parts,
    )


@contextmanager
def deployment() -> Iterator[tuple[AirflowClient, int]]:
    """Airflow over an empty store, with no run but those that are triggered, and the slots of the Pool for repairs."""
    with ExitStack() as closing:
        state = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        address = closing.enter_context(upstream(now=NOW, latency=0.15))
        bundles = [
            {
                "name": name,
                "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
                "kwargs": {"path": str(path)},
            }
            for name, path in (("dags-folder", ROOT), ("noop", ROOT / "bench" / "noop"))
        ]
        extra = {
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
            "GRID_UPSTREAM": address,
        }
        if programs_of_postgres():
            extra["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = closing.enter_context(postgres())
        ports = Ports(airflow=free_port(), api=free_port(), upstream=free_port())
        stack = Stack(
            feed="simulated", store=str(state / "store"), state=state, ports=ports, now=NOW.isoformat(), extra=extra
        )
        stack.prepare()
        needed = ("scheduler", "dag-processor", "airflow-api")
        commands = {name: command for name, command in stack.processes().items() if name in needed}
        closing.enter_context(running(commands, stack))
        client = AirflowClient(stack.airflow_url, user=USER, password=stack.password())
        until(client.ready, "Airflow", seconds=PATIENCE)
        client.set_pools(stack.pools())
        until(lambda: {"noop", "ingest_eirgrid", "export"} <= set(client.dags()), "the DAGs", seconds=PATIENCE)
        yield client, stack.pools()[repair_pool("eirgrid")]


def _finished(client: AirflowClient, dag_id: str, conf: dict[str, Any]) -> Run:
    """Trigger a run and wait for its end; RuntimeError when it fails."""
    run_id = client.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]

    def state() -> str:
        return str(client.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    until(lambda: state() in {"success", "failed"}, f"the end of {dag_id}", seconds=PATIENCE)
    if state() == "failed":
        raise RuntimeError(f"{dag_id} {run_id} failed")
    return Run(client.tasks(dag_id, run_id))


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
