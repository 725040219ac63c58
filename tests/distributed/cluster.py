"""The services of docker-compose.yaml as processes of this machine: their commands, environments and health checks.

What a container would have is put in its place: a folder per service with copies of its mounts, free ports of
127.0.0.1 for service names and container ports, and the restart policy as a thread. The two things that are the images'
and not the file's are done here: PostgreSQL's first start, and the account that it runs as.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from dev.patience import until
from dev.ports import free_port
from dev.postgres import ACCOUNT, programs_of_postgres
from dev.process_signals import find_process, send_signal
from tests.distributed.compose import ROOT, Mount, Service

PATIENCE: Final = 240.0


@dataclass
class Cluster:
    """A running deployment."""

    services: dict[str, Service]
    state: Path
    extra: Mapping[str, str]
    """Variables on top of the file's, in every service."""
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        for service in self.services.values():
            for port in service.ports:
                self.ports[port] = free_port()
        assert len(set(self.ports.values())) == len(self.ports)

    def url(self, port: str) -> str:
        """Address of what listens on a container port."""
        return f"http://127.0.0.1:{self.ports[port]}"

    def secret(self, name: str) -> str:
        """What the one-shot service `secrets` made."""
        return (self.volume("secrets") / name).read_text(encoding="utf-8")

    def volume(self, name: str) -> Path:
        """The folder of a named volume."""
        return self.state / "volumes" / name

    def up(self) -> None:
        """Start everything in the order of `depends_on`, and return once all health checks are content."""
        started: set[str] = set()
        while len(started) < len(self.services):
            ready = [one for one in self.services.values() if one.name not in started and started >= set(one.needs)]
            assert ready, f"nothing can start after {sorted(started)}"
            for service in ready:
                for other, condition in service.needs.items():
                    if condition == "service_healthy":
                        self.wait_healthy(other)
                self._first_start(service)
                started.add(service.name)
        for name in self.services:
            self.wait_healthy(name)

    def wait_healthy(self, name: str) -> None:
        """Return once the service's own health check ends well."""
        service = self.services[name]
        if not service.one_shot:
            until(lambda: self.healthy(name), f"{name}: a health check that ends well", seconds=PATIENCE)

    def healthy(self, name: str) -> bool:
        """Run the health check of a service, as its container would."""
        service = self.services[name]
        done = subprocess.run(
            [self.translated(service, word) for word in service.health],
            cwd=self._folder(service),
            env=self.environment(service),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        return done.returncode == 0

    def kill(self, name: str, *, away: float = 0.0) -> None:
        """SIGKILL to a service and all that it has started; the restart policy brings it back after `away` seconds."""
        with self._lock:
            self._held.add(name)
            for process in _family(self.processes[name]):
                with suppress(psutil.NoSuchProcess):
                    send_signal(process, signal.SIGKILL)
            self.processes[name].wait()
        time.sleep(away)
        self._held.discard(name)

    def busiest(self, *names: str) -> str:
        """The service with the most processes below it: of two workers the one that has more tasks."""
        return max(names, key=lambda name: len(_family(self.processes[name])))

    def restart(self, name: str) -> None:
        """End a service as `docker compose restart` does, and start it again."""
        with self._lock:
            self._held.add(name)
            # PostgreSQL's image asks for SIGINT: clients are cut off, nothing is lost.
            send_signal(self.processes[name], signal.SIGINT)
            self.processes[name].wait(60)
            self._held.discard(name)
            self._spawn(self.services[name])

    def keep(self) -> None:
        """`restart: unless-stopped`: what has ended by itself is started again."""
        with self._lock:
            for name, process in list(self.processes.items()):
                if name not in self._held and process.poll() is not None:
                    self.restarts[name] = self.restarts.get(name, 0) + 1
                    self._spawn(self.services[name])

    def end(self) -> None:
        """Stop all; what a service leaves behind goes too, as with its container."""
        with self._lock:
            self._held.update(self.processes)
        below = [one for process in self.processes.values() for one in _family(process)]
        for process in reversed(self.processes.values()):
            send_signal(process, signal.SIGTERM)
        psutil.wait_procs(below, timeout=30)
        for one in below:
            with suppress(psutil.NoSuchProcess):
                send_signal(one, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()

    def environment(self, service: Service) -> dict[str, str]:
        """A container's environment: what the file says, and nothing of the caller's."""
        programs = programs_of_postgres()
        path = [str(ROOT / ".venv" / "bin"), *([str(programs)] if programs else []), os.defpath, "/usr/local/bin"]
        # Airflow's processes name themselves; without this their names overwrite their environment in /proc.
        base = {"PATH": ":".join(path), "HOME": str(self._root(service)), "LANG": "C.UTF-8", "SPT_NOENV": "1"}
        given = service.environment | dict(self.extra)
        return base | {name: self.translated(service, value) for name, value in given.items()}

    def translated(self, service: Service, text: str) -> str:
        """Service names, ports and paths of containers as those of this machine."""
        names = "|".join(map(re.escape, sorted(self.services, key=len, reverse=True)))
        text = re.sub(rf"(?<![\w.-])(?:{names})(?=:\d)", "127.0.0.1", text)
        text = text.replace("0.0.0.0", "127.0.0.1").replace("listen_addresses=*", "listen_addresses=127.0.0.1")
        text = re.sub(r"(?<![\w.])\d+(?![\w.])", lambda match: str(self.ports.get(match[0], match[0])), text)
        tops = {path.split("/")[1] for path in [*(one.target for one in service.mounts), self._inside(service)]}
        return re.sub(
            rf"(?<![\w./])/(?=(?:{'|'.join(sorted(tops))})/)", f"{self._root(service)}/", self._bare(text, service)
        )

    def _bare(self, text: str, service: Service) -> str:
        """A mount's own path, such as /data, has nothing behind it to tell it by."""
        for mount in service.mounts:
            text = re.sub(
                rf"(?<![\w./]){re.escape(mount.target)}(?![\w/.-])", str(self._at(service, mount.target)), text
            )
        return text

    def _first_start(self, service: Service) -> None:
        for mount in sorted(service.mounts, key=lambda one: len(one.target)):
            self._place(service, mount)
        self._folder(service).mkdir(parents=True, exist_ok=True)
        if service.name == "postgres":
            self._initialise(service)
        if not service.one_shot:
            self._spawn(service)
            return
        with self._log(service).open("w") as output:
            subprocess.run(self._words(service), **self._context(service), stdout=output, stderr=output, check=True)
        if service.name == "secrets":
            for file in self.volume("secrets").iterdir():
                text = file.read_text(encoding="utf-8")
                if (changed := self.translated(service, text)) != text:
                    file.write_text(changed, encoding="utf-8")

    def _place(self, service: Service, mount: Mount) -> None:
        target = self._at(service, mount.target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if mount.named:
            self.volume(mount.source).mkdir(parents=True, exist_ok=True)
            target.symlink_to(self.volume(mount.source))
        elif (ROOT / mount.source).is_dir():
            shutil.copytree(
                ROOT / mount.source, target, ignore=shutil.ignore_patterns("node_modules"), dirs_exist_ok=True
            )
        else:
            shutil.copy2(ROOT / mount.source, target)

    def _spawn(self, service: Service) -> None:
        with self._log(service).open("a") as output:
            self.processes[service.name] = subprocess.Popen(
                self._words(service),
                **self._context(service),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _words(self, service: Service) -> list[str]:
        words = [self.translated(service, word) for word in service.command]
        # Of the image: a socket in a folder that the account may write to.
        return [*words, "-c", "unix_socket_directories="] if service.name == "postgres" else words

    def _context(self, service: Service) -> dict[str, Any]:
        as_account = service.name == "postgres" and os.geteuid() == 0
        account = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": [0]} if as_account else {}
        return {"cwd": self._folder(service), "env": self.environment(service), **account}

    def _initialise(self, service: Service) -> None:
        """What PostgreSQL's image does when its volume is empty."""
        environment = self.environment(service)
        folder = self.volume("database")
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT, ACCOUNT)
        folder.chmod(0o700)
        password = f"--pwfile={environment['POSTGRES_PASSWORD_FILE']}"
        initdb = ["initdb", f"--username={environment['POSTGRES_USER']}", password]
        create = ["postgres", "--single", "template1"]
        context = self._context(service) | {"stdout": subprocess.DEVNULL}
        subprocess.run([*initdb, *environment["POSTGRES_INITDB_ARGS"].split()], **context, check=True)
        subprocess.run(create, **context, input=f"CREATE DATABASE {environment['POSTGRES_DB']}\n".encode(), check=True)

    def _root(self, service: Service) -> Path:
        return self.state / "containers" / service.name

    def _at(self, service: Service, path: str) -> Path:
        return self._root(service) / path.removeprefix("/")

    def _inside(self, service: Service) -> str:
        return str(service.raw.get("working_dir", "/srv"))

    def _folder(self, service: Service) -> Path:
        return self._at(service, self._inside(service))

    def _log(self, service: Service) -> Path:
        return self.state / "logs" / f"{service.name}.log"


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """A process and all below it; empty when it has ended."""
    with suppress(psutil.NoSuchProcess):
        top = find_process(process.pid)
        return [top, *top.children(recursive=True)]
    return []


@contextmanager
def running(services: dict[str, Service], state: Path, *, extra: Mapping[str, str]) -> Iterator[Cluster]:
    """All services, healthy, until the block ends."""
    (state / "logs").mkdir(parents=True)
    cluster = Cluster(services, state, extra)
    over = threading.Event()

    def keep() -> None:
        while not over.wait(0.5):
            cluster.keep()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        cluster.up()
        yield cluster
    finally:
        over.set()
        keeper.join()
        cluster.end()
