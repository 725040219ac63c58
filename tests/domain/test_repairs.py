"""Which days are open, how verdicts hold and join, and what is planned."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import given as given_by
from hypothesis import strategies as st

from include.domain.calendar import Interval, day_span, days, midnight
from include.domain.catalogue import AREAS, series
from include.domain.gaps import Run, State
from include.domain.ledger import DayKey, Entry, fits
from include.domain.repairs import Hole, Plan, Verdict, given_up, open_days, outside, plan_repairs, united

NOW = datetime(2026, 11, 12, 6, tzinfo=UTC)
WIND = series("wind", "ROI", "WIND_ACTUAL")
FREQUENCY = series("frequency", "ROI", "SYS_FREQUENCY")
QUARTER = timedelta(minutes=15)
THIRD = date(2026, 11, 3)


def run(state: State, start: datetime, slots: int) -> Run:
    return Run(state, Interval(start, start + slots * QUARTER), slots)


def test_open_days_name_the_holes_by_their_place_in_the_day() -> None:
    start = midnight(THIRD)
    runs = [
        run(State.MISSING_UPSTREAM, start + 8 * QUARTER, 4),
        run(State.OK, start + 12 * QUARTER, 80),
        run(State.NOT_FETCHED, start + 92 * QUARTER, 8),
    ]
    assert open_days([(WIND, runs)], now=NOW) == {
        DayKey("wind", "ROI", THIRD): {
            "WIND_ACTUAL": (Hole(State.MISSING_UPSTREAM, 8, 11, 4), Hole(State.NOT_FETCHED, 92, 95, 4))
        },
        DayKey("wind", "ROI", date(2026, 11, 4)): {"WIND_ACTUAL": (Hole(State.NOT_FETCHED, 0, 3, 4),)},
    }


def test_what_is_late_is_open_once_it_is_six_hours_overdue() -> None:
    late = run(State.LATE, NOW - timedelta(hours=8), 32)
    (found,) = open_days([(WIND, [late])], now=NOW).values()
    # The slot of 23:30 was due at midnight, six hours ago.
    assert found["WIND_ACTUAL"] == (Hole(State.LATE, 88, 94, 7),)


def test_states_that_no_repair_mends_and_snapshots_are_never_open() -> None:
    closed = set(State) - {State.LATE, State.NOT_FETCHED, State.MISSING_UPSTREAM}
    assert open_days([(WIND, [run(state, midnight(THIRD), 4)]) for state in closed], now=NOW) == {}
    gas = series("generation", "ROI", "FUEL_GAS")
    assert open_days([(gas, [run(State.LATE, midnight(THIRD), 40)])], now=NOW) == {}


WHOLE_DAY = Hole(State.MISSING_UPSTREAM, 0, 95, 96)


def verdict(first: date, last: date | None = None, *, hole: Hole = WHOLE_DAY) -> Verdict:
    return Verdict(
        area="wind",
        region="ROI",
        first=first,
        last=last or first,
        missing={"WIND_ACTUAL": (hole,)},
        tries=5,
        first_seen=NOW,
        last_try=NOW,
        outcome="unchanged",
    )


def test_verdicts_of_days_in_a_row_join_when_they_say_the_same() -> None:
    first, second, third, fifth = (verdict(date(2026, 11, day)) for day in (1, 2, 3, 5))
    assert united([third, first, fifth, second]) == [verdict(date(2026, 11, 1), date(2026, 11, 3)), fifth]
    other = verdict(date(2026, 11, 2), hole=Hole(State.MISSING_UPSTREAM, 0, 3, 4))
    assert united([first, other, third]) == [first, other, third]


@given_by(st.integers(0, 9), st.integers(0, 9), st.integers(-2, 11), st.integers(-2, 11))
def test_what_is_left_of_a_verdict_is_its_days_without_those(a: int, b: int, c: int, d: int) -> None:
    base = date(2026, 11, 5)
    first, last = (base + timedelta(days=one) for one in sorted((a, b)))
    start, end = (base + timedelta(days=one) for one in sorted((c, d)))
    left = {day for part in outside(verdict(first, last), start, end) for day in days(part.first, part.last)}
    assert left == set(days(first, last)) - set(days(start, end))


def test_a_verdict_says_where_its_holes_are_also_on_a_day_of_100_slots() -> None:
    october = date(2026, 10, 25)
    found = given_up([verdict(october, hole=Hole(State.MISSING_UPSTREAM, 96, 99, 4))], WIND)
    last_hour = Interval(day_span(october).end - 4 * QUARTER, day_span(october).end)
    assert found == {State.MISSING_UPSTREAM: [Run(State.MISSING_UPSTREAM, last_hour, 4)]}
    assert given_up([verdict(october)], series("wind", "NI", "WIND_ACTUAL")) == {}


AREA = {area.name: area for area in AREAS}


def planned(keys: list[DayKey], ledger: Mapping[DayKey, Entry] | None = None, **how: object) -> Plan:
    given = {"areas": AREA, "source_id": "eirgrid", "stamp": "S", "now": NOW, "limit": 50} | how
    return plan_repairs(keys, ledger or {}, **given)  # type: ignore[arg-type]


def wind(*listed: str) -> list[DayKey]:
    return [DayKey("wind", "ROI", date.fromisoformat(f"2026-{day}")) for day in listed]


def keys_of(area: str, region: str, first: str, last: str | None = None) -> list[DayKey]:
    found = days(date.fromisoformat(first), date.fromisoformat(last or first))
    return [DayKey(area, region, day) for day in found]


def asked_in(plan: Plan) -> list[tuple[str, str, str, str]]:
    return [
        ("+".join(one.areas), "+".join(one.regions), one.first.isoformat(), one.last.isoformat())
        for one in plan.repairs
    ]


def test_one_run_for_days_in_a_row_of_a_month_newest_first() -> None:
    plan = planned(wind("10-30", "10-31", "11-01", "11-02", "11-05"))
    assert asked_in(plan) == [
        ("wind", "ROI", "2026-11-05", "2026-11-05"),
        ("wind", "ROI", "2026-11-01", "2026-11-02"),
        ("wind", "ROI", "2026-10-30", "2026-10-31"),
    ]
    assert len({one.run_id for one in plan.repairs}) == 3


def test_days_of_frequency_are_one_run_although_each_is_a_file() -> None:
    plan = planned(keys_of("frequency", "ROI", "2026-11-01", "2026-11-09"))
    assert asked_in(plan) == [("frequency", "ROI", "2026-11-01", "2026-11-09")]


def test_areas_that_lack_the_same_days_are_one_run() -> None:
    everything = [
        key
        for area in AREAS
        for region in area.regions
        for key in keys_of(area.name, region, "2026-10-13", "2026-11-12")
    ]
    plan = planned(everything)
    assert [(one.first.isoformat(), one.last.isoformat()) for one in plan.repairs] == [
        ("2026-11-01", "2026-11-12"),
        ("2026-10-13", "2026-10-31"),
    ]
    assert [key for one in plan.repairs for key in one.days] == [
        *(key for key in sorted(everything) if key.day.month == 11),
        *(key for key in sorted(everything) if key.day.month == 10),
    ]


def test_no_run_asks_for_a_region_that_an_area_of_it_does_not_lack() -> None:
    lacked = [
        *keys_of("wind", "ROI", "2026-11-03"),
        *keys_of("wind", "NI", "2026-11-03"),
        *keys_of("demand", "ROI", "2026-11-03"),
        # Of snsp there is only ALL; frequency has ROI only, and that is lacking.
        *keys_of("snsp", "ALL", "2026-11-03"),
        *keys_of("frequency", "ROI", "2026-11-03"),
    ]
    plan = planned(lacked)
    assert sorted(asked_in(plan)) == [
        ("demand", "ROI", "2026-11-03", "2026-11-03"),
        ("frequency+wind", "NI+ROI", "2026-11-03", "2026-11-03"),
        ("snsp", "ALL", "2026-11-03", "2026-11-03"),
    ]


@given_by(
    st.sets(
        st.tuples(
            st.sampled_from([(area.name, region) for area in AREAS for region in area.regions]), st.integers(0, 70)
        ),
        max_size=60,
    )
)
def test_the_runs_ask_for_what_is_due_once_and_for_nothing_else(lacked: set[tuple[tuple[str, str], int]]) -> None:
    keys = [DayKey(*pair, date(2026, 11, 12) - timedelta(days=back)) for pair, back in lacked]
    asked = [
        DayKey(area, region, day)
        for one in planned(keys, limit=1000).repairs
        for area in one.areas
        for region in one.regions
        if region in AREA[area].regions
        for day in days(one.first, one.last)
    ]
    assert sorted(asked) == sorted(keys)


def test_a_run_maps_no_more_units_than_airflow_likes() -> None:
    many = {f"area{number}": replace(AREA["frequency"], name=f"area{number}") for number in range(300)}
    lacked = [key for name in many for key in keys_of(name, "ROI", "2026-11-01", "2026-11-02")]
    plan = planned(lacked, areas=many)
    assert sorted(key for one in plan.repairs for key in one.days) == sorted(lacked)
    assert [len(one.days) for one in plan.repairs] == [150, 150, 150, 150]


def test_every_day_is_in_the_ledger_before_anything_is_triggered() -> None:
    plan = planned(wind("11-01", "11-02"))
    assert {entry.run_id for entry in plan.ledger.values()} == {plan.repairs[0].run_id}
    assert set(plan.ledger) == set(wind("11-01", "11-02"))


def test_days_that_cool_down_or_are_being_fetched_are_left_be() -> None:
    (key,) = wind("11-01")
    going = Entry.asked(None, run_id="r", now=NOW - timedelta(days=9))
    ended = going.found("unchanged", answer="a", at=NOW)
    assert planned([key], {key: going}).repairs == []
    assert planned([key], {key: ended}).repairs[0].run_id != "r"
    assert planned([key], {key: replace(ended, next_try=NOW + timedelta(seconds=1))}).repairs == []


def test_what_never_ran_is_triggered_as_it_was_written_down() -> None:
    keys = wind("11-01", "11-02")
    ledger = {key: Entry.asked(None, run_id="killed", now=NOW - timedelta(days=1)) for key in keys}
    plan = planned(keys, ledger, never_ran=frozenset({"killed"}))
    assert [(one.run_id, one.days) for one in plan.repairs] == [("killed", tuple(keys))]
    assert plan.ledger == ledger


@cache
def full_ledger() -> Mapping[DayKey, Entry]:
    """One of old days, with room for four more."""
    entry = Entry.asked(None, run_id="r" * 60, now=NOW - timedelta(days=3)).found("lost", answer=None, at=NOW)
    # Every second day: days in a row would share an entry.
    keys = [DayKey("co2", "NI", date(2014, 1, 1) + 2 * timedelta(days=number)) for number in range(2000)]

    def is_too_much(count: int) -> bool:
        return not fits(dict.fromkeys(keys[:count], entry), "eirgrid")

    too_many = bisect_left(range(2000), x=True, key=is_too_much)
    return dict.fromkeys(keys[: too_many - 5], entry)


OLD = [key for day in range(1, 31, 2) for key in keys_of("wind", "NI", f"2016-06-{day:02d}")]
"""Fifteen days, each a run of its own."""


def test_a_full_ledger_takes_the_newest_days_and_says_how_many_wait() -> None:
    plan = planned(OLD, full_ledger())
    assert plan.full
    asked = [key for repair in plan.repairs for key in repair.days]
    assert asked == sorted(OLD, reverse=True)[: len(asked)]
    assert len(asked) == 4
    assert plan.waiting == len(OLD) - len(asked)
    assert fits(plan.ledger, "eirgrid")


def test_days_of_the_last_month_find_room_in_a_full_ledger() -> None:
    recent = wind("10-13", "10-15", *(f"11-{day:02d}" for day in range(1, 13)))
    plan = planned([*OLD, *recent], full_ledger())
    assert {key for one in plan.repairs for key in one.days} >= set(recent)
    assert plan.waiting >= len(OLD) - 4


def test_what_is_in_a_full_ledger_is_still_tried_again() -> None:
    ledger = full_ledger()
    again = sorted(ledger)[-3:]
    plan = planned([*again, *OLD], ledger)
    assert {key for one in plan.repairs if one.areas == ["co2"] for key in one.days} == set(again)
    assert all(plan.ledger[key].tries == 2 for key in again)


def test_what_the_limit_leaves_waits() -> None:
    plan = planned(OLD, limit=4)
    assert (len(plan.repairs), plan.waiting, plan.full) == (4, len(OLD) - 4, False)
