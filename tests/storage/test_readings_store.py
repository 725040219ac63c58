"""The readings of one feed: claimed once, merged under any race, written only when something changed."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.domain.calendar import Month
from include.domain.errors import ConditionFailed, SettingInvalid, StorageError, WrongStore
from include.domain.readings import Feed, Partition
from include.storage.identity import WRITE_ATTEMPTS, store_feed
from include.storage.keys import STORE_KEY, readings_key
from include.storage.local import LocalStore
from include.storage.object_store import ObjectInfo, ObjectStore, StoredObject
from include.storage.readings import ReadingsStore, newest_value
from tests.storage.writers import (
    FETCHED,
    NOVEMBER,
    QUARTER,
    SETTLE,
    START,
    contents,
    in_processes,
    in_threads,
    location_of,
    rows_of,
    table_of,
    values,
    write_slots,
)

KEY = readings_key(NOVEMBER)


class Disturbed:
    """A store beside whose puts something else happens."""

    def __init__(self, inner: ObjectStore, *, puts: Iterator[Callable[[], None] | Exception | None]) -> None:
        self.inner = inner
        self.puts = puts
        self.tried = 0

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        return self.inner.get(key, unless=unless)

    def get_version(self, key: str, version_id: str) -> StoredObject | None:
        return self.inner.get_version(key, version_id)

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        self.tried += 1
        disturbance = next(self.puts, None)
        if isinstance(disturbance, Exception):
            raise disturbance
        if disturbance is not None:
            disturbance()
        return self.inner.put(key, data, expected=expected)

    def overwrite(self, key: str, data: bytes) -> str:
        return self.inner.overwrite(key, data)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        return self.inner.list(prefix)

    def address(self, key: str) -> str:
        return self.inner.address(key)

    def check(self) -> None:
        self.inner.check()


class Unanswered(Disturbed):
    """A store whose first put lands, but whose answer is lost, so that its repetition meets itself."""

    def get_version(self, key: str, version_id: str) -> StoredObject | None:
        return self.inner.get_version(key, version_id)

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        self.tried += 1
        etag = self.inner.put(key, data, expected=expected)
        if self.tried == 1:
            raise ConditionFailed("meets itself")
        return etag


def opened(store: ObjectStore, feed: Feed = Feed.SIMULATED) -> ReadingsStore:
    readings = ReadingsStore(store, feed=feed)
    readings.open()
    return readings


def test_opening_makes_the_store_its_feeds(store: ObjectStore) -> None:
    assert store_feed(store) is None
    opened(store)
    assert store_feed(store) is Feed.SIMULATED
    assert [info.key for info in store.list("")] == [STORE_KEY]


def test_opening_again_changes_nothing(store: ObjectStore) -> None:
    opened(store)
    before, listed = contents(store), list(store.list(""))
    opened(store)
    assert contents(store) == before
    assert list(store.list("")) == listed


def test_another_feed_is_refused_and_nothing_is_written(store: ObjectStore) -> None:
    opened(store).write(NOVEMBER, values(0), settle_after=SETTLE)
    before = contents(store)
    with pytest.raises(WrongStore, match="GRID_FEED: got 'eirgrid', but this store holds 'simulated'") as refused:
        opened(store, Feed.EIRGRID)
    assert "\n" not in str(refused.value)
    assert contents(store) == before


@pytest.mark.parametrize(
    "identity",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"feed": "simulated"}',
        json.dumps({"feed": "simulated", "schema_version": 99}).encode(),
        json.dumps({"feed": "moon", "schema_version": 1}).encode(),
    ],
)
def test_a_store_that_is_not_ours_is_refused_and_left_alone(folder: LocalStore, identity: bytes) -> None:
    folder.overwrite(STORE_KEY, identity)
    before = contents(folder)
    with pytest.raises(WrongStore):
        opened(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("identity", [b"", b"[]", b"{}", b'{"feed": "moon"}'])
def test_a_feed_that_cannot_be_read_is_a_storage_error(folder: LocalStore, identity: bytes) -> None:
    folder.overwrite(STORE_KEY, identity)
    with pytest.raises(StorageError, match=STORE_KEY):
        store_feed(folder)


def test_of_two_feeds_that_open_a_new_store_at_once_one_has_it(store: ObjectStore) -> None:
    ready = threading.Barrier(8)

    def claim(feed: Feed) -> Feed | None:
        ready.wait()
        try:
            opened(store, feed)
        except WrongStore:
            return None
        return feed

    claimed = in_threads(claim, [(feed,) for feed in [Feed.SIMULATED, Feed.RECORDED] * 4])
    owner = store_feed(store)
    assert [feed for feed in claimed if feed] == [owner] * 4


def test_a_store_is_claimed_even_when_the_first_try_meets_a_conflict(folder: LocalStore) -> None:
    # 409: S3 was busy with another writer, who then wrote nothing.
    store = Disturbed(folder, puts=iter([ConditionFailed("409")]))
    opened(store)
    assert store_feed(folder) is Feed.SIMULATED


class Careless(LocalStore):
    """A server that ignores one of the two conditions of a PUT."""

    def __init__(self, root: Path, *, ignores: str) -> None:
        super().__init__(root)
        self.ignores = ignores

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        if self.ignores == ("If-Match" if expected else "If-None-Match"):
            return self.overwrite(key, data)
        return super().put(key, data, expected=expected)


@pytest.mark.parametrize("ignores", ["If-Match", "If-None-Match"])
def test_a_server_that_ignores_conditions_is_refused_when_it_is_claimed(tmp_path: Path, ignores: str) -> None:
    with pytest.raises(SettingInvalid, match=f"whose server ignores {ignores}: two writers would lose rows"):
        opened(Careless(tmp_path, ignores=ignores))


def test_a_partition_that_was_never_written_is_none(store: ObjectStore) -> None:
    assert opened(store).read(NOVEMBER) is None


def test_what_was_written_is_read(store: ObjectStore) -> None:
    readings = opened(store)
    written = readings.write(NOVEMBER, values(0, 4), settle_after=SETTLE)
    assert rows_of(written.table) == rows_of(values(0, 4))
    assert len(written.changed) == 4
    table = readings.read(NOVEMBER)
    assert table is not None
    assert rows_of(table) == rows_of(values(0, 4))


def test_partitions_do_not_meet(store: ObjectStore) -> None:
    readings = opened(store)
    readings.write(NOVEMBER, values(0), settle_after=SETTLE)
    assert readings.read(Partition("eirgrid", "wind", "NI", Month(2026, 11))) is None
    assert readings.read(Partition("eirgrid", "wind", "ROI", Month(2026, 1))) is None


def test_an_unchanged_partition_is_not_written(store: ObjectStore) -> None:
    readings = opened(store)
    readings.write(NOVEMBER, values(0, 4), settle_after=SETTLE)
    before, listed = contents(store), list(store.list(""))
    later = values(0, 4, fetched=FETCHED + timedelta(days=1))
    for again in (values(0, 4), later, values(0, 0)):
        written = readings.write(NOVEMBER, again, settle_after=SETTLE)
        assert len(written.changed) == 0
        assert rows_of(written.table) == rows_of(values(0, 4))
    assert contents(store) == before
    assert list(store.list("")) == listed


def test_an_unchanged_partition_is_not_even_touched(folder: LocalStore) -> None:
    readings = opened(folder)
    readings.write(NOVEMBER, values(0, 4), settle_after=SETTLE)
    before = (folder.root / KEY).stat()
    readings.write(NOVEMBER, values(0, 4), settle_after=SETTLE)
    after = (folder.root / KEY).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_nothing_written_into_nothing_makes_no_object(store: ObjectStore) -> None:
    readings = opened(store)
    readings.write(NOVEMBER, values(0, 0), settle_after=SETTLE)
    assert store.get(KEY) is None


def test_a_lost_race_is_merged_again(store: ObjectStore) -> None:
    def other_writer() -> None:
        opened(store).write(NOVEMBER, values(1), settle_after=SETTLE)

    readings = opened(store)
    readings.store = disturbed = Disturbed(store, puts=iter([other_writer]))
    written = readings.write(NOVEMBER, values(0), settle_after=SETTLE)
    assert disturbed.tried == 2
    assert rows_of(written.table) == rows_of(values(0, 2))
    assert len(written.changed) == 1
    table = readings.read(NOVEMBER)
    assert table is not None
    assert rows_of(table) == rows_of(values(0, 2))


def test_a_race_lost_to_a_later_reading_leaves_nothing_to_write(folder: LocalStore) -> None:
    def other_writer() -> None:
        later = values(0, value=7.0, fetched=FETCHED + timedelta(hours=1))
        opened(folder).write(NOVEMBER, later, settle_after=SETTLE)

    readings = opened(folder)
    readings.store = disturbed = Disturbed(folder, puts=iter([other_writer]))
    written = readings.write(NOVEMBER, values(0), settle_after=SETTLE)
    assert disturbed.tried == 1
    assert len(written.changed) == 0
    assert [row[2] for row in rows_of(written.table)] == [7.0]


def test_a_write_whose_answer_was_lost_is_still_reported(folder: LocalStore) -> None:
    readings = opened(folder)
    readings.store = unanswered = Unanswered(folder, puts=iter([]))
    written = readings.write(NOVEMBER, values(0, 4), settle_after=SETTLE)
    assert len(written.changed) == 4
    assert unanswered.tried == 1


def test_a_writer_that_loses_every_race_gives_up(folder: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = opened(folder)
    readings.store = disturbed = Disturbed(folder, puts=iter([ConditionFailed("412")] * 100))
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    with pytest.raises(StorageError, match="412"):
        readings.write(NOVEMBER, values(0), settle_after=SETTLE)
    assert disturbed.tried == WRITE_ATTEMPTS
    assert folder.get(KEY) is None


def test_a_failing_store_is_not_asked_again(folder: LocalStore) -> None:
    readings = opened(folder)
    readings.store = disturbed = Disturbed(folder, puts=iter([StorageError("503")]))
    with pytest.raises(StorageError, match="503"):
        readings.write(NOVEMBER, values(0), settle_after=SETTLE)
    assert disturbed.tried == 1


def test_a_corrupt_partition_is_named_and_left_alone(store: ObjectStore) -> None:
    readings = opened(store)
    store.overwrite(KEY, b"<html>503</html>")
    before = contents(store)
    with pytest.raises(StorageError, match=r"month=11/data\.parquet is not a readings file"):
        readings.read(NOVEMBER)
    with pytest.raises(StorageError, match=r"month=11/data\.parquet is not a readings file"):
        readings.write(NOVEMBER, values(0), settle_after=SETTLE)
    assert contents(store) == before


def test_threads_that_write_into_one_partition_lose_no_row(store: ObjectStore) -> None:
    reported = in_threads(write_slots, [(store, first, 3, 8) for first in range(8)])
    table = opened(store).read(NOVEMBER)
    assert table is not None
    assert rows_of(table) == rows_of(values(0, 24))
    assert reported == [3] * 8


def test_processes_that_write_into_one_partition_lose_no_row(store: ObjectStore) -> None:
    reported = in_processes(write_slots, [(location_of(store), first, 16, 2) for first in range(2)])
    table = opened(store).read(NOVEMBER)
    assert table is not None
    assert rows_of(table) == rows_of(values(0, 32))
    assert reported == [16] * 2


def newest(rows: list[tuple[datetime, str, float | None, datetime]], *, now: datetime) -> datetime | None:
    return newest_value(table_of(rows), fields={"WIND_ACTUAL"}, now=now)


def test_the_newest_value_is_neither_null_nor_to_come_nor_of_another_field() -> None:
    rows: list[Any] = [
        (START, "WIND_ACTUAL", 1.0, FETCHED),
        (START + QUARTER, "WIND_ACTUAL", 0.0, FETCHED),
        (START + 2 * QUARTER, "WIND_ACTUAL", None, FETCHED),
        (START + 3 * QUARTER, "WIND_FCAST", 3.0, FETCHED),
        (START + 4 * QUARTER, "WIND_ACTUAL", 4.0, FETCHED),
    ]
    assert newest(rows, now=START + 3 * QUARTER) == START + QUARTER
    assert newest(rows, now=START + 4 * QUARTER) == START + 4 * QUARTER
    assert newest(rows, now=START + 4 * QUARTER - timedelta(microseconds=1)) == START + QUARTER
    assert newest(rows, now=START) == START


def test_there_is_no_newest_value_where_there_is_no_value() -> None:
    assert newest([], now=START) is None
    assert newest([(START, "WIND_ACTUAL", None, FETCHED)], now=START) is None
    assert newest([(START, "WIND_FCAST", 1.0, FETCHED)], now=START) is None
    assert newest([(START, "WIND_ACTUAL", 1.0, FETCHED)], now=START - QUARTER) is None
    assert newest_value(values(0), fields=(), now=FETCHED) is None


def test_the_newest_value_is_an_instant_in_utc() -> None:
    found = newest([(START, "WIND_ACTUAL", 1.0, FETCHED)], now=FETCHED)
    assert found is not None
    assert found.utcoffset() == timedelta(0)
    assert found == datetime(2026, 11, 22, tzinfo=UTC)
