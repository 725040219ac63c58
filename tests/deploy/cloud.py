"""What stands for AWS: moto's server in a process of its own, and a stub of MWAA, which moto does not know."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
import requests

from deploy.aws import Aws
from deploy.dist import Dist
from deploy.settings import DeploySettings
from deploy.stacks import SETTLED
from deploy.up import Deployment
from dev.patience import until
from dev.ports import free_port
from tests.deploy.templates import written_for_moto

ROOT: Final = Path(__file__).resolve().parents[2]
ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
CODE: Final = f"grid-code-{ACCOUNT}-{REGION}"
DATA: Final = f"grid-data-{ACCOUNT}-{REGION}"
SETTINGS: Final = DeploySettings(
    name="grid", region=REGION, contact="you@example.org", alert_email="alerts@example.org"
)


@dataclass
class Mwaa:
    """MWAA as far as a deployment asks it: one environment, its Pools and DAGs."""

    url: str = ""
    exists: bool = False
    status: str = "AVAILABLE"
    pools: dict[str, dict[str, Any]] = field(default_factory=dict)
    dags: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """(method, path, body) of every request that is no question."""

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Airflow's answer to one request."""
        if method != "GET":
            self.changed.append((method, path, body))
        kind, _, name = path.removeprefix("/").partition("/")
        held = {"pools": self.pools, "dags": self.dags}[kind]
        if method == "POST":
            held[body["name"]] = {"include_deferred": False, **body}
            return 200, held[body["name"]]
        if name not in held:
            return 404, {"detail": f"{name} was not found"}
        if method == "PATCH":
            held[name] |= body
        return 200, held[name]


@contextmanager
def _serving(stub: Mwaa) -> Iterator[Mwaa]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            pass

        def do_GET(self) -> None:
            if stub.exists:
                self._tell(200, {"Environment": {"Name": "grid", "Status": stub.status}})
            else:
                self._tell(404, {"message": "no environment"}, "ResourceNotFoundException")

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = stub.answer(asked["Method"], asked["Path"], asked.get("Body", {}))
            found = {"RestApiStatusCode": status, "RestApiResponse": told}
            self._tell(200, found) if status == 200 else self._tell(400, found, "RestApiClientException")

        def _tell(self, status: int, told: dict[str, Any], error: str = "") -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            if error:
                self.send_header("x-amzn-ErrorType", error)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Moto:
    """moto's server, and what it was asked."""

    url: str
    log: Path

    def asked(self, pattern: str) -> list[str]:
        """The first group of each request line that the pattern fits, in the order they came."""
        return re.findall(pattern, self.log.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """One server for all tests of the session."""
    log, port = tmp_path_factory.mktemp("moto") / "log", free_port()
    server = Moto(f"http://127.0.0.1:{port}", log)
    command = [sys.executable, str(ROOT / "tests/deploy/moto_whole.py"), "-H", "127.0.0.1", "-p", str(port)]
    with log.open("w") as written, subprocess.Popen(command, stdout=written, stderr=written) as process:
        try:
            until(lambda: requests.get(f"{server.url}/moto-api/data.json", timeout=5).ok, "moto", seconds=60)
            yield server
        finally:
            process.terminate()


@pytest.fixture
def moto(moto_server: Moto, monkeypatch: pytest.MonkeyPatch) -> Moto:
    """An empty AWS account, which boto3 asks."""
    requests.post(f"{moto_server.url}/moto-api/reset", timeout=30).raise_for_status()
    os.truncate(moto_server.log, 0)
    for name, value in environment(moto_server.url).items():
        monkeypatch.setenv(name, value)
    return moto_server


def environment(url: str) -> dict[str, str]:
    """What points boto3 at a server of this machine."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


@pytest.fixture
def mwaa(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mwaa]:
    """MWAA without an environment; with one, it has parsed the DAGs."""
    paused = {"is_paused": True}
    stub = Mwaa(dags={name: dict(paused) for name in ("ingest_eirgrid", "export", "gapcheck")})
    with _serving(stub):
        monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", stub.url)
        yield stub


@pytest.fixture
def aws(moto: Moto, mwaa: Mwaa) -> Aws:
    """The clients of a deployment, and what moto leaves undone of its stacks."""
    clients = Aws.of(REGION)

    def look(parsed: dict[str, Any], **_: Any) -> None:
        """MWAA's environment comes and goes with its stack."""
        for stack in parsed.get("Stacks", []):
            if stack["StackName"] == "grid-airflow":
                mwaa.exists = stack["StackStatus"] in SETTLED

    clients.cloudformation.meta.events.register("after-call.cloudformation.DescribeStacks", look)
    return clients


def zipped(path: Path, files: dict[str, str]) -> None:
    """A zip whose bytes depend on the files alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(ZipInfo(name), text)


@pytest.fixture
def made(tmp_path: Path) -> Dist:
    """A small dist/ of the commit that is checked out."""
    folder = tmp_path / "dist"
    for name, text in {
        "bundle/dags/ingest.py": "import include.one\n",
        "bundle/include/one.py": "ONE = 1\n",
        "bundle/include/two.py": "TWO = 2\n",
        "bundle/.airflowignore": "*\n!dags/\n!dags/**\n",
        "bundle/constraints.txt": "boto3==1\n",
        "requirements.txt": "boto3==1\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    zipped(folder / "plugins.zip", {"irish_day_timetable.py": "X = 1\n"})
    zipped(folder / "api-arm64.zip", {"api/handler.py": "def handler(event, context): ...\n"})
    zipped(folder / "healthcheck.zip", {"handler.py": (ROOT / "healthcheck_lambda/handler.py").read_text()})
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (folder / "manifest.json").write_text(json.dumps({"commit": head.strip()}), encoding="utf-8")
    return Dist.of(folder, checkout=ROOT)


@dataclass
class Person:
    """Who runs it: what was said to them, and what they answer."""

    answer: bool = True
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(self.told)


Deploy = Callable[..., bool]


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def deploy(aws: Aws, made: Dist, person: Person, tmp_path: Path) -> Deploy:
    """Runs a deployment; True when it changed something."""
    templates = written_for_moto(tmp_path / "templates")

    def run(settings: DeploySettings = SETTINGS) -> bool:
        person.told.clear()
        person.asked.clear()
        return Deployment(settings, aws, made, person.told.append, person.ask, poll=0.01, templates=templates).run()

    return run
