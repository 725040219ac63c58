"""A PostgreSQL server of its own for tests or a measurement, from the system's package."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dev.ports import free_port

ACCOUNT: Final = "postgres"
"""PostgreSQL refuses to be root's: root runs it as the account that its package makes."""
UNSAFE: Final = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
"""Nothing is forced to disk: quicker, and a power cut loses the data."""


def programs_of_postgres() -> Path | None:
    """The folder of the server's programs; None where it is not installed."""
    on_path = shutil.which("pg_ctl")
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = packaged[-1:] or ([Path(on_path).resolve()] if on_path else [])
    return found[0].parent if found else None


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server on this machine, whose files are in one folder."""

    folder: Path
    port: int

    @classmethod
    def start(cls, folder: Path, *, options: str = "") -> "PostgresServer":
        """Make and start a server in an empty folder; FileNotFoundError where PostgreSQL is not installed."""
        server = cls(folder, free_port())
        if os.geteuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            os.chown(folder, account.pw_uid, account.pw_gid)
        server._run("initdb", "--username=airflow", "--auth=trust", "--encoding=UTF8", "--no-sync")
        listening = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c port={server.port}"
        server._run("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", f"{listening} {options}")
        return server

    def stop(self) -> None:
        """Stop it at once; its clients are cut off."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def address(self, database: str = "postgres") -> str:
        """SQLAlchemy's address of one of its databases."""
        return f"postgresql+psycopg2://airflow@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, empty or a copy of one that nobody is connected to; its address."""
        copied = ["--template", template] if template else []
        connection = ["--host", "127.0.0.1", "--port", str(self.port), "--username", "airflow"]
        subprocess.run([_programs() / "createdb", *connection, *copied, name], check=True)
        return self.address(name)

    def _run(self, program: str, *arguments: str) -> None:
        as_account = ACCOUNT if os.geteuid() == 0 else None
        subprocess.run(
            [_programs() / program, "-D", f"{self.folder}/data", *arguments],
            cwd=self.folder,
            user=as_account,
            group=as_account,
            stdout=subprocess.DEVNULL,
            check=True,
        )


def _programs() -> Path:
    programs = programs_of_postgres()
    if programs is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    return programs


@contextmanager
def postgres() -> Iterator[str]:
    """SQLAlchemy's address of an empty database on a server of its own, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = PostgresServer.start(Path(folder))
        try:
            yield server.address()
        finally:
            server.stop()
