"""Two messages per incident, whatever the cycles bring."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.domain.incidents import COMES_BACK, QUIET, Cause, Event, Incident, Notice, Trouble, advance

START = datetime(2026, 10, 24, 20, 3, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
WIND = {("wind", cause): ("ALL", "ROI", "NI") for cause in Cause}


def cycles(
    bad: Iterable[bool], *, cause: Cause, known: Sequence[Incident] = (), start: datetime = START
) -> tuple[list[Incident], list[Notice]]:
    """The notices of a row of cycles in which `wind` has the trouble or has not."""
    incidents, told = list(known), []
    for number, is_bad in enumerate(bad):
        troubles = [Trouble("wind", cause, f"seen {number}", 1, 3)] if is_bad else []
        incidents, notices = advance(
            incidents, troubles, source="eirgrid", seen=WIND, run_after=start + QUARTER * number
        )
        told += notices
    return incidents, told


def events(notices: Iterable[Notice]) -> list[tuple[Event, datetime]]:
    return [(notice.event, notice.at) for notice in notices]


@pytest.mark.parametrize("cause", [Cause.CONTRACT_BROKEN, Cause.OUR_ERROR, Cause.NOTHING_NEW, Cause.EXPORT_FAILED])
def test_what_needs_a_person_is_told_at_once_and_its_end_after_two_good_cycles(cause: Cause) -> None:
    left, told = cycles([True, True, True, False, False, False], cause=cause)
    assert events(told) == [(Event.OPENED, START), (Event.CLOSED, START + QUARTER * 4)]
    assert not any(one.opened or one.failed for one in left)
    assert (told[0].units, told[0].of, told[0].incident.reason) == (1, 3, "seen 0")
    assert (told[1].incident.since, told[1].incident.failed) == (START, 3)


@pytest.mark.parametrize(("failed", "opens"), [(1, False), (3, False), (4, True), (20, True)])
def test_an_upstream_that_does_not_answer_is_told_after_four_cycles(failed: int, opens: bool) -> None:
    left, told = cycles([True] * failed + [False] * 3, cause=Cause.UPSTREAM_UNAVAILABLE)
    assert not any(one.opened or one.failed for one in left)
    at = START + QUARTER * 3, START + QUARTER * (failed + 1)
    assert events(told) == ([(Event.OPENED, at[0]), (Event.CLOSED, at[1])] if opens else [])


def test_four_failed_cycles_that_are_not_in_a_row_are_no_incident() -> None:
    assert cycles([True, True, True, False] * 6, cause=Cause.UPSTREAM_UNAVAILABLE) == ([], [])


@pytest.mark.parametrize("pause", [3, 8, 20])
def test_what_comes_and_goes_all_day_is_four_messages(pause: int) -> None:
    """One cycle in every few: told, told to be over, told to come and go, and over once all was quiet for six hours."""
    left, told = cycles(([True] + [False] * pause) * (96 // (pause + 1)) + [False] * 60, cause=Cause.CONTRACT_BROKEN)
    assert [event for event, _ in events(told)] == [Event.OPENED, Event.CLOSED] * 2
    assert [bool(notice.incident.closed) for notice in told] == [False, False, True, True]
    assert left == [], "and forgotten"


def test_what_comes_back_after_a_day_is_a_new_incident() -> None:
    _, told = cycles([True] + [False] * 96 + [True, False, False], cause=Cause.CONTRACT_BROKEN)
    assert [event for event, _ in events(told)] == [Event.OPENED, Event.CLOSED] * 2
    assert told[2].incident.since == START + QUARTER * 97
    assert told[2].incident.closed is None


def test_a_flap_with_one_good_cycle_in_between_is_one_incident() -> None:
    _, told = cycles([True, False] * 10 + [False], cause=Cause.CONTRACT_BROKEN)
    assert [event for event, _ in events(told)] == [Event.OPENED, Event.CLOSED]


def test_it_is_over_only_when_the_region_that_failed_is_seen_to_be_well() -> None:
    trouble = Trouble("wind", Cause.CONTRACT_BROKEN, "odd", 1, 3, ("NI",))
    known, _ = advance([], [trouble], source="eirgrid", seen=WIND, run_after=START)
    others = {("wind", Cause.CONTRACT_BROKEN): ("ALL", "ROI")}
    for number in range(1, 9):
        known, told = advance(known, [], source="eirgrid", seen=others, run_after=START + QUARTER * number)
        assert told == [], "nobody has seen NI"
    for number in (9, 10):
        known, told = advance(known, [], source="eirgrid", seen=WIND, run_after=START + QUARTER * number)
    assert [event for event, _ in events(told)] == [Event.CLOSED]


def test_a_cleared_run_counts_once() -> None:
    known, _ = cycles([True] * 3, cause=Cause.UPSTREAM_UNAVAILABLE)
    for _again in range(5):
        known, told = cycles([True], cause=Cause.UPSTREAM_UNAVAILABLE, known=known, start=START + QUARTER * 2)
        assert told == []
    assert known[0].failed == 3


def test_a_cycle_that_could_not_see_leaves_an_incident_as_it_is() -> None:
    known, _ = cycles([True], cause=Cause.CONTRACT_BROKEN)
    after, told = advance(known, [], source="eirgrid", seen={}, run_after=START + QUARTER)
    assert (after, told) == (known, [])


def test_another_source_is_another_matter() -> None:
    known, _ = cycles([True], cause=Cause.OUR_ERROR)
    after, told = advance(known, [], source="other", seen=WIND, run_after=START + QUARTER)
    assert (after, told) == (known, [])


@given(st.lists(st.booleans(), max_size=60), st.sampled_from(list(Cause)))
def test_opened_and_closed_alternate_and_nothing_above_the_threshold_is_missed(bad: list[bool], cause: Cause) -> None:
    left, told = cycles([*bad, *[False] * (QUIET + COMES_BACK // QUARTER)], cause=cause)
    assert left == []
    found = [event for event, _ in events(told)]
    assert found == [Event.OPENED, Event.CLOSED] * (len(found) // 2)
    text = "".join("x" if one else "." for one in bad)
    assert ("x" * cause.opens_after in text) == bool(found)
