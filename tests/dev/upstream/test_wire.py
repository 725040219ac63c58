"""A server of its own on this machine: start-up, and the faults that only a real connection can show."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
WIND = "/www/DashboardService.svc/data?area=windactual&region=ALL&datefrom=01-Nov-2026&dateto=30-Nov-2026"
pytestmark = pytest.mark.server


def _start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dev.upstream", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dev.upstream", "--port", str(port), "--now", "2026-11-22T20:07:00Z"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(f"{url}/_control/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert said == "", "the server is quiet"


def test_it_serves(server: str) -> None:
    assert httpx.get(f"{server}/_control/health").json()["feed"] == "simulated"
    assert len(httpx.get(server + WIND).json()["Rows"]) == 29 * 96 + 1


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"fault": "reset"}, (httpx.ReadError, httpx.RemoteProtocolError)),
        ({"fault": "torn_body"}, httpx.RemoteProtocolError),
    ],
)
def test_broken_connections(server: str, rule: dict[str, str], error: type[Exception]) -> None:
    httpx.put(f"{server}/_control/faults", json={"rules": [rule]})
    with pytest.raises(error):
        httpx.get(server + WIND)
    httpx.delete(f"{server}/_control/faults")
    assert httpx.get(server + WIND).status_code == 200


def test_a_short_body_arrives_whole_and_is_no_json(server: str) -> None:
    httpx.put(f"{server}/_control/faults", json={"rules": [{"fault": "torn_body", "declared": "short"}]})
    answer = httpx.get(server + WIND)
    httpx.delete(f"{server}/_control/faults")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--feed", "recorded"], "needs --recorded DIR"),
        (["--feed", "tidal"], "tidal"),
        (["--now", "noon"], "noon"),
        (["--now", "2026-11-22T20:07:00"], "no offset"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], message: str) -> None:
    ended = _start(*arguments)
    assert ended.returncode != 0
    assert message in ended.stderr
