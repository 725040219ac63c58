"""What was given up is kept with its evidence, under a condition, and never written over when it cannot be read."""

from datetime import UTC, date, datetime, timedelta

import pytest

from include.domain.errors import StorageError
from include.domain.gaps import State
from include.domain.repairs import Hole, Verdict
from include.storage.keys import verdicts_key
from include.storage.object_store import ObjectStore
from include.storage.verdicts import change_verdicts, read_verdicts
from tests.storage.writers import contents, in_threads

NOW = datetime(2026, 11, 12, 6, tzinfo=UTC)


def verdict(day: date, area: str = "wind") -> Verdict:
    missing = {"WIND_ACTUAL": (Hole(State.MISSING_UPSTREAM, 8, 11, 4), Hole(State.NOT_FETCHED, 95, 95, 1))}
    return Verdict(area, "ROI", day, day, missing, 5, NOW - timedelta(days=9), NOW, "unchanged")


def test_what_was_written_is_read(store: ObjectStore) -> None:
    assert read_verdicts(store, "eirgrid") == []
    one = verdict(date(2026, 11, 3))
    assert change_verdicts(store, "eirgrid", lambda known: [*known, one]) == [one]
    assert read_verdicts(store, "eirgrid") == [one]
    before = contents(store)
    change_verdicts(store, "eirgrid", lambda known: known)
    assert contents(store) == before


def test_writers_at_the_same_time_lose_none(store: ObjectStore) -> None:
    def add(number: int) -> None:
        change_verdicts(store, "eirgrid", lambda known: [*known, verdict(date(2026, 11, 3), f"area{number}")])

    in_threads(add, [(number,) for number in range(8)])
    assert {one.area for one in read_verdicts(store, "eirgrid")} == {f"area{number}" for number in range(8)}


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"given_up": [{}]}', b'{"given_up": [{"missing": []}]}'])
def test_what_cannot_be_read_is_named_and_left_alone(store: ObjectStore, data: bytes) -> None:
    store.overwrite(verdicts_key("eirgrid"), data)
    with pytest.raises(StorageError, match=r"verdicts/source=eirgrid\.json cannot be read"):
        read_verdicts(store, "eirgrid")
    with pytest.raises(StorageError):
        change_verdicts(store, "eirgrid", lambda known: known)
    found = store.get(verdicts_key("eirgrid"))
    assert found is not None
    assert found.data == data
