"""When a run stops asking an interface."""

import pytest

from include.domain.errors import (
    CircuitOpen,
    ContractBroken,
    EmptyAnswer,
    NotYetPublished,
    Permanent,
    StatusError,
    Transient,
    Unsupported,
    UpstreamError,
)
from include.domain.readings import Outcome
from include.jobs.circuit import UNITS_IN_A_ROW, RunSoFar, went_down
from include.jobs.result import UnitResult


def ended(*, answered: str = "", down: str = "") -> UnitResult:
    return UnitResult("a unit", "demand", Outcome.STORED, answered=tuple(answered.split()), down=tuple(down.split()))


def test_nothing_is_down_at_the_start() -> None:
    assert RunSoFar.of([]) == RunSoFar(frozenset(), frozenset())


def test_a_circuit_opens_after_five_units_in_a_row() -> None:
    fails = [ended(down="dashboardservice")] * UNITS_IN_A_ROW
    assert RunSoFar.of(fails[:-1]).down == frozenset()
    assert RunSoFar.of(fails).down == {"dashboardservice"}


def test_an_answer_in_between_starts_the_count_again() -> None:
    fails = [ended(down="chart")] * (UNITS_IN_A_ROW - 1)
    assert RunSoFar.of([*fails, ended(answered="chart"), *fails]).down == frozenset()


def test_a_unit_that_did_not_ask_it_neither_counts_nor_resets() -> None:
    fails = [ended(down="chart"), ended(answered="vargen")] * UNITS_IN_A_ROW
    assert RunSoFar.of(fails[: 2 * UNITS_IN_A_ROW - 2]).down == frozenset()
    assert RunSoFar.of(fails) == RunSoFar(frozenset({"chart"}), frozenset({"vargen"}))


def test_a_circuit_stays_open_for_the_rest_of_the_run() -> None:
    fails = [ended(down="chart")] * UNITS_IN_A_ROW
    assert RunSoFar.of([*fails, ended(answered="chart")]).down == {"chart"}


def test_each_interface_is_counted_by_itself() -> None:
    fails = [ended(down="chart vargen", answered="dashboardservice")] * UNITS_IN_A_ROW
    assert RunSoFar.of(fails) == RunSoFar(frozenset({"chart", "vargen"}), frozenset({"dashboardservice"}))


@pytest.mark.parametrize(
    ("error", "down"),
    [
        (Transient, {"chart"}), (Permanent, {"chart"}), (EmptyAnswer, set()), (StatusError, set()),
        (CircuitOpen, set()), (Unsupported, set()), (NotYetPublished, set()), (ContractBroken, set()),
    ],
)  # fmt: skip
def test_an_interface_that_fails_for_good_is_down_and_one_that_has_nothing_of_a_range_is_not(
    error: type[UpstreamError], down: set[str]
) -> None:
    assert went_down([error("it failed", interface="chart")]) == down
