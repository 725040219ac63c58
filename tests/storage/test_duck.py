"""DuckDB reads both stores, in UTC, within bounds, and with what is installed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pytest
from botocore.credentials import ReadOnlyCredentials

from include.domain.calendar import Month
from include.domain.errors import StorageError
from include.domain.readings import Feed, Partition
from include.storage.duck import THREADS, Databases, connect, existing_files
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


def _mark(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Leaves a table in the database, and one beside it; which of them were there before."""
    found = [str(name) for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    connection.execute("CREATE TABLE IF NOT EXISTS lasting (a INTEGER)")
    connection.execute("CREATE TEMP TABLE passing (a INTEGER)")
    return found


def test_a_database_is_kept_for_the_next_query_but_not_what_that_made_in_passing(folder: LocalStore) -> None:
    databases = Databases(folder)
    for expected in ([], ["lasting"], ["lasting"]):
        with databases.cursor() as cursor:
            assert _mark(cursor) == expected
            assert cursor.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)


def test_queries_at_once_have_a_database_each(folder: LocalStore) -> None:
    databases = Databases(folder)
    with databases.cursor() as one, databases.cursor() as other:
        assert (_mark(one), _mark(other)) == ([], [])
    with databases.cursor() as one, databases.cursor() as other:
        assert (_mark(one), _mark(other)) == (["lasting"], ["lasting"])


def test_a_database_in_which_something_failed_is_not_used_again(folder: LocalStore) -> None:
    databases = Databases(folder)

    def fail() -> None:
        with databases.cursor() as cursor:
            _mark(cursor)
            cursor.execute("SELECT * FROM nowhere")

    with pytest.raises(duckdb.CatalogException):
        fail()
    with databases.cursor() as cursor:
        assert _mark(cursor) == []


def test_a_database_that_grew_is_not_kept(folder: LocalStore) -> None:
    databases = Databases(folder)
    for keep in (False, False, True):
        with databases.cursor(keep=keep) as cursor:
            assert _mark(cursor) == []


def test_a_database_is_not_used_with_other_settings_or_in_another_process(
    folder: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases = Databases(folder)
    with databases.cursor() as cursor:
        _mark(cursor)
    monkeypatch.setattr("include.storage.duck.MEMORY_LIMIT", "300MB")
    with databases.cursor() as cursor:
        assert _mark(cursor) == []
    monkeypatch.setattr("os.getpid", lambda: -1)
    with databases.cursor() as cursor:
        assert _mark(cursor) == []


@pytest.mark.server
def test_a_database_is_not_used_with_credentials_that_were_renewed(
    s3_store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"AccessKeyId": "first", "SecretAccessKey": "one"}  # pragma: allowlist secret

    class Session:
        def get_credentials(self) -> object:
            return self

        def get_frozen_credentials(self) -> ReadOnlyCredentials:
            return ReadOnlyCredentials(held["AccessKeyId"], held["SecretAccessKey"], "a token")

    monkeypatch.setattr("boto3.Session", Session)
    databases = Databases(s3_store)
    secret = "SELECT secret_string FROM duckdb_secrets()"  # pragma: allowlist secret
    for expected in ([], ["lasting"]):
        with databases.cursor() as cursor:
            assert _mark(cursor) == expected
            assert "key_id=first" in str(cursor.execute(secret).fetchone())
    held["AccessKeyId"] = "second"
    with databases.cursor() as cursor:
        assert _mark(cursor) == []
        assert "key_id=second" in str(cursor.execute(secret).fetchone())


@pytest.mark.server
def test_the_s3_reader_may_lie_in_a_folder_with_an_apostrophe(
    s3_store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(duckdb_extension_httpfs.__file__).parent
    (tmp_path / "O'Brien").symlink_to(installed)
    monkeypatch.setattr(duckdb_extension_httpfs, "__file__", str(tmp_path / "O'Brien" / "__init__.py"))
    with connect(s3_store) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.server
def test_an_s3_reader_of_another_version_is_named(s3_store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "0.0.0")
    with pytest.raises(StorageError, match=r"duckdb 0\.0\.0 needs duckdb-extension-httpfs of the same version"):
        connect(s3_store)


@pytest.mark.server
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
