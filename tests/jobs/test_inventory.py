"""What there is: read once, kept while a file stands as it is, counted against the calendar."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from include.domain.readings import Feed
from include.jobs import inventory as inventory_module
from include.jobs.inventory import Inventory
from include.sources.registry import source
from include.storage import parquet
from include.storage.keys import partition_of_key, readings_key, summary_key
from include.storage.local import LocalStore
from include.storage.object_store import StoredObject
from include.storage.readings import ReadingsStore
from tests.jobs.invented import NOW, at, fill, unit

WIND = "readings/source=eirgrid/area=wind/region=ROI/year=2026/month=02/data.parquet"
OCTOBER = "2025-11-01T00:05:00Z"


class Counting(LocalStore):
    """A folder that notes what is read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.read: list[str] = []

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        self.read.append(key)
        return super().get(key, unless=unless)


@pytest.fixture
def counting(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "store")


def inventory(store: LocalStore, now: str = NOW) -> Inventory:
    return Inventory(store, Feed.SIMULATED, (source("eirgrid"),), at(now))


def stored(store: LocalStore) -> ReadingsStore:
    readings = ReadingsStore(store, feed=Feed.SIMULATED)
    readings.open()
    return readings


def document(store: LocalStore, name: str) -> Any:
    found = store.get(summary_key(name))
    assert found is not None
    return json.loads(found.data)


def series(store: LocalStore, area: str, region: str, field: str) -> dict[str, Any]:
    (one,) = (one for one in document(store, "catalogue")["areas"] if one["area"] == area)
    (found,) = (row for row in one["series"] if (row["region"], row["field"]) == (region, field))
    return dict(found)


def test_a_file_is_read_again_only_when_it_has_changed(counting: Counting) -> None:
    readings = stored(counting)
    fill(readings, "wind", "ROI", [("2026-02-10T11:00:00Z", "WIND_ACTUAL", 1)])
    fill(readings, "snsp", "ALL", [("2026-02-10T11:00:00Z", "SNSP_ALL", 1)])
    assert inventory(counting).update("eirgrid") == 2
    counting.read.clear()
    assert inventory(counting).update("eirgrid") == 0
    assert not [key for key in counting.read if key.startswith("readings/")]
    fill(readings, "wind", "ROI", [("2026-02-10T11:15:00Z", "WIND_ACTUAL", 2)])
    counting.read.clear()
    assert inventory(counting).update("eirgrid") == 1
    assert [key for key in counting.read if key.startswith("readings/")] == [WIND]
    (wind,) = (file for file in inventory(counting).files("eirgrid") if "area=wind" in file["key"])
    assert wind["fields"]["WIND_ACTUAL"]["values"] == 2


def test_a_task_that_is_ended_on_the_way_goes_on_where_it_was(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first inventory after a load of all years must not begin anew every time."""
    monkeypatch.setattr("include.jobs.inventory.SAVED_EVERY", 1)
    readings = stored(counting)
    for month in ("2026-01-05", "2026-02-05"):
        fill(readings, "wind", "ROI", [(f"{month}T10:00:00Z", "WIND_ACTUAL", 1.0)])

    def ends_at_the_second(data: bytes, *, key: str) -> Any:
        if key == WIND:
            raise TimeoutError
        return parquet.decode(data, key=key)

    with monkeypatch.context() as patched:
        patched.setattr(inventory_module, "decode", ends_at_the_second)
        with pytest.raises(TimeoutError):
            inventory(counting).update("eirgrid")
    assert inventory(counting).update("eirgrid") == 1
    assert len(inventory(counting).files("eirgrid")) == 2


def test_files_have_their_size_rows_hash_and_an_address_of_their_bytes(counting: Counting) -> None:
    fill(stored(counting), "wind", "ROI", [("2026-02-10T11:00:00Z", "WIND_ACTUAL", 1)])
    inventory(counting).update("eirgrid")
    inventory(counting).publish()
    listed = document(counting, "files")
    (file,) = listed["files"]
    data = (counting.root / WIND).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert (listed["feed"], file["path"], file["sha256"], file["size"]) == ("simulated", WIND, digest, len(data))
    assert file["url"] == f"/api/files/{WIND}?version={digest[:16]}"
    assert (file["area"], file["region"], file["period"]) == ("wind", "ROI", "2026-02")
    assert 0 < file["completeness"] < 0.001


def test_the_catalogue_tells_first_and_last_slot_and_how_complete_a_series_is(counting: Counting) -> None:
    rows: list[Any] = [(f"2026-02-10T{hour:02d}:00:00Z", "SNSP_ALL", 40 if hour != 5 else None) for hour in range(11)]
    fill(stored(counting), "snsp", "ALL", rows)
    inventory(counting).update("eirgrid")
    inventory(counting).publish()
    snsp = series(counting, "snsp", "ALL", "SNSP_ALL")
    assert (snsp["unit"], snsp["cadence_s"]) == ("%", 1800)
    assert (snsp["first"], snsp["last"], snsp["values"]) == ("2026-02-10T00:00:00Z", "2026-02-10T10:00:00Z", 10)
    # Due by 12:05: the half-hours from 00:00 to 11:00, since each is known half an hour after its end at the latest.
    assert snsp["completeness"] == pytest.approx(10 / 22, abs=0.0001)
    assert snsp["limit"]["high"] > 50
    nothing = series(counting, "wind", "NI", "WIND_ACTUAL")
    assert (nothing["first"], nothing["last"], nothing["values"], nothing["completeness"]) == (None, None, 0, None)
    assert series(counting, "generation", "ROI", "FUEL_GAS")["completeness"] is None, "a snapshot has no past"


def test_the_hour_that_clocks_go_through_twice_is_not_expected(counting: Counting) -> None:
    """26 October 2025: 96 stamps of 100 slots are all there can be."""
    start = at("2025-10-25T23:00:00Z")
    slots = [start + n * timedelta(minutes=15) for n in range(100)]
    rows: list[Any] = [(slot.isoformat(), "WIND_ACTUAL", 5) for slot in slots if slot.hour != 1 or slot.day != 26]
    fill(stored(counting), "wind", "ROI", rows, now=OCTOBER)
    inventory(counting, "2025-10-27T00:30:00Z").update("eirgrid")
    inventory(counting, "2025-10-27T00:30:00Z").publish()
    assert series(counting, "wind", "ROI", "WIND_ACTUAL")["completeness"] == 1


def test_unchanged_summaries_are_not_written_again(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(stored(counting), "wind", "ROI", [("2026-02-10T11:00:00Z", "WIND_ACTUAL", 1)])
    inventory(counting).update("eirgrid")
    inventory(counting).publish()
    written: list[str] = []
    monkeypatch.setattr(counting, "overwrite", lambda key, _data: written.append(key))
    inventory(counting).update("eirgrid")
    inventory(counting).publish()
    assert written == []


def test_a_key_tells_its_partition_and_no_other_key_does() -> None:
    for one in (unit("wind", "ROI", "2026-02-10").partition, unit("frequency", "ROI", "2026-02-10").partition):
        assert partition_of_key(readings_key(one)) == one
    for key in ("readings/source=eirgrid/x", f"{WIND}/x", f"../{WIND}", WIND.replace("month=02", "month=2"), ""):
        assert partition_of_key(key) is None
