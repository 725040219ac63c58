"""Cycles with outages, restarts and a clock change: two messages per incident, none below, none missed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from include.domain.calendar import Interval, Month, day_span, month_span
from include.domain.incidents import Cause, Trouble
from include.jobs.alerts import Cycle, Teller
from include.jobs.notices import Place
from include.storage.alerts import Message
from include.storage.local import LocalStore
from tests.aws import Mailbox, moto
from tests.randomness import random_of

pytestmark = pytest.mark.server

QUARTER: Final = timedelta(minutes=15)
OCTOBER: Final = month_span(Month(2026, 10))
"""25 October has 25 hours."""
WEEK: Final = day_span(date(2026, 10, 22), date(2026, 10, 28))
AREAS: Final = ("wind", "solar", "demand", "co2")
CAUSES: Final = (Cause.CONTRACT_BROKEN, Cause.OUR_ERROR, Cause.UPSTREAM_UNAVAILABLE, Cause.NOTHING_NEW)


@dataclass
class Flaky:
    """A topic that now and then refuses."""

    mailbox: Mailbox
    refusals: int = 0
    """How many times it refuses what is published next."""

    def publish(self, message: Message) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("the topic is away")
        self.mailbox.sns.publish(TopicArn=self.mailbox.topic, Subject=message.subject, Message=message.body)


@pytest.fixture
def topic() -> Iterator[Flaky]:
    with moto() as url:
        yield Flaky(Mailbox.open(url, name="drill"))


@dataclass(frozen=True)
class Drill:
    """What is wrong in which cycle of a span."""

    seed: int
    span: Interval

    @property
    def ticks(self) -> list[datetime]:
        count = (self.span.end - self.span.start) // QUARTER
        return [self.span.start + QUARTER * number + timedelta(minutes=3) for number in range(count)]

    def troubles(self) -> dict[datetime, list[Trouble]]:
        """Outages of one to three hundred cycles, some close together, at random."""
        draw = random_of(self.seed)
        ticks = self.ticks
        found: dict[datetime, list[Trouble]] = {tick: [] for tick in ticks}
        for area in AREAS:
            for cause in CAUSES:
                at = draw.randrange(0, 300)
                while at < len(ticks) - 10:
                    for tick in ticks[at : at + draw.choice([1, 1, 2, 3, 3, 4, 5, 9, 40, 300])]:
                        found[tick].append(Trouble(area, cause, "drill", 1, 3))
                        at += 1
                    at += draw.choice([1, 1, 2, 3, 50, 400])
        return found


def expected(bad: str, ticks: list[datetime], cause: Cause) -> int:
    """Incidents in a row of cycles, by regular expressions, not by counting as the code: two good cycles end one.

    One that opens within six hours of the last one's end comes and goes: 24 good cycles end it.
    """
    opens = re.compile("x" * cause.opens_after)
    over, comes_and_goes = re.compile(r"\.\."), re.compile(r"\." * 24)
    count, at, ended = 0, 0, None
    while found := opens.search(bad, at):
        opened = found.end() - 1
        again = ended is not None and ticks[opened] - ended < timedelta(hours=6)
        end = (comes_and_goes if again else over).search(bad, opened)
        assert end, "the month ends quietly"
        count, at, ended = count + 1, end.end(), ticks[end.end() - 1]
    return count


LONG: Final = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("span", "seed", "at_least"),
    [
        pytest.param(WEEK, 1, 20, id="a week"),
        pytest.param(OCTOBER, 1, 100, id="a month", marks=LONG),
        pytest.param(OCTOBER, 2, 100, id="another month", marks=LONG),
    ],
)
def test_outages_restarts_and_a_clock_change(
    topic: Flaky, tmp_path: Path, span: Interval, seed: int, at_least: int
) -> None:
    month = Drill(seed, span)
    troubles, draw = month.troubles(), random_of(seed + 100)
    rows: dict[tuple[str, Cause], str] = dict.fromkeys(((area, cause) for area in AREAS for cause in CAUSES), "")
    assert len(month.ticks) % 96 == 4, "the hour of the clock change"
    quiet_end = [month.ticks[-1] + QUARTER * number for number in range(1, 60)]
    held: list[datetime] = []
    for tick in [*month.ticks, *quiet_end]:
        if tick not in quiet_end and draw.random() < 0.02:
            continue  # Airflow was being restarted: no run at all
        held.append(tick)
        if draw.random() < 0.02:
            topic.refusals = 1
        found = troubles.get(tick, [])
        bad = {(one.area, one.cause) for one in found}
        for pair in rows:
            rows[pair] += "x" if pair in bad else "."
        for _again in range(2 if draw.random() < 0.05 else 1):  # a run that is cleared
            run(topic, LocalStore(tmp_path), tick, found)
    run(topic, LocalStore(tmp_path), quiet_end[-1] + QUARTER, [])
    incidents = {pair: expected(text, held, pair[1]) for pair, text in rows.items()}
    told = tally(topic.mailbox.received())
    assert sum(incidents.values()) > at_least
    assert told == {(event, *pair): count for pair, count in incidents.items() for event in ("opened", "over")}


def run(topic: Flaky, store: LocalStore, tick: datetime, found: list[Trouble]) -> None:
    """One run, in which nothing is left over from the one before but what is in the store."""
    seen = {(area, cause): () for area in AREAS for cause in CAUSES}
    teller = Teller(
        store=store,
        publish=topic.publish,
        place=Place(dag_id="ingest_eirgrid", run_id=f"scheduled__{tick.isoformat()}"),
        clock=lambda: tick,
    )
    teller.tell(Cycle(source="eirgrid", run_after=tick, troubles=found, seen=seen))


def tally(messages: list[dict[str, Any]]) -> Counter[tuple[str, str, Cause]]:
    """How many times each area was named in a message that opens or closes."""
    counted: Counter[tuple[str, str, Cause]] = Counter()
    for message in messages:
        event = "over" if "over: " in message["Subject"] else "opened"
        cause, _, areas = message["Subject"].removeprefix("[grid] ").removeprefix("over: ").partition(": eirgrid ")
        for area in areas.split(", "):
            counted[event, area, Cause(cause.replace(" ", "-"))] += 1
    return counted
