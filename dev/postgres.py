"""A PostgreSQL server of its own for a test or a measurement, from the system's package."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dev.ports import free_port

ACCOUNT: Final = "postgres"
"""PostgreSQL refuses to be root's: root runs it as the account that its package makes."""


def programs_of_postgres() -> Path | None:
    """The folder of the server's programs; None where it is not installed."""
    on_path = shutil.which("pg_ctl")
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = packaged[-1:] or ([Path(on_path).resolve()] if on_path else [])
    return found[0].parent if found else None


@contextmanager
def postgres() -> Iterator[str]:
    """SQLAlchemy's address of an empty database, until the block ends."""
    programs = programs_of_postgres()
    if programs is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    as_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        if as_root:
            account = pwd.getpwnam(ACCOUNT)
            os.chown(folder, account.pw_uid, account.pw_gid)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [programs / program, "-D", f"{folder}/data", *arguments],
                cwd=folder,
                user=ACCOUNT if as_root else None,
                group=ACCOUNT if as_root else None,
                stdout=subprocess.DEVNULL,
                check=True,
            )

        port = free_port()
        run("initdb", "--username=airflow", "--auth=trust", "--encoding=UTF8")
        server = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c port={port}"
        run("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", server)
        try:
            yield f"postgresql+psycopg2://airflow@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
