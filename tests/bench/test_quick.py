"""`python -m bench`: a slow-down that nobody would see in a test is caught, by counts."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import merge
from bench.store import fill
from dev.stack import ROOT

pytestmark = pytest.mark.server


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--quick", "--folder", str(folder / "stores"), "--out", str(folder)]
    return subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one day: counts are the same on any."""
    folder = tmp_path_factory.mktemp("day")
    fill(folder, merge.DAY, merge.DAY)
    return folder


@pytest.mark.parametrize("slowed", [False, True], ids=["as it is", "slowed"])
def test_a_partition_that_is_read_again_is_counted(day: Path, *, slowed: bool) -> None:
    figures = merge.measure(day, rounds=1, slowed=slowed)
    met = {goal.name: goal.met() for figure in figures for goal in figure.goals if goal.unit == "count"}
    assert met == {"reads of the store": not slowed, "writes to the store": True}


@pytest.mark.long
@pytest.mark.timeout(180)
def test_a_partition_that_is_read_again_is_caught(tmp_path: Path) -> None:
    only = ("--only", "merge", "--only", "cycle")
    caught = bench(tmp_path, *only, "--slowed")
    assert caught.returncode == 1
    missed = caught.stdout.partition("MISSED\n")[2]
    assert "merge of half a day into a day of frequency: reads of the store" in missed
    assert "live cycle in one process, without Airflow: requests to the store by the ingest of" in missed
    found = bench(tmp_path, *only)
    # Ratios of time are held against their floors by `make bench-quick` alone: a test shares its machine.
    for count in ("reads of the store", "requests to the store"):
        assert count in found.stdout
        assert count not in found.stdout.partition("MISSED\n")[2]


@pytest.mark.long
def test_a_measurement_that_there_is_not_is_named(tmp_path: Path) -> None:
    refused = bench(tmp_path, "--only", "merges")
    assert refused.returncode == 2
    assert "merges; allowed: merge, fetch" in refused.stderr
