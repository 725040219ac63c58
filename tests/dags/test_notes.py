"""The note on a failed run: what it keeps, and what it never does."""

from types import SimpleNamespace
from typing import Any

import pytest
import run_notes
from run_notes import COLUMN, joined, on_dag_run_failed, red

SAID = "Failed: nothing was fetched\n\nRed tasks: plan\n\nWhat to do: mend what is named"


def instance(task_id: str, label: str = "") -> Any:
    return SimpleNamespace(task_id=task_id, map_index=0 if label else -1, rendered_map_index=label)


def test_what_a_person_wrote_stays_above() -> None:
    assert joined("Asked for by Ann", SAID) == f"Asked for by Ann\n\n{SAID}"
    assert joined("", SAID) == SAID


@pytest.mark.parametrize("before", ["", "x" * 600, "x" * 5000])
@pytest.mark.parametrize("said", [SAID, "Failed: " + "y" * 940, "Failed: " + "y" * 5000, "Failed: \x00"])
def test_it_never_holds_more_than_the_column(before: str, said: str) -> None:
    """PostgreSQL refuses more, and NUL, and the scheduler's transaction with it."""
    note = joined(before, said)
    assert len(note) <= COLUMN
    assert "\x00" not in note
    assert "Failed: " in note


def test_red_tasks_are_named_by_their_units() -> None:
    found = [instance("reconcile"), instance("ingest", "wind · ROI · 2026-11")]
    assert red(found) == "ingest (wind · ROI · 2026-11), reconcile"
    assert red([instance("ingest", f"wind · {number}") for number in range(5)]).endswith(" and 2 more")
    assert red([]) == "none"


def test_a_fault_in_it_stops_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(run_notes, "write", broken)
    on_dag_run_failed(dag_run=SimpleNamespace(dag_id="export", run_id="x"), msg="task_failure")
