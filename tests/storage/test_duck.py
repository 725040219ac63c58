"""DuckDB reads both stores, in UTC, within bounds, and with what is installed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pytest

from include.domain.calendar import Month
from include.domain.errors import StorageError
from include.domain.readings import Feed, Partition
from include.storage.duck import THREADS, connect, existing_files
from include.storage.keys import readings_key
from include.storage.local import LocalStore
from include.storage.object_store import ObjectStore
from include.storage.readings import ReadingsStore
from include.storage.s3 import S3Store
from tests.storage.writers import NOVEMBER, SETTLE, values

DAYS = [Partition("eirgrid", "frequency", "ROI", Month(2026, 11), day) for day in (21, 22, 23)]


def filled(store: ObjectStore, *partitions: Partition) -> ObjectStore:
    readings = ReadingsStore(store, feed=Feed.SIMULATED)
    readings.open()
    for partition in partitions:
        readings.write(partition, values(0, 96), settle_after=SETTLE)
    return store


def test_readings_can_be_queried(store: ObjectStore) -> None:
    files = existing_files(filled(store, NOVEMBER), [NOVEMBER])
    with connect(store) as connection:
        found = connection.execute(
            "SELECT count(*), sum(value), min(timestamp)::VARCHAR, any_value(region), any_value(month)::INTEGER"
            " FROM read_parquet($files, hive_partitioning = true)",
            {"files": files},
        ).fetchone()
    assert found == (96, 95 * 96 / 2, "2026-11-22 00:00:00+00", "ROI", 11)


def test_only_files_that_exist_are_named_in_the_order_asked_for(store: ObjectStore) -> None:
    filled(store, DAYS[2], DAYS[0], NOVEMBER)
    december = Partition("eirgrid", "wind", "ROI", Month(2026, 12))
    asked = [*DAYS, december, NOVEMBER, NOVEMBER]
    assert existing_files(store, asked) == [store.address(readings_key(one)) for one in (DAYS[0], DAYS[2], NOVEMBER)]
    assert existing_files(store, iter([december])) == []
    assert existing_files(store, []) == []


def test_only_the_months_asked_for_are_listed(folder: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []
    whole = folder.list

    def watched(prefix: str) -> object:
        listed.append(prefix)
        return whole(prefix)

    monkeypatch.setattr(folder, "list", watched)
    existing_files(folder, DAYS)
    assert listed == ["readings/source=eirgrid/area=frequency/region=ROI/year=2026/month=11/"]


def test_a_connection_is_in_utc_bounded_and_installs_nothing(
    folder: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    with connect(folder) as connection:
        found = connection.execute(
            "SELECT current_setting('TimeZone'), current_setting('threads'), current_setting('memory_limit'),"
            " current_setting('autoinstall_known_extensions')"
        ).fetchone()
    assert found == ("UTC", THREADS, "381.4 MiB", False)


def test_connections_share_nothing(folder: LocalStore) -> None:
    with connect(folder) as one, connect(folder) as other:
        one.execute("CREATE TABLE t (a INTEGER)")
        with pytest.raises(duckdb.CatalogException):
            other.execute("SELECT * FROM t")


@pytest.mark.network
def test_the_s3_reader_may_lie_in_a_folder_with_an_apostrophe(
    s3_store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(duckdb_extension_httpfs.__file__).parent
    (tmp_path / "O'Brien").symlink_to(installed)
    monkeypatch.setattr(duckdb_extension_httpfs, "__file__", str(tmp_path / "O'Brien" / "__init__.py"))
    with connect(s3_store) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.network
def test_an_s3_reader_of_another_version_is_named(s3_store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "0.0.0")
    with pytest.raises(StorageError, match=r"duckdb 0\.0\.0 needs duckdb-extension-httpfs of the same version"):
        connect(s3_store)


@pytest.mark.network
def test_no_credentials_are_named(s3_store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert not {name for name in os.environ if name.startswith("AWS_CONTAINER")}
    with pytest.raises(StorageError, match="no AWS credentials"):
        connect(s3_store)


def test_connections_at_the_same_time_spill_apart(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sorts more than it may keep in memory; in files of one folder they would read each other's rows."""

    def sort(seed: int) -> int:
        with connect(store) as connection:
            connection.execute("SET memory_limit = '60MB'")
            connection.execute(
                "CREATE TEMP TABLE sorted AS SELECT repeat(i::VARCHAR, 8) AS text FROM range(400000) t(i)"
                " ORDER BY hash(i + $seed)",
                {"seed": seed},
            )
            (found,) = connection.execute("SELECT sum(length(text)) FROM sorted").fetchone() or (None,)
            return int(found)

    monkeypatch.chdir(tmp_path)
    digits = sum(len(str(number)) for number in range(400_000))
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(sort, range(12))) == {8 * digits}
    assert not (tmp_path / ".tmp").exists()
