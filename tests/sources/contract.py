"""What every source keeps to, whoever publishes; inherited by each implementation's tests."""

import math
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Final

import pytest

from include.domain.calendar import Month, day_span, slots
from include.domain.errors import NotYetPublished
from include.domain.readings import Partition, Unit
from include.domain.series import Area
from include.sources.base import DataChunk, Known, Source, SourceEntry
from include.sources.values import Values

DAYS: Final = {
    "an ordinary day": "2026-02-10",
    "a day of summer time": "2026-07-15",
    "clocks go forward": "2026-03-29",
    "clocks go back": "2026-10-25",
    "the first of a month that starts at 23:00 UTC": "2026-07-01",
    "the last of a month": "2026-06-30",
    "the last of a year": "2026-12-31",
    "the leap day": "2028-02-29",
}

Case = tuple[str, str]
"""(area, region)."""


def unit_of(entry: SourceEntry, area: str, region: str, first: str, last: str | None = None) -> Unit:
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    day = start.day if entry.area(area).partitioned_by_day else None
    return Unit(Partition(entry.source_id, area, region, Month.of(start), day), start, end)


def slots_of(entry: SourceEntry, wanted: Unit, now: datetime) -> list[datetime]:
    """The elapsed slots of a unit's first series."""
    one = entry.area(wanted.partition.area).of_region(wanted.partition.region)[0]
    return [slot for slot in slots(day_span(wanted.first, wanted.last), one.cadence) if slot <= now]


def chunks_of(source: Source, wanted: Unit, *, since: datetime | None = None) -> list[DataChunk]:
    return [one for one in source.fetch(wanted, since=since, known=Known()) if isinstance(one, DataChunk)]


def values_of(chunks: list[DataChunk]) -> Values:
    """All readings of the chunks; a key that two of them hold fails."""
    found: Values = {}
    for chunk in chunks:
        rows = zip(chunk.df["field"], chunk.df["timestamp"], chunk.df["value"], strict=True)
        read = {(str(name), stamp.to_pydatetime()): None if math.isnan(value) else value for name, stamp, value in rows}
        assert not read.keys() & found.keys()
        assert len(read) == len(chunk.df)
        found |= read
    return found


def fetch(source: Source, wanted: Unit, *, since: datetime | None = None) -> Values:
    return values_of(chunks_of(source, wanted, since=since))


class SourceContract:
    """Give `entry`, `cases` and `published`; the tests come with the class."""

    entry: ClassVar[SourceEntry]
    cases: ClassVar[list[Case]]

    def published(self, wanted: Unit, now: datetime) -> tuple[Source, Values]:
        """A source whose publisher has answers for this unit at `now`, and the readings they must become."""
        raise NotImplementedError

    def _area(self, case: Case) -> Area:
        return self.entry.area(case[0])

    @pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
    def test_every_slot_of_a_day_that_is_over(self, case: Case, day: str) -> None:
        wanted = unit_of(self.entry, *case, day)
        source, expected = self.published(wanted, day_span(wanted.first).end + timedelta(days=2))
        assert fetch(source, wanted) == expected
        cadence = self._area(case).of_region(case[1])[0].cadence
        # Upstreams that write local time cannot say October's second pass.
        lost = timedelta(hours=1) // cadence if day == "2026-10-25" else 0
        assert len(expected) >= (day_span(wanted.first).end - day_span(wanted.first).start) // cadence - lost

    @pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
    @pytest.mark.parametrize("time", ["01:07", "12:07"])
    def test_a_day_that_is_going_on_has_what_has_elapsed_and_what_is_forecast(
        self, case: Case, day: str, time: str
    ) -> None:
        wanted = unit_of(self.entry, *case, day)
        now = datetime.fromisoformat(f"{day}T{time}:00Z")
        source, expected = self.published(wanted, now)
        found = fetch(source, wanted)
        assert found == expected
        future = {one.field for one in self._area(case).series if one.future}
        assert {name for name, slot in found if slot > now} <= future

    def test_a_span_over_days_is_all_of_them(self, case: Case) -> None:
        last = "2026-03-30" if not self._area(case).partitioned_by_day else "2026-03-28"
        wanted = unit_of(self.entry, *case, "2026-03-28", last)
        source, expected = self.published(wanted, datetime.fromisoformat("2026-04-02T00:00:00Z"))
        assert fetch(source, wanted) == expected

    def test_a_chunk_is_sorted_unique_and_in_utc(self, case: Case) -> None:
        wanted = unit_of(self.entry, *case, "2026-10-25")
        source, _ = self.published(wanted, datetime.fromisoformat("2026-10-27T00:00:00Z"))
        for chunk in chunks_of(source, wanted):
            assert list(chunk.df.columns) == ["timestamp", "field", "value", "fetched_at"]
            assert str(chunk.df["timestamp"].dtype) == str(chunk.df["fetched_at"].dtype) == "datetime64[us, UTC]"
            assert str(chunk.df["value"].dtype) == "float64"
            keys = list(zip(chunk.df["field"], chunk.df["timestamp"], strict=True))
            assert all(one < other for one, other in pairwise(keys))
            assert chunk.interface
            assert chunk.flagged == ()

    def test_since_leaves_out_what_lies_before(self, case: Case) -> None:
        wanted = unit_of(self.entry, *case, "2026-02-10")
        now, since = (datetime.fromisoformat(f"2026-02-10T{time}:00Z") for time in ("12:07", "11:30"))
        source, expected = self.published(wanted, now)
        found = fetch(source, wanted, since=since)
        assert found == {key: value for key, value in expected.items() if key[1] >= since}

    def test_nothing_is_there_of_the_day_after_tomorrow(self, case: Case) -> None:
        wanted = unit_of(self.entry, *case, "2026-02-12")
        source, expected = self.published(wanted, datetime.fromisoformat("2026-02-10T12:07:00Z"))
        assert expected == {}
        with suppress(NotYetPublished):
            assert fetch(source, wanted) == {}
