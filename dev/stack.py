"""The processes of a whole local deployment and the environment they run in: real Airflow, upstream stand-in, API."""

import os
import secrets
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from include.settings import load_settings, read_setting
from include.sources.registry import enabled

ROOT: Final = Path(__file__).resolve().parents[1]
LIVE: Final = "eirgrid"
USER: Final = "admin"
_DROPPED: Final = {"PYTHONDONTWRITEBYTECODE", "AIRFLOW_HOME"}
"""Variables of the caller that are not handed on: Airflow without bytecode takes twice as long to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the three servers listen, on this machine only."""

    airflow: int = 8080
    api: int = 8000
    upstream: int = 9010

    def busy(self) -> list[int]:
        """Those that something else already holds."""
        return [port for port in (self.airflow, self.api, self.upstream) if _answers(port)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What Airflow runs, and where its processes start: this checkout, or a packaged bundle far from it."""

    bundle: Path = ROOT
    plugins: Path = ROOT / "plugins"
    workdir: Path = ROOT
    """Python takes modules from there too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One deployment: a feed, its store, its state folder and its ports."""

    feed: str
    store: str
    """`s3://…` or a folder."""
    state: Path
    """Airflow's database, logs and secrets."""
    ports: Ports = field(default_factory=Ports)
    contact: str = ""
    now: str | None = None
    """Fixes the clock of upstream, tasks and API; None: the machine's."""
    recorded: Path | None = None
    """Folder of recordings for the recorded feed."""
    extra: dict[str, str] = field(default_factory=dict)
    code: Code = field(default_factory=Code)

    @property
    def airflow_url(self) -> str:
        """Address of Airflow's UI and REST API."""
        return f"http://127.0.0.1:{self.ports.airflow}"

    @property
    def api_url(self) -> str:
        """Address of this project's API."""
        return f"http://127.0.0.1:{self.ports.api}"

    @property
    def upstream_url(self) -> str:
        """Address of the stand-in upstream."""
        return f"http://127.0.0.1:{self.ports.upstream}"

    @property
    def database(self) -> Path:
        """File with the address of Airflow's database; without it that is SQLite."""
        return self.state / "database"

    @property
    def migrated(self) -> Path:
        """File that is there once Airflow's database has its tables."""
        return self.state / ("migrated_postgresql" if self.database.exists() else "migrated")

    def prepare(self, *, migrated: bool = False) -> None:
        """Migrate Airflow's database, once; not one that is `migrated` already."""
        self.state.mkdir(parents=True, exist_ok=True)
        done = self.migrated
        if not (migrated or done.exists()):
            self._airflow("db", "migrate")
            done.touch()

    def pools(self) -> dict[str, int]:
        """Pools and their slots; together the most units that run at once."""
        environment = self.environment()
        most = read_setting("max_concurrency", environment)
        given: dict[str, Any] = {"max_concurrency": most} if most else {}
        settings = load_settings(store=self.store, feed=self.feed, upstream=self._upstream, **given)
        return {
            name: slots for entry in enabled(environment) for name, slots in settings.pools(entry.source_id).items()
        }

    def processes(self) -> dict[str, list[str]]:
        """Command of each process, by name."""
        airflow = [sys.executable, "-m", "airflow"]
        commands = {
            "scheduler": [
                sys.executable,
                str(ROOT / "dev" / "kept.py"),
                sys.executable,
                str(ROOT / "dev" / "scheduler.py"),
                f"{self.airflow_url}/execution/health",
            ],
            "dag-processor": [*airflow, "dag-processor"],
            "triggerer": [*airflow, "triggerer"],
            "airflow-api": [*airflow, "api-server", "--port", str(self.ports.airflow), "--host", "127.0.0.1"],
            "api": [sys.executable, "-m", "api", "--port", str(self.ports.api)],
        }
        if self.feed == LIVE:
            return commands
        upstream = [
            sys.executable,
            "-m",
            "dev.upstream",
            "--port",
            str(self.ports.upstream),
            "--feed",
            self.feed,
        ]
        if self.now:
            upstream += ["--now", self.now]
        if self.recorded:
            upstream += ["--recorded", str(self.recorded)]
        return {"upstream": upstream} | commands

    def workdir(self, name: str) -> Path:
        """Where the process of this name starts: Airflow's where the code says, ours in the checkout."""
        return ROOT if name in {"api", "upstream"} else self.code.workdir

    def environment(self) -> dict[str, str]:
        """What every process of the deployment is given, the caller's own variables included."""
        inherited = {name: value for name, value in os.environ.items() if name not in _DROPPED}
        return {**inherited, **self._grid(), **self._airflow_settings(), **self.extra}

    def password(self) -> str:
        """Password of the Airflow user."""
        return self._secret("password", length=12)

    @property
    def _upstream(self) -> str | None:
        return None if self.feed == LIVE else self.upstream_url

    def _grid(self) -> dict[str, str]:
        given = {
            "GRID_STORE": self.store,
            "GRID_FEED": self.feed,
            "GRID_CONTACT": self.contact,
            "GRID_UPSTREAM": self._upstream or "",
            "GRID_NOW": self.now or "",
            "GRID_SITE": self.api_url,
            # Nobody else reaches it; Airflow's links to partitions lead there.
            "PUBLIC_BULK": "true",
            # A newcomer waits for the first export.
            "CACHE_TTL_SECONDS": "3",
        }
        return {name: value for name, value in given.items() if value}

    def _airflow_settings(self) -> dict[str, str]:
        home = self.state / "airflow"
        home.mkdir(parents=True, exist_ok=True)
        passwords = home / "passwords.json"
        passwords.write_text(f'{{"{USER}": "{self.password()}"}}', encoding="utf-8")
        settings = {
            "CORE__DAGS_FOLDER": str(self.code.bundle),
            "CORE__PLUGINS_FOLDER": str(self.code.plugins),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "4",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.airflow_url}/execution/",
            "CORE__FERNET_KEY": "",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "DATABASE__SQL_ALCHEMY_CONN": self._database_address(),
            "API__BASE_URL": self.airflow_url,
            "API__WORKERS": "1",
            "API__SECRET_KEY": self._secret("api_key"),
            "API_AUTH__JWT_SECRET": self._secret("jwt_secret"),
            "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "LOGGING__COLORED_CONSOLE_LOG": "False",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            # Now and then a worker sees only at its next heartbeat that a task has ended.
            "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        }
        # Airflow's processes name themselves; without this their names overwrite their environment in /proc.
        named = {f"AIRFLOW__{name}": value for name, value in settings.items()}
        return {"SPT_NOENV": "1", "AIRFLOW_HOME": str(home)} | named

    def _database_address(self) -> str:
        if self.database.exists():
            return self.database.read_text(encoding="utf-8")
        # Six processes share the file: on a busy machine one waits longer than the five seconds of the default.
        return f"sqlite:///{self.state / 'airflow' / 'airflow.db'}?timeout=60"

    def _secret(self, name: str, *, length: int = 32) -> str:
        file = self.state / "secrets" / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(length)[:length], encoding="utf-8")
        return file.read_text(encoding="utf-8")

    def _airflow(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            cwd=self.code.workdir,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"airflow {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
