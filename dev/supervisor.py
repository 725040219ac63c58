"""`make run`: a whole deployment on this machine, with a progress line per stage; Ctrl-C stops all of it."""

import hashlib
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, NoReturn

import requests
import typer
from honcho.manager import Manager
from honcho.printer import Printer

from dev.airflow_client import AirflowClient
from dev.patience import until
from dev.postgres import PostgresServer, programs_of_postgres
from dev.process_signals import end_processes_marked
from dev.stack import LIVE, ROOT, USER, Ports, Stack
from dev.stock import rows_per_area
from include.domain.errors import GridError
from include.settings import load_settings
from include.storage.location import open_store
from include.storage.readings import ReadingsStore

INGEST: Final = "ingest_eirgrid"
FEEDS: Final = ("simulated", "recorded", LIVE)
PATIENCE: Final = 600.0
MARK: Final = "GRID_SUPERVISOR"
"""Variable in the environment of every process of a deployment, by which its last ones are found and ended."""


def main(
    feed: Annotated[str, typer.Option(help="simulated, recorded or eirgrid")] = "simulated",
    store: Annotated[
        str, typer.Option(envvar="GRID_STORE", help="s3://bucket/prefix or a folder; default data/FEED")
    ] = "",
    contact: Annotated[str, typer.Option(envvar="GRID_CONTACT", help="your e-mail or URL; needed for eirgrid")] = "",
    now: Annotated[str, typer.Option(envvar="GRID_NOW", help="fix the clock, such as 2026-08-20T12:07:00Z")] = "",
    state: Annotated[Path | None, typer.Option(help="folder for Airflow's own files; default .local/FEED")] = None,
    recorded: Annotated[Path | None, typer.Option(help="folder of recordings, for the recorded feed")] = None,
    airflow_port: int = 8080,
    api_port: int = 8000,
    upstream_port: int = 9010,
) -> None:
    """Run Airflow, the API and, unless FEED is eirgrid, a stand-in upstream."""
    if feed not in FEEDS:
        _refuse(f"FEED: got {feed!r}; allowed: {', '.join(FEEDS)}")
    if feed == "recorded" and (recorded is None or not recorded.is_dir()):
        _refuse(f"RECORDED: got {str(recorded)!r}; allowed: a folder of recordings")
    stack = Stack(
        feed=feed,
        store=store or str(ROOT / "data" / feed),
        state=(state or _state_of(feed, store)).absolute(),
        ports=Ports(airflow=airflow_port, api=api_port, upstream=upstream_port),
        contact=contact,
        now=now or None,
        recorded=recorded,
        extra={MARK: str(os.getpid())},
    )
    _check(stack)
    with _database(stack) as kind:
        say("1/6", f"preparing Airflow's database ({kind}, {feed} feed)")
        stack.prepare()
        code = _run(stack)
    raise SystemExit(code)


@contextmanager
def _database(stack: Stack) -> Iterator[str]:
    """Have Airflow's database ready; its kind.

    PostgreSQL where that is installed: on SQLite Airflow's scheduler may fall over a backfill. A deployment that began
    on SQLite stays there, with its history.
    """
    began_on_sqlite = (stack.state / "migrated").exists()
    folder = stack.state / "postgresql"
    server = None
    if programs_of_postgres() and not began_on_sqlite:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            server = PostgresServer.start(folder)
        except (OSError, KeyError, subprocess.CalledProcessError) as error:
            say("1/6", f"PostgreSQL is installed and cannot be started in {_shown(folder)} ({error}): SQLite instead")
    if server is None:
        stack.database.unlink(missing_ok=True)
        yield "SQLite"
        return
    stack.database.write_text(server.address(), encoding="utf-8")
    try:
        yield "PostgreSQL"
    finally:
        server.stop(mode="fast")


def _state_of(feed: str, store: str) -> Path:
    """Airflow's history belongs to a store: another store gets another folder."""
    if not store:
        return ROOT / ".local" / feed
    return ROOT / ".local" / f"{feed}-{hashlib.sha256(store.encode()).hexdigest()[:8]}"


def _check(stack: Stack) -> None:
    ports = stack.ports
    if len({ports.airflow, ports.api, ports.upstream}) < 3:
        _refuse(f"ports: got {ports.airflow}, {ports.api}, {ports.upstream}; allowed: three different ones")
    for port in stack.ports.busy():
        _refuse(f"port {port} is taken; allowed: AIRFLOW_PORT=…, API_PORT=…, UPSTREAM_PORT=… with free ones")
    given = {"contact": stack.contact} | ({"now": stack.now} if stack.now else {})
    if stack.feed != LIVE:
        given["upstream"] = stack.upstream_url
    try:
        settings = load_settings(store=stack.store, feed=stack.feed, **given)
        settings.require_contact()
        store = open_store(settings.store)
        store.check()
        ReadingsStore(store, feed=settings.feed).open()
    except GridError as error:
        _refuse(str(error))


class _TellingManager(Manager):  # type: ignore[misc]  # honcho is untyped
    """Says on the console that it is stopping: ending tasks in the middle of their work takes some seconds."""

    def terminate(self) -> None:
        if not self._terminating:
            say("end", "stopping all processes …")
        super().terminate()


def _run(stack: Stack) -> int:
    logs = stack.state / "logs"
    logs.mkdir(exist_ok=True)
    with (logs / "supervisor.log").open("w", encoding="utf-8") as output:
        manager = _TellingManager(Printer(output, colour=False))
        for name, command in stack.processes().items():
            # To a file of its own: a pipe would stay open for as long as any task that inherited it.
            line = f"exec {shlex.join(command)} > {shlex.quote(str(logs / name))}.log 2>&1"
            manager.add_process(name, line, env=stack.environment(), cwd=str(ROOT))
        say("2/6", f"starting {', '.join(stack.processes())}; their output: {_shown(logs)}")
        threading.Thread(target=_watch, args=(stack,), daemon=True).start()
        try:
            manager.loop()
        finally:
            # What the deployment's own processes started and left behind.
            left = end_processes_marked(MARK, str(os.getpid()))
    asked = manager.returncode in {130, 143}
    say("end", f"all processes stopped{f', {left} of them by force' if left else ''}; data stay in {stack.store}")
    if not asked:
        sys.stderr.write(f"a process ended by itself; see {_shown(logs)}:\n{_tail(logs / 'supervisor.log')}\n")
    return 0 if asked else 1


def _watch(stack: Stack) -> None:
    """Tell of each stage as it is reached, then how to go on. Ends by itself."""
    try:
        for stage in _stages(stack):
            say(*stage)
        sys.stdout.write(_closing(stack))
        sys.stdout.flush()
    except (TimeoutError, requests.RequestException) as error:
        say("!", f"{error}; see {_shown(stack.state / 'logs')}")


def _stages(stack: Stack) -> Iterator[tuple[str, str]]:
    client = AirflowClient(stack.airflow_url, user=USER, password=stack.password())
    until(client.ready, "Airflow's API server", seconds=PATIENCE)
    client.set_pools(stack.pools())
    yield "3/6", f"Airflow answers at {stack.airflow_url}"
    until(lambda: {INGEST, "export", "gapcheck"} <= set(client.dags()), "the DAGs", seconds=PATIENCE)
    for dag_id in ("export", INGEST):
        client.patch(f"dags/{dag_id}", {"is_paused": False})
    yield "4/6", "DAGs parsed and unpaused: ingest_eirgrid every 15 minutes, export on each change"
    for line in _follow(client, stack):
        yield "5/6", line
    until(lambda: _serves(stack), "the first export", seconds=PATIENCE)
    # Only now: its first check loads the last 31 days, which would hold up the first readings.
    client.patch("dags/gapcheck", {"is_paused": False})
    yield "6/6", f"the API serves the newest readings at {stack.api_url}/api/current; gapcheck loads the last 31 days"


def _follow(client: AirflowClient, stack: Stack) -> Iterator[str]:
    """How far the live run that is going is, whenever that changes; ends with the run. Nothing when none is owed."""
    if _serves(stack) and not _live_run(client):
        return
    if client.runs(INGEST) and not _live_run(client):
        # The tick of this quarter-hour is done, but its readings are not here: this store is new or was emptied.
        client.post(f"dags/{INGEST}/dagRuns", {"logical_date": None, "conf": {}})
    until(lambda: bool(_live_run(client)), "the first live run", seconds=PATIENCE)
    run_id, told = _live_run(client), ""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        planned = [one for one in client.tasks(INGEST, run_id) if one["task_id"] == "ingest" and one["map_index"] >= 0]
        done = sum(one["state"] in {"success", "skipped", "failed"} for one in planned)
        state = client.get(f"dags/{INGEST}/dagRuns/{run_id}")["state"]
        line = f"ingest: {done} of {len(planned)} partitions fetched" if planned else "ingest: planning"
        if line != told:
            yield line
            told = line
        if state in {"success", "failed"}:
            return
        time.sleep(2)
    raise TimeoutError(f"the first live run did not end within {PATIENCE:.0f} s")


def _live_run(client: AirflowClient) -> str:
    """Id of the live run that is queued or running; empty when there is none."""
    going = [run for run in client.runs(INGEST) if run["state"] in {"queued", "running"}]
    return next((str(run["dag_run_id"]) for run in going if not any((run["conf"] or {}).values())), "")


def _serves(stack: Stack) -> bool:
    try:
        answer = requests.get(f"{stack.api_url}/api/current", timeout=5)
    except requests.RequestException:
        return False
    return answer.ok and bool(answer.json()["as_of"])


def _closing(stack: Stack) -> str:
    rows = "\n".join(f"    {area:<18} {count:>9,}" for area, count in rows_per_area(stack.store).items())
    return f"""
  dashboard  {stack.api_url}/ui/          guide  {stack.api_url}/guide/
  REST       {stack.api_url}/api/current  docs   {stack.api_url}/docs
  Airflow    {stack.airflow_url}  (user {USER}, password {stack.password()})
  feed       {stack.feed}, kept in {stack.store}

  readings in the store, rows per area:
{rows}

  try next
    curl -s {stack.api_url}/api/wind | python3 -m json.tool | head -40
    fetch a month: in Airflow, ingest_eirgrid, Trigger, with start 2026-06-01 and end 2026-06-30
    Ctrl-C stops everything; `make run` goes on with the same data
"""


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def say(stage: str, text: str) -> None:
    """One progress line, with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {stage:<4} {text}", flush=True)


def _refuse(line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    raise SystemExit(2)


if __name__ == "__main__":
    typer.run(main)
