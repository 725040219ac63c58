"""A PostgreSQL server of its own for `make run`, tests or a measurement, from the system's package."""

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
        """Start the server of a folder, making one in a folder that is empty.

        FileNotFoundError where PostgreSQL is not installed; CalledProcessError where it cannot be started, such as in a
        folder that its account may not enter.
        """
        server = cls(folder, free_port())
        if not (folder / "data").exists():
            if os.geteuid() == 0:
                account = pwd.getpwnam(ACCOUNT)
                os.chown(folder, account.pw_uid, account.pw_gid)
            server._run("initdb", "--username=airflow", "--auth=trust", "--encoding=UTF8", "--no-sync")
        elif server._is_up():
            # Whoever started it was killed.
            server.stop()
        # Without a socket of Unix: its path may not be longer than some hundred characters.
        listening = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c port={server.port}"
        server._run("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", f"{listening} {options}")
        return server

    def stop(self, *, mode: str = "immediate") -> None:
        """Stop it; its clients are cut off. `fast` writes everything to disk first, `immediate` does not."""
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def address(self, database: str = "postgres") -> str:
        """SQLAlchemy's address of one of its databases."""
        return f"postgresql+psycopg2://airflow@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, empty or a copy of one that nobody is connected to; its address."""
        copied = ["--template", template] if template else []
        connection = ["--host", "127.0.0.1", "--port", str(self.port), "--username", "airflow"]
        subprocess.run([_programs() / "createdb", *connection, *copied, name], check=True)
        return self.address(name)

    def _is_up(self) -> bool:
        try:
            self._run("pg_ctl", "status")
        except subprocess.CalledProcessError:
            return False
        return True

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
