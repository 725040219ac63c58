"""What is lost is found, asked for in the fewest DagRuns and mended; what upstream has not is given up in the end."""

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from include.domain.calendar import Interval, Month, day_span, days, irish_day
from include.domain.errors import LedgerUnreadable
from include.domain.gaps import State
from include.domain.ledger import DayKey
from include.domain.readings import Feed, Partition
from include.domain.repairs import Repair
from include.jobs.gap_report import GapReport, SourceReport
from include.storage.keys import readings_key
from include.storage.verdicts import read_verdicts
from tests.jobs.world import Slot, World, given, partition_of
from tests.randomness import random_of

pytestmark = pytest.mark.xdist_group("gapcheck")

NOW = datetime(2026, 11, 12, 6, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 13), date(2026, 11, 12)
"""The 31 days that a check of this morning covers; clocks went back on 25 October."""
PAIRS = (("wind", "ROI"), ("snsp", "ALL"), ("system_generation", "NI"))


def trials(count: int, *, short: int) -> list[Any]:
    """Seeds; those beyond the first few are for the long run only."""
    return [seed if seed < short else pytest.param(seed, marks=pytest.mark.long) for seed in range(count)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which nothing is missing."""
    folder = tmp_path_factory.mktemp("whole") / "store"
    World(folder, NOW, PAIRS).load(FIRST, LAST)
    return folder


@pytest.fixture
def world(whole: Path, tmp_path: Path) -> World:
    shutil.copytree(whole, tmp_path / "store")
    return World(tmp_path / "store", NOW, PAIRS)


def settled_slots(world: World) -> list[Slot]:
    """Everything that is stored, but for what is too young to be asked for again."""
    return [
        (*one.key, slot)
        for one in world.series
        for day in days(FIRST, LAST)
        for slot in given(one, day, now=NOW - one.cadence - one.settles_after)
    ]


def some_loss(rng: random.Random, everything: list[Slot]) -> set[Slot]:
    """A few single slots, stretches, days of a series, or whole partitions."""
    lost: set[Slot] = set()
    for _ in range(rng.randint(1, 4)):
        kind = rng.choice(["slot", "slot", "stretch", "day", "days", "partition"])
        start = rng.randrange(len(everything))
        area, region, field, at = everything[start]
        if kind in {"slot", "stretch"}:
            lost |= set(everything[start : start + (1 if kind == "slot" else rng.randint(2, 150))])
        elif kind == "partition":
            lost |= {one for one in everything if partition_of(one) == partition_of(everything[start])}
        else:
            first = irish_day(at)
            last = first + timedelta(days=rng.randint(0, 6) if kind == "days" else 0)
            span = day_span(first, last)
            lost |= {one for one in everything if one[:3] == (area, region, field) and one[3] in span}
    return lost


def fewest(lost: set[Slot]) -> int:
    """Runs of days of a month of an area and region, counted by hand; none of these areas lacks the same regions."""
    wanted = {(area, region, irish_day(at)) for area, region, _, at in lost}
    return sum(day.day == 1 or (area, region, day - timedelta(days=1)) not in wanted for area, region, day in wanted)


@pytest.mark.parametrize("seed", trials(200, short=15))
def test_what_is_lost_is_found_and_mended_in_the_fewest_runs(seed: int, world: World) -> None:
    rng = random_of(seed)
    everything = settled_slots(world)
    lost = some_loss(rng, everything)
    whole_files = {partition_of(one) for one in lost} - {partition_of(one) for one in everything if one not in lost}
    world.lose(lost)
    for partition in whole_files & {partition_of(one) for one in sorted(lost) if rng.random() < 0.5}:
        (world.folder / readings_key(partition)).unlink()
    gone_upstream = {one for one in sorted(lost) if rng.random() < 0.1} if seed % 3 == 0 else set()
    world.upstream.lost |= gone_upstream

    assert world.slots_in(world.look(), State.NOT_FETCHED) >= lost
    young = world.slots_in(world.look(), State.NOT_FETCHED) - lost
    assert all(partition_of(one) in whole_files for one in young)
    planned, after = world.go()
    assert len(planned.repairs) == fewest(lost)
    assert world.slots_in(after, State.NOT_FETCHED) == set()
    assert world.slots_in(after, State.MISSING_UPSTREAM) == gone_upstream

    world.now += timedelta(minutes=10)
    again, _ = world.go()
    assert again.repairs == []
    assert set(world.ledger) == {DayKey(one[0], one[1], irish_day(one[3])) for one in gone_upstream}


FREQUENCY = (("frequency", "ROI"),)
CHANGE = datetime(2026, 10, 26, 6, 0, tzinfo=UTC)
"""The morning after the clocks went back: the window is three days."""


@pytest.fixture(scope="module")
def frequencies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frequencies") / "store"
    World(folder, CHANGE, FREQUENCY).load(date(2026, 10, 24), date(2026, 10, 26))
    return folder


@pytest.mark.parametrize("seed", trials(40, short=3))
def test_frequency_that_is_lost_is_counted_by_the_hour_and_mended(seed: int, frequencies: Path, tmp_path: Path) -> None:
    """One file a day, 17,280 slots each: single slots, stretches, whole days and files."""
    shutil.copytree(frequencies, tmp_path / "store")
    world = World(tmp_path / "store", CHANGE, FREQUENCY, days=3)
    (series,) = world.series
    rng = random_of(seed)
    # The hours from midnight on, and the one in which a slot is that young, are too young to be asked for again.
    last = datetime(2026, 10, 25, 22, 59, 55, tzinfo=UTC)
    settled = days(date(2026, 10, 24), date(2026, 10, 25))
    everything: list[Slot] = [(*series.key, slot) for day in settled for slot in given(series, day, now=last)]
    lost: set[Slot] = set()
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(everything))
        lost |= set(everything[start : start + rng.choice([1, 2, 60, 720, 5000])])
    if rng.random() < 0.3:
        lost |= {one for one in everything if irish_day(one[3]) == date(2026, 10, 25)}
    world.lose(lost)

    found = [run for one in world.look() for run in one.runs if run.state is State.NOT_FETCHED]
    assert [run.slots for run in found] == [sum(slot in run.span for *_, slot in lost) for run in found]
    assert sum(run.slots for run in found) == len(lost)
    assert all(any(slot.replace(minute=0, second=0) in run.span for run in found) for *_, slot in lost)
    planned, after = world.go()
    assert len(planned.repairs) == fewest(lost)
    assert [run for one in after for run in one.runs if run.state is State.NOT_FETCHED] == []
    assert world.ledger == {}
    again, _ = world.go()
    assert again.repairs == []


def test_nothing_is_found_in_a_whole_store(world: World) -> None:
    planned, judged = world.go()
    assert planned.repairs == []
    assert world.slots_in(judged, *set(State) - {State.OK, State.PENDING, State.DST_LOST, State.LATE}) == set()
    lost = [slot for _, _, _, slot in world.slots_in(judged, State.DST_LOST)]
    assert {slot.replace(minute=0) for slot in lost} == {datetime(2026, 10, 25, 1, tzinfo=UTC)}


def slots_of(world: World, area: str, *wanted: date) -> set[Slot]:
    return {
        (*one.key, slot)
        for one in world.series
        if one.area == area
        for day in wanted
        for slot in given(one, day, now=NOW)
    }


def each_morning(world: World, count: int) -> list[list[Repair]]:
    """One check a day at six; what each triggered."""
    triggered = []
    for _ in range(count):
        planned, _ = world.go()
        triggered.append(planned.repairs)
        world.now += timedelta(days=1)
    return triggered


def test_upstream_down_for_a_week_is_not_asked_all_the_time_and_all_is_mended_after(world: World) -> None:
    lost = slots_of(world, "wind", date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 8))
    world.lose(lost)
    world.upstream.down = True
    each_morning(world, 7)
    world.upstream.down = False
    each_morning(world, 4)
    for tries in world.tries.values():
        assert len([at for at in tries if at < NOW + timedelta(days=7)]) <= 5
        waits = [later - earlier for earlier, later in pairwise(tries)]
        for number, wait in enumerate(waits):
            assert wait >= min(timedelta(hours=6) * 2**number, timedelta(days=2)) * 0.8
    wind = [one for one in world.look() if one.series.area == "wind"]
    assert world.slots_in(wind, State.NOT_FETCHED) & lost == set()
    assert not {key for key in world.ledger if key.area == "wind" and key.day <= LAST}
    assert read_verdicts(world.store, "eirgrid") == []


def test_a_day_that_upstream_has_not_is_given_up_after_five_equal_answers_over_days(world: World) -> None:
    day = date(2026, 11, 3)
    hole = set(sorted(slots_of(world, "wind", day))[8:12])
    world.upstream.lost |= hole
    world.lose(hole)
    each_morning(world, 12)
    key = DayKey("wind", "ROI", day)
    assert len(world.tries[key]) == 5
    assert world.tries[key][-1] - world.tries[key][0] >= timedelta(days=3)
    assert key not in world.ledger
    (verdict,) = read_verdicts(world.store, "eirgrid")
    assert (verdict.area, verdict.first, verdict.last, verdict.tries) == ("wind", day, day, 5)
    assert world.slots_in(world.look(), State.PERMANENT) == hole


def given_up(world: World) -> set[Slot]:
    hole = set(sorted(slots_of(world, "wind", date(2026, 11, 3)))[8:12])
    world.upstream.lost |= hole
    world.lose(hole)
    each_morning(world, 12)
    return hole


def test_what_is_lost_beside_it_later_is_mended(world: World) -> None:
    hole = given_up(world)
    beside = set(sorted(slots_of(world, "wind", date(2026, 11, 3)))[20:22])
    world.lose(beside)
    planned, after = world.go()
    assert [repair.first for repair in planned.repairs if repair.areas == ["wind"]][-1:] == [date(2026, 11, 3)]
    assert world.slots_in(after, State.PERMANENT) == hole
    assert world.slots_in(after, State.NOT_FETCHED) & beside == set()


def test_a_row_that_is_lost_where_a_null_was_given_up_is_fetched_again(world: World) -> None:
    hole = given_up(world)
    world.lose(hole)
    planned, after = world.go()
    assert date(2026, 11, 3) in {repair.first for repair in planned.repairs}
    assert world.slots_in(after, State.PERMANENT) == hole


def test_two_holes_of_a_day_that_came_one_after_the_other_are_both_given_up(world: World) -> None:
    first = given_up(world)
    later = set(sorted(slots_of(world, "wind", date(2026, 11, 3)))[40:44])
    world.upstream.lost |= later
    world.lose(later)
    each_morning(world, 14)
    assert world.slots_in(world.check(days=70).judged({}), State.PERMANENT) == first | later
    assert len(world.tries[DayKey("wind", "ROI", date(2026, 11, 3))]) == 10
    asked = {key.day for repairs in each_morning(world, 10) for one in repairs for key in one.days}
    assert date(2026, 11, 3) not in asked


def test_only_what_was_missing_each_time_is_given_up(world: World) -> None:
    """Rows that are lost between the last answer and the verdict were never asked for."""
    hole = set(sorted(slots_of(world, "wind", date(2026, 11, 3)))[8:12])
    world.upstream.lost |= hole
    world.lose(hole)
    key = DayKey("wind", "ROI", date(2026, 11, 3))
    while len(world.tries.get(key, [])) < 5:
        world.trigger(world.plan().repairs)
        if len(world.tries.get(key, [])) < 5:
            world.report()
        world.now += timedelta(days=1)
    beside = set(sorted(slots_of(world, "wind", date(2026, 11, 3)))[50:69])
    world.lose(beside)
    world.report()
    assert world.slots_in(world.look(), State.PERMANENT) == set()
    each_morning(world, 3)
    assert world.slots_in(world.look(), State.NOT_FETCHED) & beside == set()


def test_a_check_of_one_day_asks_for_no_other(world: World) -> None:
    """But for days that are in the ledger already."""
    other, asked, known = date(2026, 10, 20), date(2026, 11, 3), date(2026, 10, 27)
    world.lose(slots_of(world, "wind", known))
    world.upstream.down = True
    world.go()
    world.upstream.down = False
    world.lose(slots_of(world, "wind", other, asked))
    world.now += timedelta(days=1)
    check = world.check()
    check.first = check.last = asked
    planned = check.plan(world.ledger, stamp="one", limit=50)
    assert {key.day for one in planned.repairs for key in one.days} == {asked, known}


def test_an_hour_of_frequency_in_which_more_is_lost_after_it_was_given_up_is_asked_for_again(
    frequencies: Path, tmp_path: Path
) -> None:
    shutil.copytree(frequencies, tmp_path / "store")
    world = World(tmp_path / "store", CHANGE, FREQUENCY, days=30)
    hour = [one for one in slots_of_frequency(world) if one[3].hour == 5]
    world.upstream.lost |= {hour[100]}
    world.lose([hour[100]])
    each_morning(world, 12)
    assert [run.slots for one in world.look() for run in one.runs if run.state is State.PERMANENT] == [1]
    world.lose(one for one in hour if one != hour[100])
    each_morning(world, 2)
    runs = [run for one in world.look() for run in one.runs]
    assert [run.slots for run in runs if run.state is State.PERMANENT] == [1]
    wanted = Interval(hour[0][3], hour[-1][3])
    assert not any(run.state is State.NOT_FETCHED and run.span.start in wanted for run in runs)


def slots_of_frequency(world: World) -> list[Slot]:
    (series,) = world.series
    return [(*series.key, slot) for slot in given(series, date(2026, 10, 24), now=CHANGE)]


def test_a_month_of_nulls_in_everything_is_given_up_and_something_new_is_still_repaired(world: World) -> None:
    """Each day gets an answer of its own, so that the ledger is as large as it can be."""
    holes = {
        (*one.key, list(given(one, day, now=NOW))[40])
        for one in world.series
        for day in days(FIRST, date(2026, 11, 10))
    }
    world.upstream.lost |= holes
    world.lose(holes)
    each_morning(world, 30)
    assert world.slots_in(world.check(days=70).judged({}), State.PERMANENT) == holes
    assert {key for key in world.ledger if key.day <= date(2026, 11, 10)} == set()


def test_a_torn_file_is_named_and_everything_else_is_checked(world: World) -> None:
    world.lose(slots_of(world, "snsp", date(2026, 11, 2)))
    world.upstream.down = True
    world.go()
    world.upstream.down = False
    known = set(world.ledger)
    torn = Partition("eirgrid", "snsp", "ALL", Month(2026, 11))
    (world.folder / readings_key(torn)).write_bytes(b"half a file")
    world.lose(slots_of(world, "wind", date(2026, 11, 3)))
    world.now += timedelta(days=1)
    check = world.check()
    planned = check.plan(world.ledger, stamp="torn", limit=50)
    assert list(check.unreadable) == [("snsp", "ALL")]
    assert (date(2026, 11, 3), ["wind"]) in [(one.first, one.areas) for one in planned.repairs]
    assert {key for key in known if key.area == "snsp"} <= set(planned.ledger)
    report = GapReport(store=world.store, feed=Feed.SIMULATED, now=world.now)
    report.sources.append(SourceReport.of(check, check.judged({}), {}))
    document = report.document({})
    assert list(document["not_checked"]) == ["snsp · ALL"]
    assert str(world.folder) not in str(document)
    assert {row["area"] for row in document["series"]} == {"wind", "system_generation"}


def test_a_try_that_was_written_down_and_not_triggered_is_not_told_as_one(world: World) -> None:
    world.lose(slots_of(world, "wind", date(2026, 11, 3)))
    world.plan()
    assert world.ledger
    assert world.check().triggered(world.ledger) == {}


def test_a_person_reopens_it(world: World) -> None:
    hole = given_up(world)
    world.upstream.lost -= hole
    planned = world.plan(reopen=True)
    assert date(2026, 11, 3) in {repair.first for repair in planned.repairs}
    world.trigger(planned.repairs)
    after = world.report()
    assert world.slots_in(after, State.PERMANENT) == set()
    assert read_verdicts(world.store, "eirgrid") == []


def test_a_check_that_is_killed_before_it_triggers_loses_and_doubles_nothing(world: World) -> None:
    lost = slots_of(world, "wind", date(2026, 11, 3)) | slots_of(world, "snsp", date(2026, 10, 20))
    world.lose(lost)
    planned = world.plan()
    assert len(planned.repairs) == 2
    world.trigger(planned.repairs[:1])
    # Killed here; the plan is cleared, or the next morning comes.
    again = world.plan()
    assert [one.run_id for one in again.repairs] == [planned.repairs[1].run_id]
    world.now += timedelta(days=1)
    later, after = world.go()
    assert planned.repairs[1].run_id in {one.run_id for one in later.repairs}
    assert world.slots_in(after, State.NOT_FETCHED) & lost == set()
    assert all(len(tries) == 1 for key, tries in world.tries.items() if key.day <= date(2026, 11, 4))


def test_no_more_than_the_limit_is_triggered_and_the_newest_come_first(world: World) -> None:
    every_third = days(FIRST, LAST - timedelta(days=1))[::3]
    world.lose(slots_of(world, "wind", *every_third))
    world.limit = 4
    planned, _ = world.go()
    assert [repair.first for repair in planned.repairs] == sorted(every_third, reverse=True)[:4]
    assert planned.waiting == len(every_third) - 4


def test_a_ledger_that_is_not_ours_is_refused(world: World) -> None:
    for text in ("", "[]", "null", "{}", '{"gap_ledger": "other", "schema_version": 1, "open": []}', "wind"):
        world.text = text
        with pytest.raises(LedgerUnreadable, match="Variable gap_ledger_eirgrid: got") as refused:
            world.plan()
        assert "\n" not in str(refused.value)
        assert world.text == text
