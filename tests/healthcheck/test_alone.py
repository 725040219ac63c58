"""The file alone, as the zip has it, against a real API process over a real store."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
import requests

from bench.showcase import export, serving
from bench.store import fill
from dev.ports import free_port
from healthcheck_lambda import handler as health
from include.domain.calendar import irish_day
from include.domain.catalogue import area_names
from tests.healthcheck.conftest import Aws
from tests.healthcheck.grid import Grid, bomb, raw, status, trickle

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
STARTED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import handler
assert handler.__file__.startswith(sys.argv[1])
foreign = [name for name in ("include", "api", "tests", "requests", "tzdata") if name in sys.modules]
assert not foreign, foreign
print(json.dumps(handler.handler(json.loads(sys.argv[2]), None)))
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The months of yesterday and tomorrow up to now, exported a moment ago."""
    now = datetime.now(UTC)
    folder = tmp_path_factory.mktemp("store")
    today: date = irish_day(now)
    fill(folder, today - timedelta(days=1), today + timedelta(days=1), now=now)
    export(folder, now=now)
    return folder


@pytest.fixture(scope="module")
def api(store: Path) -> Iterator[str]:
    with serving(store, free_port(), GRID_NOW=datetime.now(UTC).isoformat()) as address:
        yield address


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """handler.py in a folder, and beside it boto3 with what it needs; nothing else is on the path."""
    folder = tmp_path / "task"
    folder.mkdir()
    shutil.copy(health.__file__, folder / "handler.py")
    site = Path(boto3.__file__).parents[1]
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.py"):
        (folder / name).symlink_to(site / name)
    return folder


def started(alone: Path, event: dict[str, Any], **environment: str) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own, isolated from this project and from installed packages (-I -S)."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "SNS_", "STATE_"))}
    command = [sys.executable, "-I", "-S", "-c", STARTED, str(alone), json.dumps(event)]
    return subprocess.run(
        command, cwd=alone, env=kept | environment, capture_output=True, text=True, check=False, timeout=60
    )


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_all_is_well_with_the_real_api(alone: Path, api: str, aws: Aws) -> None:
    found = result(started(alone, {}, BASE_URL=api))
    assert found["listed_by"] == "/api/catalogue"
    assert {name: one["state"] for name, one in found["areas"].items()} == dict.fromkeys(area_names(), "OK"), found
    assert aws.mails() == []


def test_a_real_api_whose_values_are_too_old(alone: Path, api: str, aws: Aws) -> None:
    found = result(started(alone, {"staleness_hours": 0.01}, BASE_URL=api))
    assert "STALE" in {one["state"] for one in found["areas"].values()}
    [mail] = aws.mails()
    assert "suspect: pipeline" in mail["Subject"]
    assert "its last live run ended never" in mail["Message"]


def test_the_catalogue_of_the_real_api_is_the_built_in_list(api: str) -> None:
    assert health.read_catalogue(requests.get(f"{api}/api/catalogue", timeout=30).json()) == health.BUILT_IN


def test_the_largest_summary_has_room_to_grow(store: Path) -> None:
    """The store has whole months, so its summaries are about those of thirty days."""
    files = (store / "summaries").rglob("latest.json")
    sizes = [path.stat().st_size for path in files if path.parent.name in area_names()]
    assert 4 * max(sizes) < health.LARGEST


def test_bad_answers_and_two_mails_from_processes_of_their_own(alone: Path, grid: Grid, aws: Aws) -> None:
    """Stale, malformed, huge, trickling and failing at once, with the real clock and the real pauses."""
    grid.now = datetime.now(UTC)
    grid.stopped["wind"] = grid.now - timedelta(hours=4)
    grid.bad = {
        "solar": raw(b"<html>"), "demand": bomb(), "co2": status(503), "snsp": trickle(0.1, headers=True),
    }  # fmt: skip
    found = result(started(alone, {}, BASE_URL=grid.address, TIMEOUT="1"))
    kinds = {name: one["state"] for name, one in found["areas"].items() if one["state"] != "OK"}
    assert kinds == {"wind": "STALE"} | dict.fromkeys(["solar", "demand", "co2", "snsp"], "DOWN")
    [mail] = aws.mails()
    assert mail["Subject"].startswith("Grid data DOWN/STALE (suspect: API): wind, solar, demand, ")
    grid.bad, grid.stopped, grid.now = {}, {}, datetime.now(UTC)
    result(started(alone, {}, BASE_URL=grid.address))
    assert aws.subjects() == ["Grid data OK again: co2, demand, snsp, solar, wind"]


def test_a_missing_setting_is_told_in_one_line(alone: Path) -> None:
    done = started(alone, {}, SNS_TOPIC_ARN="a", STATE_BUCKET="b", STATE_KEY="c")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ValueError: BASE_URL is not set")


def test_it_runs_with_the_boto3_that_lambda_has() -> None:
    """Conditional writes came with botocore 1.35; Lambda's Python 3.12 has had it since."""
    assert botocore.__version__ >= "1.35"
