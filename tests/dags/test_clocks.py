"""Which clock a task goes by."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.orchestration import export


def test_an_export_is_of_the_moment_it_is_written_whenever_its_run_was_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of yesterday that is cleared today would else serve yesterday's numbers as current."""
    monkeypatch.setenv("GRID_STORE", str(tmp_path))
    monkeypatch.setenv("GRID_FEED", "eirgrid")
    # There is no run here: nothing of one is asked.
    assert abs(datetime.now(UTC) - export._export().now) < timedelta(minutes=1)
    monkeypatch.setenv("GRID_NOW", "2026-10-25T01:30:00Z")
    assert export._export().now == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
