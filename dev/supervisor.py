"""`make run`: a whole deployment on this machine, with a progress line per stage; Ctrl-C stops all of it."""

import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NoReturn, TextIO

import psutil
import requests
import typer
from honcho.manager import Manager
from honcho.printer import Printer

from dev.airflow_client import AirflowClient
from dev.patience import until
from dev.stack import LIVE, ROOT, USER, Ports, Stack
from dev.stock import rows_per_area
from include.domain.errors import GridError
from include.settings import load_settings
from include.storage.location import open_store
from include.storage.readings import ReadingsStore

FEEDS: Final = ("simulated", "recorded", LIVE)
PATIENCE: Final = 600.0
MARK: Final = "GRID_SUPERVISOR"
"""Variable in the environment of every process of a deployment, by which its last ones are found and ended."""


def main(
    feed: Annotated[str, typer.Option(help="simulated, recorded or eirgrid")] = "simulated",
    store: Annotated[str, typer.Option(help="s3://bucket/prefix or a folder; default data/FEED")] = "",
    contact: Annotated[str, typer.Option(help="your e-mail or URL, for the User-Agent; needed for eirgrid")] = "",
    now: Annotated[str, typer.Option(help="fix the clock, such as 2026-08-20T12:07:00Z")] = "",
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
        state=(state or ROOT / ".local" / feed).absolute(),
        ports=Ports(airflow=airflow_port, api=api_port, upstream=upstream_port),
        contact=contact,
        now=now or None,
        recorded=recorded,
        extra={MARK: str(os.getpid())},
    )
    _check(stack)
    say("1/6", f"preparing Airflow's database ({feed} feed)")
    stack.prepare()
    raise SystemExit(_run(stack))


def _check(stack: Stack) -> None:
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


def _run(stack: Stack) -> int:
    log = stack.state / "processes.log"
    with log.open("a", encoding="utf-8") as output:
        manager = _manager(stack, output)
        say("2/6", f"starting {', '.join(stack.processes())}; their output: {_shown(log)}")
        watcher = threading.Thread(target=_watch, args=(stack,), daemon=True)
        watcher.start()
        try:
            manager.loop()
        finally:
            left = _end_leftovers()
    asked = manager.returncode in {130, 143}
    say("end", f"all processes stopped{f', {left} by force' if left else ''}; data stay in {stack.store}")
    if not asked:
        sys.stderr.write(f"a process ended by itself; the last lines of {_shown(log)}:\n{_tail(log)}\n")
    return 0 if asked else 1


def _manager(stack: Stack, output: TextIO) -> Manager:
    manager = Manager(Printer(output, colour=False))
    for name, command in stack.processes().items():
        manager.add_process(name, f"exec {shlex.join(command)}", env=stack.environment(), cwd=str(ROOT))
    return manager


def _watch(stack: Stack) -> None:
    """Tell of each stage as it is reached, then how to go on. Ends by itself."""
    try:
        for stage in _stages(stack):
            say(*stage)
        sys.stdout.write(_closing(stack))
        sys.stdout.flush()
    except (TimeoutError, requests.RequestException) as error:
        say("!", f"{error}; see {_shown(stack.state / 'processes.log')}")


def _stages(stack: Stack) -> Iterator[tuple[str, str]]:
    client = AirflowClient(stack.airflow_url, user=USER, password=stack.password())
    until(client.ready, "Airflow's API server", seconds=PATIENCE)
    client.set_pools(stack.pools())
    yield "3/6", f"Airflow answers at {stack.airflow_url}"
    until(lambda: {"ingest_eirgrid", "export"} <= set(client.dags()), "the DAGs", seconds=PATIENCE)
    for dag_id in ("export", "ingest_eirgrid"):
        client.patch(f"dags/{dag_id}", {"is_paused": False})
    yield "4/6", "DAGs parsed and unpaused: ingest_eirgrid every 15 minutes, export on each change"
    for line in _follow(client):
        yield "5/6", line
    until(lambda: _serves(stack), "the first export", seconds=PATIENCE)
    yield "6/6", f"the API serves the newest readings at {stack.api_url}/api/current"


def _follow(client: AirflowClient) -> Iterator[str]:
    """How far the newest live run is, whenever that changes; ends with the run."""
    until(lambda: bool(client.runs("ingest_eirgrid")), "the first live run", seconds=PATIENCE)
    run = client.runs("ingest_eirgrid")[0]
    told = ""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        tasks = [one for one in client.tasks("ingest_eirgrid", run["dag_run_id"]) if one["task_id"] == "ingest"]
        planned = [one for one in tasks if one["map_index"] >= 0]
        done = sum(one["state"] in {"success", "skipped", "failed"} for one in planned)
        state = client.get(f"dags/ingest_eirgrid/dagRuns/{run['dag_run_id']}")["state"]
        line = f"ingest: {done} of {len(planned)} partitions fetched" if planned else "ingest: planning"
        if line != told:
            yield line
            told = line
        if state in {"success", "failed"}:
            return
        time.sleep(2)
    raise TimeoutError(f"the first live run did not end within {PATIENCE:.0f} s")


def _serves(stack: Stack) -> bool:
    answer = requests.get(f"{stack.api_url}/api/current", timeout=5)
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


def _end_leftovers() -> int:
    """End what the deployment's own processes started and left behind, and say how many there were."""
    mine = str(os.getpid())
    left = [process for process in psutil.process_iter() if process.pid != os.getpid() and _mark(process) == mine]
    for process in left:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(left, timeout=5)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=5)
    return len(left)


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return


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
