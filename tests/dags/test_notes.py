"""The note on a run: what it says, what it keeps and takes back, and what it never does."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import run_notes
from run_notes import COLUMN, about, failure, joined, kept, on_dag_run_failed, red

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


def test_what_was_said_of_an_earlier_end_is_taken_back() -> None:
    assert kept(f"Asked for by Ann\n\n{SAID}") == "Asked for by Ann"
    assert kept("Irish day 2026-10-25\n\nNot complete: 8 of 43 units unanswered: wind 6") == "Irish day 2026-10-25"
    assert kept(SAID) == ""


def run(**what: Any) -> Any:
    dates = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    known = {"dag_id": "ingest_eirgrid", "run_id": "x", "conf": {}, "run_after": datetime(2026, 12, 1, 3, tzinfo=UTC)}
    return SimpleNamespace(**(known | dates | what))


@pytest.mark.parametrize(
    ("what", "note"),
    [
        ({}, ""),
        ({"logical_date": datetime(2026, 12, 1, 3, tzinfo=UTC)}, ""),
        ({"logical_date": datetime(2026, 10, 24, 23, tzinfo=UTC)}, "Irish day 2026-10-25"),
        ({"conf": {"start": "2026-10-20", "end": "2026-10-26"}}, "Irish days 2026-10-20 to 2026-10-26"),
        ({"conf": {"start": "2026-10-20", "areas": ["wind", "co2"]}}, "Irish day 2026-10-20 · wind, co2"),
        ({"conf": {"areas": None, "regions": ["ROI"]}}, "ROI"),
    ],
)
def test_it_says_which_days_were_asked_for(what: dict[str, Any], note: str) -> None:
    assert about(run(**what)) == note


@pytest.mark.parametrize(
    ("start", "end", "note"),
    [
        ("2026-10-24T23:00Z", "2026-10-26T00:00Z", "Irish day 2026-10-25"),
        ("2026-03-29T00:00Z", "2026-03-29T23:00Z", "Irish day 2026-03-29"),
        ("2026-11-10T00:00Z", "2026-11-17T00:00Z", "Irish days 2026-11-10 to 2026-11-16"),
    ],
)
def test_a_backfill_is_named_by_its_irish_days(start: str, end: str, note: str) -> None:
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    assert about(run(logical_date=first, data_interval_start=first, data_interval_end=last)) == note


def test_advice_is_the_tasks_own_where_it_has_any(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"faults": "areas: got 'wnd'", "advice": "trigger another run"}
    monkeypatch.setattr(run_notes, "told", lambda _session, _run, key: said.get(key, ""))
    failed = run(get_task_instances=lambda **_: [])
    assert failure(None, failed, "task_failure").endswith("What to do: trigger another run")
    said.clear()
    assert "What to do: mend what is named" in failure(None, failed, "task_failure")
    assert failure(None, failed, "task_failure").startswith("Failed: task failure\n")


def test_a_run_set_to_failed_by_hand_has_nothing_to_mend() -> None:
    note = failure(None, run(), "Dag Run's state was manually set to `failed`.")
    assert note.startswith("Failed: set to failed by hand")
    assert "mend" not in note


def test_a_fault_in_it_stops_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(run_notes, "kind_of", broken)
    on_dag_run_failed(dag_run=SimpleNamespace(dag_id="export", run_id="x"), msg="task_failure")
