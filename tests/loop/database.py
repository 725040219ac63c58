"""Airflow's database for deployments: one PostgreSQL for all workers of a run, and one migration.

Each deployment has a database of its own, a copy of the migrated one: copying takes a tenth of a second, migrating ten.
The server ends with the run, as every process that it has started does (tests/loop/processes.py).
"""

import json
import uuid
from pathlib import Path
from typing import Final

from filelock import FileLock

from dev.postgres import UNSAFE, PostgresServer, programs_of_postgres
from dev.stack import Stack
from tests.loop.processes import run_folder

TEMPLATE: Final = "migrated"


def migrated_database() -> str | None:
    """Address of a new database that Airflow has migrated; None where PostgreSQL is not installed."""
    if programs_of_postgres() is None:
        return None
    with FileLock(run_folder() / "postgres.lock"):
        # One at a time: a template may have no connection while it is copied.
        return _server().create_database(f"airflow_{uuid.uuid4().hex}", template=TEMPLATE)


def _server() -> PostgresServer:
    """The server of this run, started by whoever is the first to need it."""
    started = _started()
    if started is not None:
        return started
    folder = run_folder() / "postgres"
    folder.mkdir()
    server = PostgresServer.start(folder, options=UNSAFE)
    try:
        _migrate(server.create_database(TEMPLATE))
    except Exception:
        server.stop()
        raise
    _record().write_text(json.dumps(server.port), encoding="utf-8")
    return server


def _migrate(address: str) -> None:
    database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address}
    Stack(feed="simulated", store="unused", state=run_folder() / "migration", extra=database).prepare()


def _started() -> PostgresServer | None:
    if not _record().exists():
        return None
    return PostgresServer(run_folder() / "postgres", json.loads(_record().read_text(encoding="utf-8")))


def _record() -> Path:
    return run_folder() / "postgres.port"
