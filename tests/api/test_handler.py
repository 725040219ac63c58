"""The API on Lambda: events of an HTTP API (payload version 2.0) in, answers out."""

import asyncio
import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, reload
from typing import Any

import pytest

from dev.gateway import event
from dev.stack import ROOT
from include.storage.local import LocalStore
from tests.jobs.invented import NOW

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(filled: LocalStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    monkeypatch.setenv("GRID_STORE", str(filled.root))
    monkeypatch.setenv("GRID_NOW", NOW)
    # Mangum takes the thread's loop, which Lambda's has and pytest's has not.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    module = reload(import_module("api.handler"))

    def invoke(path: str, query: str = "", **headers: str) -> dict[str, Any]:
        answer: dict[str, Any] = module.handler(event(path, query, **headers), None)
        return answer

    yield invoke
    asyncio.set_event_loop(None)
    loop.close()


def test_a_summary_is_handed_out(call: Call) -> None:
    answer = call("/api/wind")
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] is False
    assert json.loads(answer["body"])["area"] == "wind"


def test_a_client_that_reads_gzip_gets_it_in_base64(call: Call) -> None:
    answer = call("/api/snapshot", accept_encoding="gzip")
    assert answer["isBase64Encoded"] is True
    assert json.loads(gzip.decompress(base64.b64decode(answer["body"])))["feed"] == "simulated"
    again = call("/api/snapshot", accept_encoding="gzip", if_none_match=answer["headers"]["etag"])
    assert (again["statusCode"], again.get("body") or "") == (304, "")


def test_a_range_is_answered(call: Call) -> None:
    answer = call("/api/wind", "start=2026-02-10&end=2026-02-11&fields=actual&region=NI&format=columns")
    (block,) = json.loads(answer["body"])["series"]
    assert (block["start"], block["step"], len(block["values"])) == ("2026-02-10T11:15:00Z", "PT15M", 4)


def test_a_query_of_ten_megabytes_is_refused(call: Call) -> None:
    answer = call("/api/wind", f"fields={'x,' * 5_000_000}")
    assert answer["statusCode"] == 414
    assert answer["isBase64Encoded"] is False
    assert json.loads(answer["body"])["title"] == "Query too long"


def test_a_million_fields_are_refused(call: Call) -> None:
    assert call("/api/wind", "&".join(["fields=WIND_ACTUAL"] * 1_000_000))["statusCode"] == 414


def test_loading_it_opens_no_connection_and_loads_no_duckdb(filled: LocalStore) -> None:
    """Nor does answering a summary; a bucket is only asked when a request comes."""
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from api.handler import handler\n"
        "heavy = {'duckdb', 'pandas', 'pyarrow', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    more = (
        f"import json; event = json.loads({json.dumps(json.dumps(event('/api/wind')))})\n"
        "assert handler(event, None)['statusCode'] == 200\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    for store, script in ((f"s3://{'b' * 20}/grid", code), (str(filled.root), code + more)):
        environment = os.environ | {"GRID_STORE": store, "GRID_NOW": NOW, "AWS_DEFAULT_REGION": "eu-west-1"}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
