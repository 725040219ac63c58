"""The alert drill: a probe every quarter of an hour through outages of many lengths, and every mail accounted for.

What is expected is worked out from the outages alone: each stretch of runs in which an area is bad has one opening,
shared with what goes bad in the same run, and one closing, when the last of those is well.
"""

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from healthcheck_lambda import handler as health
from include.domain.catalogue import AREAS, area_names
from tests.healthcheck.conftest import Aws
from tests.healthcheck.grid import Grid, status
from tests.randomness import random_of

pytestmark = pytest.mark.server

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CLOCKS_GO_BACK = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
THRESHOLD = {area.name: area.alert_after for area in AREAS}
Mails = list[tuple[datetime, str, tuple[str, ...]]]
"""When, `opens` or `closes`, and of what."""


@dataclass(frozen=True)
class Outage:
    """From `start` on an area has no new value (`stop`), gives no answer (`down`), or fails once per run (`blip`)."""

    what: str
    start: datetime
    length: timedelta
    how: str = "stop"

    def covers(self, now: datetime) -> bool:
        return self.start <= now < self.start + self.length

    def bad(self, now: datetime) -> bool:
        """Whether somebody has to know. The newest value is from the slot before the stop."""
        if self.how == "blip" or not self.covers(now):
            return False
        slot = self.start - timedelta(minutes=self.start.minute % 15)
        return self.how == "down" or now - min(slot, now) > THRESHOLD[self.what.split()[0]]


def outages(first: datetime, days: int, *, seed: int) -> list[Outage]:
    """Each area fails on its own now and then: from minutes to a day and a half."""
    dice, found = random_of(seed), []
    for area in area_names():
        now = first + dice.uniform(0.2, 1.5) * DAY
        while now < first + (days - 2) * DAY:
            limit = THRESHOLD[area] / HOUR
            how = dice.choice(["stop", "stop", "down", "blip", "region"])
            hours = dice.choice([0.1, 0.5, limit - 0.75, limit + 0.5, limit + 2, 2 * limit, 36])
            what = f"{area} {dice.choice(['ROI', 'NI'])}" if how == "region" and area == "wind" else area
            start = now.replace(minute=15 * (now.minute // 15), second=0, microsecond=0)
            found.append(Outage(what, start, hours * HOUR, how.replace("region", "stop")))
            # What comes back within an hour is another matter: see the flapping below.
            now += (hours + dice.uniform(2, 30)) * HOUR
    return found


def expected(found: list[Outage], runs: list[datetime]) -> Mails:
    stretches = defaultdict(list)
    for outage in found:
        bad = [now for now in runs if outage.bad(now)]
        if bad:
            stretches[bad[0]].append((outage, next(now for now in runs if now > bad[-1])))
    mails: Mails = []
    for opened, together in stretches.items():
        areas = tuple(sorted({outage.what.split()[0] for outage, _ in together}))
        mails += [(opened, "opens", areas), (max(over for _, over in together), "closes", areas)]
    return sorted(mails)


def set_up(grid: Grid, found: list[Outage], now: datetime) -> None:
    grid.now = now
    here = [outage for outage in found if outage.covers(now)]
    grid.stopped = {outage.what: outage.start for outage in here if outage.how == "stop"}
    grid.bad = {outage.what: status(503) for outage in here if outage.how == "down"}
    grid.edit = {}
    for outage in here:
        if outage.how == "blip":
            grid.edit[outage.what] = once(grid, f"/api/{outage.what}")


def once(grid: Grid, path: str) -> Callable[[Any], Any]:
    """Spoils the next answer of a path only."""
    before = grid.asked[path]
    return lambda document: {} if grid.asked[path] == before + 1 else document


def told(aws: Aws, now: datetime) -> Iterator[tuple[datetime, str, tuple[str, ...]]]:
    for mail in aws.mails():
        closes = mail["Subject"].startswith("Grid data OK again: ")
        lines = mail["Message"].splitlines()
        named = lines[0].removeprefix("Well again: ").rstrip(".").split(", ") if closes else [
            line.strip().split(":")[0] for line in lines if line.startswith("  ") and ": " in line
        ]  # fmt: skip
        assert len(mail["Subject"]) <= 100
        yield now, "closes" if closes else "opens", tuple(sorted({one.split()[0] for one in named}))


def play(grid: Grid, aws: Aws, found: list[Outage], runs: list[datetime], *, seed: int) -> Mails:
    """Every run; now and then in a new process, or twice over as EventBridge may."""
    dice, mails = random_of(seed), []
    for now in runs:
        set_up(grid, found, now)
        if dice.random() < 0.02:
            importlib.reload(health)
        if grid.run()["mails"]:
            mails += list(told(aws, now))
        if dice.random() < 0.02:
            grid.run()
    return sorted([*mails, *told(aws, runs[-1])])


def quarters(first: datetime, length: timedelta) -> list[datetime]:
    return [first + timedelta(minutes=7) + number * QUARTER for number in range(length // QUARTER)]


def check(grid: Grid, aws: Aws, *, first: datetime, days: int, seed: int) -> list[Outage]:
    found, runs = outages(first, days, seed=seed), quarters(first, days * DAY)
    assert play(grid, aws, found, runs, seed=seed) == expected(found, runs)
    assert aws.state()["incidents"] == aws.state()["outbox"] == []
    return found


@pytest.mark.parametrize(
    ("days", "at_least"), [(3, 4), pytest.param(5, 11, marks=pytest.mark.long)], ids=["three", "five"]
)
def test_days_around_the_clock_change(days: int, at_least: int, grid: Grid, aws: Aws) -> None:
    found = check(grid, aws, first=CLOCKS_GO_BACK - days / 2 * DAY, days=days, seed=7)
    assert len(found) >= at_least


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_month(seed: int, grid: Grid, aws: Aws) -> None:
    first = datetime(2026, 10, 1, tzinfo=UTC)
    found = check(grid, aws, first=first, days=32, seed=seed)
    runs = quarters(first, 32 * DAY)
    short = [one for one in found if not any(map(one.bad, runs))]
    assert len(short) > 15
    assert len(found) - len(short) > 25
    assert {one.how for one in found} == {"stop", "down", "blip"}


@pytest.mark.parametrize(
    ("how", "hours"), [("pipeline", 2), ("pipeline", 12), ("upstream", 5), ("upstream", 30), ("api", 2)]
)
def test_an_outage_of_everything_is_two_mails_or_none(how: str, hours: int, grid: Grid, aws: Aws) -> None:
    """In the night in which the clocks go back; one area more fails in the middle of it and stays out."""
    start = CLOCKS_GO_BACK - 2 * HOUR
    everything = [Outage(area, start, hours * HOUR, "down" if how == "api" else "stop") for area in area_names()]
    mails: Mails = []
    for now in quarters(start - HOUR, (hours + 5) * HOUR):
        set_up(grid, everything, now)
        going = any(outage.covers(now) for outage in everything)
        if how == "pipeline":
            grid.ended_at = start if going else None
        elif how == "upstream":
            grid.outcomes = {area: {"upstream_unavailable": 3} for area in area_names()} if going else {}
        if grid.run()["mails"]:
            mails += list(told(aws, now))
    opens = start + (7 * timedelta(minutes=1) if how == "api" else 3 * HOUR + timedelta(minutes=7))
    closes = start + hours * HOUR + timedelta(minutes=7)
    assert [mail[:2] for mail in mails] == ([(opens, "opens"), (closes, "closes")] if closes > opens + HOUR else [])
    assert aws.mails() == []


def test_an_outage_whose_mail_fails_at_first(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda starts a failed run again a minute later."""
    outage = Outage("demand", CLOCKS_GO_BACK - 4 * HOUR, 5 * HOUR)
    mails: Mails = []
    for now in quarters(CLOCKS_GO_BACK - 5 * HOUR, DAY / 2):
        set_up(grid, [outage], now)
        with monkeypatch.context() as failing:
            failing.setenv("SNS_TOPIC_ARN", aws.topic + "-gone")
            try:
                grid.run()
            except RuntimeError:
                failing.undo()
                monkeypatch.setenv("SNS_TOPIC_ARN", aws.topic)
                set_up(grid, [outage], now + timedelta(minutes=1))
                grid.run()
        mails += list(told(aws, now))
    assert mails == expected([outage], quarters(CLOCKS_GO_BACK - 5 * HOUR, DAY / 2))
    assert len(mails) == 2


def test_an_area_that_fails_while_everything_recovers_is_told(grid: Grid, aws: Aws) -> None:
    """The API is down for two hours; wind had stopped before that, and stays stopped."""
    start = CLOCKS_GO_BACK - 12 * HOUR
    api = [Outage(area, start + 6 * HOUR, 2 * HOUR, "down") for area in area_names()]
    wind = Outage("wind", start, 14 * HOUR)
    runs = quarters(start - HOUR, DAY)
    # Wind is out all the time and known: the outage of the API is told of the others.
    seen = [one for one in api if one.what != "wind"]
    assert play(grid, aws, [wind, *api], runs, seed=1) == expected([wind, *seen], runs)
    assert len(expected([wind, *seen], runs)) == 4


def test_a_shorter_outage_is_never_told(grid: Grid, aws: Aws) -> None:
    short = [Outage(area, CLOCKS_GO_BACK - HOUR, THRESHOLD[area] - HOUR) for area in area_names()]
    short += [replace(one, start=one.start + DAY, how="blip") for one in short]
    assert play(grid, aws, short, quarters(CLOCKS_GO_BACK - 2 * HOUR, 2 * DAY), seed=1) == []
