from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from include.domain.catalogue import AREAS
from include.domain.catalogue import area as area_named
from include.domain.readings import Outcome, Unit
from include.jobs.reconcile import Verdict, reconcile, unanswered
from include.jobs.result import UnitResult
from tests.jobs.invented import NOW, at, unit

ROI = unit("demand", "ROI", "2026-02-09", "2026-02-10")
NI = unit("demand", "NI", "2026-02-09", "2026-02-10")
FRESH = "2026-02-10T11:45:00+00:00"


def _result(
    of: Unit, outcome: Outcome = Outcome.STORED, *, newest: str | None = FRESH, message: str = ""
) -> UnitResult:
    return UnitResult(of.label, of.partition.area, outcome, newest=newest, message=message)


def _judge(units: Sequence[Unit], results: Sequence[UnitResult], *, strict: bool = False, now: str = NOW) -> Verdict:
    return reconcile(units, results, areas=AREAS, now=at(now), strict=strict)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("outcome", [Outcome.STORED, Outcome.UNCHANGED, Outcome.NOT_PUBLISHED, Outcome.UNSUPPORTED])
def test_these_outcomes_need_nobody(outcome: Outcome, strict: bool) -> None:
    verdict = _judge([ROI, NI], [_result(ROI), _result(NI, outcome)], strict=strict)
    assert verdict.faults == []
    assert sum(verdict.counts.values()) == 2


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("outcome", [Outcome.CONTRACT_BROKEN, Outcome.OUR_ERROR])
def test_these_outcomes_always_need_somebody(outcome: Outcome, strict: bool) -> None:
    verdict = _judge([ROI, NI], [_result(ROI), _result(NI, outcome, message="seen: x")], strict=strict)
    assert verdict.faults == [f"demand · NI · 2026-02-09 to 10: {outcome} (seen: x)"]
    assert verdict.counts == {"stored": 1, outcome.value: 1}


def test_what_upstream_lost_is_a_fault_of_a_strict_run_only() -> None:
    results = [_result(ROI), _result(NI, Outcome.UPSTREAM_UNAVAILABLE, message="HTTP 503")]
    assert _judge([ROI, NI], results, strict=True).faults == [
        "demand · NI · 2026-02-09 to 10: upstream_unavailable (HTTP 503)"
    ]
    assert _judge([ROI, NI], results, strict=False).faults == []


def test_units_that_upstream_did_not_answer_are_counted_by_area_or_by_region() -> None:
    wind = [unit("wind", region, "2026-02-09", "2026-02-10") for region in ("ALL", "ROI")]
    silent = [_result(one, Outcome.UPSTREAM_UNAVAILABLE) for one in [*wind, NI]]
    assert unanswered([*wind, ROI, NI], [_result(ROI), *silent]) == "3 of 4 units unanswered: wind 2, demand NI 1"
    assert unanswered([*wind, ROI, NI], [_result(ROI), _result(NI)]) == ""


@pytest.mark.parametrize("strict", [True, False])
def test_a_unit_without_a_result_is_a_fault(strict: bool) -> None:
    verdict = _judge([ROI, NI], [_result(ROI)], strict=strict)
    assert verdict.faults == ["demand · NI · 2026-02-09 to 10: its task ended without a result; see its log"]
    assert verdict.counts == {"stored": 1, "lost": 1}


@pytest.mark.parametrize(("minutes", "silent"), [(180, False), (181, True)])
def test_an_area_that_is_silent_for_longer_than_its_threshold_is_a_fault(minutes: int, silent: bool) -> None:
    """Demand alerts after three hours, whichever region is the newest."""
    newest = (at(NOW) - timedelta(minutes=minutes)).isoformat()
    older = "2026-02-09T00:00:00+00:00"
    results = [_result(ROI, Outcome.UNCHANGED, newest=newest), _result(NI, Outcome.UNCHANGED, newest=older)]
    faults = _judge([ROI, NI], results).faults
    assert faults == (["demand: nothing newer than 2026-02-10 09:04 UTC; alert threshold 3:00:00"] if silent else [])


def test_silence_of_a_repair_is_no_fault() -> None:
    old = "2026-02-09T00:00:00+00:00"
    assert _judge([ROI], [_result(ROI, newest=old)], strict=True).faults == []


def test_one_lost_cycle_of_an_area_with_one_unit_is_no_fault() -> None:
    snsp = unit("snsp", "ALL", "2026-02-09", "2026-02-10")
    lost = _result(snsp, Outcome.UPSTREAM_UNAVAILABLE, newest="2026-02-10T11:30:00+00:00", message="HTTP 503")
    assert _judge([snsp], [lost]).faults == []


def test_an_area_without_any_value_is_a_fault_once_its_threshold_has_passed() -> None:
    results = [_result(ROI, Outcome.NOT_PUBLISHED, newest=None)]
    assert _judge([ROI], results).faults == ["demand: no value since 2026-02-09 00:00 UTC; alert threshold 3:00:00"]


def test_an_area_with_a_long_threshold_and_no_value_at_all_is_a_fault_after_a_day() -> None:
    patient = replace(area_named("demand"), alert_after=timedelta(days=7))
    results = [_result(ROI, Outcome.UPSTREAM_UNAVAILABLE, newest=None)]
    faults = reconcile([ROI], results, areas=[patient], now=at(NOW), strict=False).faults
    assert faults == ["demand: no value since 2026-02-09 00:00 UTC; alert threshold 7 days, 0:00:00"]


@pytest.mark.parametrize(("now", "silent"), [("2026-07-01T02:00:00Z", False), ("2026-07-01T02:00:01Z", True)])
def test_a_month_that_has_just_begun_may_be_empty(now: str, silent: bool) -> None:
    """Days back 0: the first day's first value is not due at midnight, which is 23:00 UTC in July."""
    july = unit("demand", "ROI", "2026-07-01", "2026-07-02")
    faults = _judge([july], [_result(july, Outcome.NOT_PUBLISHED, newest=None)], now=now).faults
    assert bool(faults) is silent


def test_a_region_that_upstream_refuses_is_no_fault_while_another_is_served() -> None:
    refused = _result(NI, Outcome.UNSUPPORTED, newest=None)
    for strict in (False, True):
        assert _judge([ROI, NI], [_result(ROI), refused], strict=strict).faults == []


def test_an_area_that_upstream_refuses_everywhere_is_a_fault() -> None:
    refused = [_result(ROI, Outcome.UNSUPPORTED, newest=None), _result(NI, Outcome.UNSUPPORTED, newest=None)]
    assert "no value since" in _judge([ROI, NI], refused).faults[0]
    assert "upstream refused every request" in _judge([ROI, NI], refused, strict=True).faults[0]


def test_an_area_that_was_not_planned_is_not_silent() -> None:
    assert _judge([ROI], [_result(ROI)]).faults == []


def test_an_empty_plan_is_well() -> None:
    assert _judge([], []) == Verdict({}, [])
