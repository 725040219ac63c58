"""What is in a store: counted for the supervisor's closing lines."""

import duckdb

from include.domain.catalogue import area_names
from include.storage.duck import connect
from include.storage.keys import READINGS
from include.storage.location import open_store


def rows_per_area(location: str) -> dict[str, int]:
    """Rows of readings per area, in the catalogue's order; areas without any are left out."""
    store = open_store(location)
    keys: dict[str, list[str]] = {}
    for info in store.list(f"{READINGS}/"):
        area = info.key.partition("/area=")[2].partition("/")[0]
        keys.setdefault(area, []).append(info.key)
    with connect(store) as connection:
        return {
            area: _count(connection, [store.address(key) for key in keys[area]])
            for area in area_names()
            if area in keys
        }


def _count(connection: duckdb.DuckDBPyConnection, files: list[str]) -> int:
    found = connection.execute("SELECT count(*) FROM read_parquet($files)", {"files": files}).fetchone()
    return int(found[0]) if found else 0
