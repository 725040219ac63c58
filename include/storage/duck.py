"""DuckDB over a store, with its S3 reader taken from a wheel: nothing is downloaded at run time."""

import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import boto3
import duckdb

from include.domain.errors import StorageError
from include.domain.readings import Partition
from include.storage.keys import month_prefix, readings_key, year_prefix
from include.storage.object_store import ObjectStore
from include.storage.s3 import S3Store

MEMORY_LIMIT: Final = "400MB"
THREADS: Final = 2
MONTHS_LISTED_ONE_BY_ONE: Final = 3


def connect(store: ObjectStore) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory connection in UTC that can read the store; bounded in memory and threads."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            # A connection reads each file once: keeping its bytes doubles the memory and saves nothing.
            "enable_external_file_cache": "false",
            "memory_limit": MEMORY_LIMIT,
            "threads": str(THREADS),
            # By default every connection of a folder spills into the same files there, and reads what others wrote.
            "temp_directory": str(Path(tempfile.gettempdir()) / f"duckdb-{uuid.uuid4().hex}"),
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    if isinstance(store, S3Store):
        _load_httpfs(connection)
        _add_secret(connection, store)
    return connection


def existing_files(store: ObjectStore, partitions: Iterable[Partition]) -> list[str]:
    """Addresses of the partitions' files that exist."""
    return [store.address(key) for key in existing_keys(store, partitions)]


def existing_keys(store: ObjectStore, partitions: Iterable[Partition]) -> list[str]:
    """Keys of the partitions' files that exist; the cost depends on the span asked for, not on all history."""
    wanted = {readings_key(partition): partition for partition in partitions}
    found = {info.key for prefix in _prefixes(wanted.values()) for info in store.list(prefix)}
    return [key for key in wanted if key in found]


def _prefixes(partitions: Iterable[Partition]) -> Iterator[str]:
    """What to list: months, or the whole year where that saves asking."""
    months: dict[str, dict[str, None]] = {}
    for partition in partitions:
        months.setdefault(year_prefix(partition), {})[month_prefix(partition)] = None
    for year, inside in months.items():
        yield from inside if len(inside) <= MONTHS_LISTED_ONE_BY_ONE else [year]


def _load_httpfs(connection: duckdb.DuckDBPyConnection) -> None:
    import duckdb_extension_httpfs  # noqa: PLC0415  only S3 needs it

    folder = Path(duckdb_extension_httpfs.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    extension = folder / "httpfs.duckdb_extension"
    if not extension.exists():
        raise StorageError(f"duckdb {duckdb.__version__} needs duckdb-extension-httpfs of the same version")
    connection.execute(f"LOAD {_quoted(str(extension))}")


def _add_secret(connection: duckdb.DuckDBPyConnection, store: S3Store) -> None:
    credentials = boto3.Session().get_credentials()
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
    connection.execute(f"CREATE SECRET store (TYPE s3, {listed})")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
