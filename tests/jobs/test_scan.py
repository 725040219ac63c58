"""What a scan finds in files that are not as they should be; that it finds gaps is test_gapcheck's business."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from include.domain.calendar import HOUR, Interval, Month, day_span, microseconds
from include.domain.catalogue import AREAS
from include.domain.errors import StorageError
from include.domain.gaps import Held, Stretch
from include.domain.readings import Feed, Partition
from include.jobs.held import MICROSECOND
from include.jobs.scan import Scan
from include.storage.keys import DIGESTS, readings_key
from include.storage.local import LocalStore
from include.storage.object_store import StoredObject
from include.storage.parquet import SCHEMA, encode

(FREQUENCY,) = (one for area in AREAS if area.name == "frequency" for one in area.series)
DAY = date(2026, 11, 21)
SPAN = day_span(DAY, DAY)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SLOTS = 24 * 720

Change = Callable[[pa.Table], pa.Table]


def day_of(span: Interval = SPAN) -> pa.Table:
    """A whole day of the frequency."""
    first = microseconds(span.start)
    stamps = pa.array(first + np.arange(SLOTS) * 5_000_000).cast(SCHEMA.field("timestamp").type)
    values = pa.array(50 + np.arange(SLOTS) % 7 / 100)
    return pa.table([stamps, [FREQUENCY.field] * SLOTS, values, stamps], schema=SCHEMA)


def put(store: LocalStore, rows: pa.Table, day: int = DAY.day) -> None:
    partition = Partition("eirgrid", FREQUENCY.area, FREQUENCY.region, Month(2026, 11), day)
    store.overwrite(readings_key(partition), encode(rows, feed=Feed.SIMULATED))


def look(store: LocalStore, *, first: date = DAY) -> tuple[list[Stretch], list[Interval]]:
    scan = Scan(store, "eirgrid", AREAS, day_span(first, DAY), SPAN.end + 30 * HOUR)
    found = scan.evidence([FREQUENCY])[FREQUENCY.key]
    assert scan.unreadable == {}
    return list(found.stretches), list(found.frozen)


def without(rows: pa.Table, *slots: int) -> pa.Table:
    return rows.take(np.delete(np.arange(rows.num_rows), slots))


def with_values(rows: pa.Table, values: np.ndarray, slots: slice) -> pa.Table:
    """The rows with other values there; NaN: null."""
    changed = rows["value"].to_numpy().copy()
    changed[slots] = values
    return rows.set_column(2, SCHEMA.field("value"), pa.array(changed, from_pandas=True))


def test_a_whole_day_is_one_stretch_in_whatever_order_its_rows_lie(store: LocalStore) -> None:
    whole: tuple[list[Stretch], list[Interval]] = ([Stretch(SPAN, Held.VALUE)], [])
    put(store, day_of())
    assert look(store) == whole
    put(store, day_of().take(np.random.default_rng(1).permutation(SLOTS)))
    assert look(store) == whole


def test_rows_of_another_field_do_not_stand_in_for_lost_ones(store: LocalStore) -> None:
    rows = day_of()
    other = rows.slice(12 * 720, 1).set_column(1, SCHEMA.field("field"), pa.array(["ANOTHER"]))
    put(store, pa.concat_tables([other, without(rows, 12 * 720)]))
    noon = Interval(NOON, NOON + HOUR)
    assert [one for one in look(store)[0] if one.held is None] == [Stretch(noon, None, 1)]


def test_as_many_rows_as_a_day_has_slots_are_not_whole_when_an_hour_lacks_one(store: LocalStore) -> None:
    rows = day_of()
    put(store, pa.concat_tables([rows.slice(0, 1), without(rows, 12 * 720)]))
    assert Stretch(Interval(NOON, NOON + HOUR), None, 1) in look(store)[0]


@pytest.mark.parametrize(("late", "held"), [(timedelta(0), Held.UNSETTLED), (timedelta(days=1), Held.NULL)])
def test_an_hour_with_nulls_is_named_by_when_they_were_read(store: LocalStore, late: timedelta, held: Held) -> None:
    rows = with_values(day_of(), np.full(3, np.nan), slice(12 * 720, 12 * 720 + 3))
    fetched = (rows["timestamp"].cast(pa.int64()).to_numpy() + late // MICROSECOND).astype(np.int64)
    put(store, rows.set_column(3, SCHEMA.field("fetched_at"), pa.array(fetched).cast(SCHEMA.field(3).type)))
    assert Stretch(Interval(NOON, NOON + HOUR), held, 3) in look(store)[0]


def test_an_hour_of_one_value_is_frozen(store: LocalStore) -> None:
    put(store, with_values(day_of(), np.full(720, 50.0), slice(12 * 720, 13 * 720)))
    assert look(store) == ([Stretch(SPAN, Held.VALUE)], [Interval(NOON, NOON + HOUR)])


@pytest.mark.parametrize("at_once", [1, 8])
def test_an_hour_of_which_half_lies_in_another_days_file_is_whole(
    at_once: int, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.jobs.scan.FILES_AT_ONCE", at_once)
    rows = day_of()
    put(store, without(rows, *range(12 * 720, 12 * 720 + 360)))
    put(store, rows.slice(12 * 720, 360), day=DAY.day - 1)
    assert look(store, first=DAY - timedelta(days=1))[0][-1].held is Held.VALUE


def digests(store: LocalStore) -> list[str]:
    return [info.key for info in store.list(f"{DIGESTS}/")]


def test_a_file_is_not_read_again_until_it_changes(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, day_of())
    whole = look(store)
    assert digests(store) == ["digests/source=eirgrid/year=2026.json"]
    with monkeypatch.context() as patched:
        patched.setattr("include.jobs.scan.decode", None)
        assert look(store) == whole
    put(store, without(day_of(), 12 * 720))
    assert Stretch(Interval(NOON, NOON + HOUR), None, 1) in look(store)[0]


def test_what_was_remembered_under_another_catalogue_is_forgotten(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, with_values(day_of(), np.full(3, np.nan), slice(12 * 720, 12 * 720 + 3)))
    assert Stretch(Interval(NOON, NOON + HOUR), Held.UNSETTLED, 3) in look(store)[0]
    monkeypatch.setattr("include.domain.series.NULL_GRACE", timedelta(days=-1))
    assert Stretch(Interval(NOON, NOON + HOUR), Held.NULL, 3) in look(store)[0]


@pytest.mark.parametrize("damaged", [b"", b"[]", b'{"rules": 1}', b"\xff"])
def test_a_damaged_memory_costs_a_second_reading_only(damaged: bytes, store: LocalStore) -> None:
    put(store, day_of())
    whole = look(store)
    (key,) = digests(store)
    store.overwrite(key, damaged)
    assert look(store) == whole
    assert json.loads(store.root.joinpath(key).read_bytes())["files"]


def test_a_dry_look_writes_nothing(store: LocalStore) -> None:
    put(store, day_of())
    scan = Scan(store, "eirgrid", AREAS, SPAN, SPAN.end, remember=False)
    scan.evidence([FREQUENCY])
    assert digests(store) == []


def test_hours_that_the_window_cuts_are_counted_anew(store: LocalStore) -> None:
    put(store, day_of())
    look(store)
    # As of half past ten: of what is an hour ahead nothing counts, though the whole day is remembered.
    now = SPAN.start + timedelta(hours=10, minutes=30)
    found = Scan(store, "eirgrid", AREAS, SPAN, now).evidence([FREQUENCY])[FREQUENCY.key].stretches
    half = SPAN.start + 11 * HOUR
    assert list(found) == [
        Stretch(Interval(SPAN.start, half), Held.VALUE),
        Stretch(Interval(half, half + HOUR / 2), None, 360),
    ]


def test_what_stands_still_over_the_end_of_a_month_is_seen_whole(store: LocalStore) -> None:
    (snsp,) = (one for area in AREAS for one in area.series if one.key == ("snsp", "ALL", "SNSP_ALL"))
    assert snsp.frozen_after is not None
    step, needed = snsp.cadence, snsp.frozen_after // snsp.cadence
    border = day_span(date(2026, 11, 1)).start
    for month, before in ((10, needed - 2), (11, 0)):
        first = border - before * step if month == 10 else border
        count = before if month == 10 else 2
        stamps = pa.array([microseconds(first + place * step) for place in range(count)]).cast(SCHEMA.field(0).type)
        rows = pa.table([stamps, [snsp.field] * count, [42.0] * count, stamps], schema=SCHEMA)
        store.overwrite(
            readings_key(Partition("eirgrid", "snsp", "ALL", Month(2026, month))), encode(rows, feed=Feed.SIMULATED)
        )
    for _ in range(2):
        found = Scan(store, "eirgrid", AREAS, day_span(date(2026, 10, 1), DAY), SPAN.end).evidence([snsp])[snsp.key]
        assert list(found.frozen) == [Interval(border - (needed - 2) * step, border + 2 * step)]


@pytest.mark.parametrize(
    "odd",
    [["x"], None, ["version", {}], ["version", {"SYS_FREQUENCY": [[]]}], ["version", {"SYS_FREQUENCY": [[["x"]], []]}]],
)
def test_an_odd_entry_of_the_memory_is_no_entry(odd: list[object] | None, store: LocalStore) -> None:
    put(store, day_of())
    whole = look(store)
    (key,) = digests(store)
    document = json.loads(store.root.joinpath(key).read_bytes())
    ((file, entry),) = document["files"].items()
    document["files"][file] = [entry[0], *odd[1:]] if odd and odd[0] == "version" else odd
    store.overwrite(key, json.dumps(document).encode())
    assert look(store) == whole


def test_what_is_read_is_remembered_as_the_version_that_it_was(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, day_of())
    path = next(store.root.rglob("data.parquet"))
    before, times = path.read_bytes(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    get = LocalStore.get

    def changed_meanwhile(self: LocalStore, key: str, **more: str | None) -> StoredObject | None:
        if key.endswith("data.parquet"):
            put(store, without(day_of(), 12 * 720))
        return get(self, key, **more)

    with monkeypatch.context() as patched:
        patched.setattr(LocalStore, "get", changed_meanwhile)
        assert Stretch(Interval(NOON, NOON + HOUR), None, 1) in look(store)[0]
    # Restored, times and all, as rsync does it.
    path.write_bytes(before)
    os.utime(path, ns=times)
    assert look(store) == ([Stretch(SPAN, Held.VALUE)], [])


def test_a_memory_that_cannot_be_written_costs_nothing_else(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(store, day_of())

    def full(*_: object) -> str:
        raise StorageError("no space left")

    monkeypatch.setattr(LocalStore, "overwrite", full)
    assert look(store) == ([Stretch(SPAN, Held.VALUE)], [])
    assert "cannot be remembered: no space left" in caplog.text


def test_a_row_of_another_day_has_only_the_files_of_both_read_again(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (19, 20, 21):
        put(store, day_of(day_span(date(2026, 11, day))), day=day)
    stray = day_of(day_span(date(2026, 11, 20))).slice(SLOTS - 1, 1)
    put(store, pa.concat_tables([stray, day_of()]))
    first = date(2026, 11, 19)
    whole: tuple[list[Stretch], list[Interval]] = ([Stretch(day_span(first, DAY), Held.VALUE)], [])
    assert look(store, first=first) == whole
    read: list[str] = []
    get = LocalStore.get

    def noted(self: LocalStore, key: str, **more: str | None) -> StoredObject | None:
        read.append(key)
        return get(self, key, **more)

    monkeypatch.setattr(LocalStore, "get", noted)
    assert look(store, first=first) == whole
    assert [key.partition("day=")[2][:2] for key in read if key.endswith(".parquet")] == ["20", "21"]


def test_a_slot_that_is_there_twice_is_one(store: LocalStore) -> None:
    rows = day_of()
    put(store, pa.concat_tables([rows, rows.slice(12 * 720, 3)]))
    assert look(store) == ([Stretch(SPAN, Held.VALUE)], [])
