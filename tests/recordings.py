"""Where the recordings of real answers are, when they are there: they are never part of the project."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "eirgrid" / "recorded"


def recordings_or_skip() -> Path:
    """The folder of recordings; skips the test, with the reason, when there is none."""
    folder = Path(os.environ.get("GRID_RECORDED", BESIDE))
    if not folder.is_dir():
        pytest.skip("no recordings of EirGrid's answers: set GRID_RECORDED to their folder to run this test")
    return folder
