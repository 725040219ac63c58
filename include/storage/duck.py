"""DuckDB over a store, with its S3 reader taken from a wheel: nothing is downloaded at run time."""

import os
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import boto3
import duckdb

from include.domain.errors import StorageError
from include.domain.readings import Partition
from include.storage.keys import month_prefix, readings_key, region_prefix, year_prefix
from include.storage.object_store import ObjectInfo, ObjectStore
from include.storage.s3 import S3Store

MEMORY_LIMIT: Final = "400MB"
THREADS: Final = 2
LISTED_ONE_BY_ONE: Final = 3
"""Months of a year, or years of a region: more are listed together."""


def connect(store: ObjectStore) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory database in UTC that can read the store; bounded in memory and threads."""
    return _opened(_Setup.of(store))


class Databases:
    """Databases over a store that stay open from one query to the next: opening one takes as long as a short query.

    Each query has one to itself, with its memory limit and its spill folder. One in which anything failed is closed.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._idle: list[tuple[_Setup, duckdb.DuckDBPyConnection]] = []
        self._session: boto3.Session | None = None
        """Kept, since it renews credentials that run out."""
        self._process = os.getpid()
        self._inherited: list[tuple[_Setup, duckdb.DuckDBPyConnection]] = []
        """Never closed: that would wait for threads, which are those of the process that this one was forked from."""

    @contextmanager
    def cursor(self, *, keep: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to one of them; what it makes in the temp schema is gone after it.

        Memory that a large query took is given back only by closing the database after it: without `keep`.
        """
        setup, database = self._taken()
        try:
            with database.cursor() as cursor:
                yield cursor
        except BaseException:
            # Credentials may be what failed, so the machine is asked for them again, too.
            self._session = None
            database.close()
            raise
        if not keep:
            database.close()
            return
        with self._lock:
            self._idle.append((setup, database))

    def _taken(self) -> "tuple[_Setup, duckdb.DuckDBPyConnection]":
        with self._lock:
            if self._process != os.getpid():
                self._inherited, self._idle, self._process = self._idle, [], os.getpid()
            if self._session is None and isinstance(self.store, S3Store):
                self._session = boto3.Session()
            setup = _Setup.of(self.store, self._session)
            while self._idle:
                made_for, database = self._idle.pop()
                if made_for == setup:
                    return setup, database
                database.close()
        return setup, _opened(setup)


@dataclass(frozen=True, slots=True)
class _Setup:
    """What a database is opened with; where that has changed, such as credentials, it takes another one."""

    memory_limit: str
    secret: str
    """SQL; empty for a folder."""

    @classmethod
    def of(cls, store: ObjectStore, session: boto3.Session | None = None) -> "_Setup":
        secret = _secret(store, store.session or session or boto3.Session()) if isinstance(store, S3Store) else ""
        return cls(MEMORY_LIMIT, secret)


def _opened(setup: _Setup) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            # A query reads each file once: keeping its bytes doubles the memory.
            "enable_external_file_cache": "false",
            "memory_limit": setup.memory_limit,
            "threads": str(THREADS),
            # By default every connection of a folder spills into the same files there, and reads what others wrote.
            "temp_directory": str(Path(tempfile.gettempdir()) / f"duckdb-{uuid.uuid4().hex}"),
        }
    )
    # Globally: for its cursors, too.
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    if setup.secret:
        _load_httpfs(connection)
        connection.execute(setup.secret)
    return connection


def existing_files(store: ObjectStore, partitions: Iterable[Partition]) -> list[str]:
    """Addresses of the partitions' files that exist; the cost depends on the span asked for, not on all history."""
    return [store.address(info.key) for info in existing(store, partitions).values()]


def existing(store: ObjectStore, partitions: Iterable[Partition]) -> dict[Partition, ObjectInfo]:
    """The files of those of the partitions that have one, in the order asked for."""
    wanted = {partition: readings_key(partition) for partition in partitions}
    found = {info.key: info for prefix in _prefixes(wanted) for info in store.list(prefix)}
    return {partition: found[key] for partition, key in wanted.items() if key in found}


def _prefixes(partitions: Iterable[Partition]) -> Iterator[str]:
    """What to list: months, or whole years, or all of a region, where that saves asking."""
    regions: dict[str, dict[str, dict[str, None]]] = {}
    for partition in partitions:
        years = regions.setdefault(region_prefix(partition), {})
        years.setdefault(year_prefix(partition), {})[month_prefix(partition)] = None
    for region, years in regions.items():
        if len(years) > LISTED_ONE_BY_ONE:
            yield region
            continue
        for year, months in years.items():
            yield from months if len(months) <= LISTED_ONE_BY_ONE else [year]


def _load_httpfs(connection: duckdb.DuckDBPyConnection) -> None:
    import duckdb_extension_httpfs  # noqa: PLC0415  only S3 needs it

    folder = Path(duckdb_extension_httpfs.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    extension = folder / "httpfs.duckdb_extension"
    if not extension.exists():
        raise StorageError(f"duckdb {duckdb.__version__} needs duckdb-extension-httpfs of the same version")
    connection.execute(f"LOAD {_quoted(str(extension))}")


def _secret(store: S3Store, session: boto3.Session) -> str:
    credentials = session.get_credentials()
    if credentials is None:
        raise StorageError("no AWS credentials: set the usual AWS_* variables or give the worker a role")
    frozen = credentials.get_frozen_credentials()
    meta = store.client.meta
    options = {
        "KEY_ID": frozen.access_key,
        "SECRET": frozen.secret_key,
        "SESSION_TOKEN": frozen.token or "",
        "REGION": meta.region_name or "us-east-1",
    }
    scheme, _, endpoint = meta.endpoint_url.partition("://")
    if not endpoint.endswith(".amazonaws.com"):
        options |= {"ENDPOINT": endpoint.rstrip("/"), "URL_STYLE": "path"}
        options["USE_SSL"] = "true" if scheme == "https" else "false"
    listed = ", ".join(f"{name} {_quoted(value)}" for name, value in options.items() if value)
    return f"CREATE SECRET store (TYPE s3, {listed})"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
