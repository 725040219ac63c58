"""From a task to the record of incidents: what a run is judged by."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.domain.errors import Incomplete
from include.domain.incidents import Cause
from include.jobs.alerts import Cycle
from include.orchestration import alerts, notes
from include.settings import load_settings

TICK = datetime(2026, 11, 22, 20, 3, tzinfo=UTC)


class Instance:
    """A task instance, as far as the alerts ask it."""

    dag_id = "ingest_eirgrid"

    def __init__(self, *, red_before: bool) -> None:
        self.red_before = red_before
        self.pushed: dict[str, str] = {}

    def get_dr_count(self, **asked: Any) -> int:
        assert asked == {
            "dag_id": self.dag_id,
            "logical_dates": [TICK.replace(hour=19, minute=48)],
            "states": ["failed"],
        }
        return int(self.red_before)

    def xcom_push(self, *, key: str, value: str) -> None:
        self.pushed[key] = value


@pytest.fixture(params=[True, False])
def red_before(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def ti(red_before: bool) -> Instance:
    return Instance(red_before=red_before)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, ti: Instance) -> list[Cycle]:
    found: list[Cycle] = []
    context = {"ti": ti, "dag_run": SimpleNamespace(run_after=TICK), "logical_date": TICK}
    monkeypatch.setenv("GRID_STORE", "/nowhere")
    monkeypatch.setenv("GRID_CONTACT", "ann@example.org")
    monkeypatch.setattr(alerts, "get_current_context", lambda: context)
    monkeypatch.setattr(notes, "get_current_context", lambda: context)
    monkeypatch.setattr(alerts, "tell", lambda _settings, cycle: found.append(cycle))
    return found


def test_a_block_that_raises_is_a_red_run(told: list[Cycle], ti: Instance) -> None:
    with pytest.raises(Incomplete), alerts.telling("eirgrid", Cause.OUR_ERROR):
        raise Incomplete("the store is away")
    (cycle,) = told
    assert [(one.cause, one.reason) for one in cycle.troubles] == [(Cause.OUR_ERROR, "the store is away")]
    assert cycle.run_after == TICK
    assert cycle.first_red is not ti.red_before, "without a record it is told by the first red run of a row only"
    assert ti.pushed == {"faults": "the store is away", "advice": ""}


def test_a_block_that_ends_is_a_good_run_and_a_skipped_one_says_nothing(told: list[Cycle]) -> None:
    with alerts.telling("export", Cause.EXPORT_FAILED):
        pass
    with pytest.raises(AirflowSkipException), alerts.telling("export", Cause.EXPORT_FAILED):
        raise AirflowSkipException("nothing to do")
    assert [list(cycle.troubles) for cycle in told] == [[]]


def test_without_a_topic_nothing_is_kept_or_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("no store is opened")

    monkeypatch.setattr(alerts, "open_deployment_store", never)
    settings = load_settings(store="/nowhere", feed="eirgrid")
    alerts.tell(settings, Cycle.whole("export", Cause.EXPORT_FAILED, reason="red", run_after=TICK))
