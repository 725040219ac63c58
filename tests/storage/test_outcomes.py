"""The record of tries: complete, bounded, and never written over when it cannot be read."""

import json
from datetime import UTC, date, datetime

import pytest

from include.domain.errors import ConditionFailed, StorageError
from include.storage.keys import SCHEMA_VERSION, outcomes_key
from include.storage.local import LocalStore
from include.storage.object_store import ObjectStore
from include.storage.outcomes import TRIES_KEPT, Failed, Outcomes, Try, read_outcomes, record_tries
from tests.storage.lossy import LossyStore
from tests.storage.writers import NOVEMBER, contents, in_threads

KEY = outcomes_key(NOVEMBER)
DAY, NEXT = date(2026, 11, 22), date(2026, 11, 23)
FULL = Try(
    at="2026-11-22T20:07:00+00:00",
    outcome="contract_broken",
    interface="chart",
    error="ContractBroken",
    message="odd · 1 %",
    sha256="ab" * 32,
    sample="<html>",
    failed=(Failed("vargen", ("WIND_ACTUAL", "WIND_FCAST"), "Transient", "HTTP 503"),),
    flagged=("WIND_ACTUAL 99999 MW at 2026-11-22T20:00:00Z, plausible: -100 to 8000",),
)


def numbered(number: int) -> Try:
    return Try(at=f"2026-11-22T20:{number:02d}:00+00:00", outcome="stored", interface="vargen")


def test_nothing_was_recorded_in_a_new_store(store: ObjectStore) -> None:
    assert read_outcomes(store, NOVEMBER) == Outcomes()


def test_what_was_recorded_is_read_in_the_order_of_tries(store: ObjectStore) -> None:
    record_tries(store, NOVEMBER, {DAY: numbered(1), NEXT: FULL})
    record_tries(store, NOVEMBER, {DAY: numbered(2)})
    assert read_outcomes(store, NOVEMBER).days == {DAY: [numbered(1), numbered(2)], NEXT: [FULL]}


def test_refusals_are_remembered_until_they_are_answered(store: ObjectStore) -> None:
    first, second = (datetime(2026, 11, day, 20, 7, tzinfo=UTC) for day in (22, 23))
    wind, solar = ("chart", "WIND_ACTUAL"), ("chart", "SOLAR_ACTUAL")
    record_tries(store, NOVEMBER, {}, refused={wind: first, solar: first})
    record_tries(store, NOVEMBER, {DAY: numbered(1)}, refused={wind: second})
    assert read_outcomes(store, NOVEMBER) == Outcomes({DAY: [numbered(1)]}, {wind: second, solar: first})
    record_tries(store, NOVEMBER, {}, answered=[wind, ("vargen", "SOLAR_ACTUAL")])
    assert read_outcomes(store, NOVEMBER).refused == {solar: first}


def test_only_the_last_tries_of_a_day_are_kept(folder: LocalStore) -> None:
    for number in range(TRIES_KEPT + 2):
        record_tries(folder, NOVEMBER, {DAY: numbered(number), **({NEXT: FULL} if number == 0 else {})})
    assert read_outcomes(folder, NOVEMBER).days == {
        DAY: [numbered(number) for number in range(2, TRIES_KEPT + 2)],
        NEXT: [FULL],
    }


def test_the_file_is_sparse_sorted_and_says_its_version(folder: LocalStore) -> None:
    record_tries(folder, NOVEMBER, {NEXT: numbered(2), DAY: numbered(1)})
    found = folder.get(KEY)
    assert found is not None
    document = json.loads(found.data)
    assert document["schema_version"] == SCHEMA_VERSION
    assert list(document["days"]) == ["2026-11-22", "2026-11-23"]
    assert document["days"]["2026-11-22"] == [
        {"at": "2026-11-22T20:01:00+00:00", "outcome": "stored", "interface": "vargen"}
    ]


def test_text_that_is_no_unicode_is_kept(folder: LocalStore) -> None:
    odd = Try(at="2026-11-22T20:07:00+00:00", outcome="stored", interface="files", message="rooftop_\udcff.csv")
    record_tries(folder, NOVEMBER, {DAY: odd})
    assert read_outcomes(folder, NOVEMBER).days == {DAY: [odd]}


def test_racing_writers_lose_no_try(store: ObjectStore) -> None:
    tried = [date(2026, 11, number) for number in range(1, 9)]
    in_threads(record_tries, [(store, NOVEMBER, {day: numbered(day.day)}) for day in tried])
    assert read_outcomes(store, NOVEMBER).days == {day: [numbered(day.day)] for day in tried}


@pytest.mark.parametrize(
    "corrupt",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"[]",
        b'{"days": []}',
        b'{"days": {"22 November": []}}',
        b'{"days": {"2026-11-22": 5}}',
        b'{"days": {"2026-11-22": [{"at": "2026-11-22T20:00:00+00:00"}]}}',
        b'{"days": {"2026-11-22": ["stored"]}}',
    ],
)
def test_a_corrupt_record_is_named_and_not_written_over(folder: LocalStore, corrupt: bytes) -> None:
    folder.overwrite(KEY, corrupt)
    before = contents(folder)
    with pytest.raises(StorageError, match=r"month=11\.json cannot be read"):
        read_outcomes(folder, NOVEMBER)
    with pytest.raises(StorageError, match=r"month=11\.json cannot be read"):
        record_tries(folder, NOVEMBER, {DAY: FULL})
    assert contents(folder) == before


def test_a_writer_that_loses_every_race_says_so(folder: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def beaten(key: str, data: bytes, *, expected: str | None) -> str:
        raise ConditionFailed("412")

    monkeypatch.setattr(folder, "put", beaten)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    with pytest.raises(StorageError, match="412"):
        record_tries(folder, NOVEMBER, {DAY: FULL})


def test_a_try_whose_writing_was_not_answered_is_recorded_once(folder: LocalStore) -> None:
    """The store has it, its answer is lost, and the client's own second PUT meets what the first has written."""
    record_tries(folder, NOVEMBER, {DAY: numbered(1)})
    lossy = LossyStore(folder.root)
    record_tries(lossy, NOVEMBER, {DAY: numbered(2), NEXT: numbered(2)})
    assert lossy.lost == 1
    assert read_outcomes(folder, NOVEMBER).days == {DAY: [numbered(1), numbered(2)], NEXT: [numbered(2)]}
