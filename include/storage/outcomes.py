"""What happened to each day's fetches: one small JSON per partition, beside the data."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from include.domain.errors import StorageError
from include.domain.readings import Partition
from include.storage.identity import until_undisturbed
from include.storage.keys import SCHEMA_VERSION, outcomes_key
from include.storage.object_store import ObjectStore

TRIES_KEPT: Final = 5


@dataclass(frozen=True, slots=True)
class Try:
    """One fetch of one day of a partition."""

    at: str
    """When, UTC, ISO 8601."""
    outcome: str
    interface: str
    error: str | None = None
    """Class of the error."""
    message: str | None = None
    sha256: str | None = None
    """Digest of the day's rows as upstream gave them."""
    sample: str | None = None
    """The start of an answer that broke the contract."""


def read_outcomes(store: ObjectStore, partition: Partition) -> dict[date, list[Try]]:
    """The last tries of each day, oldest first; empty when nothing was recorded."""
    found = store.get(outcomes_key(partition))
    return {} if found is None else _decode(found.data, outcomes_key(partition))


def record_tries(store: ObjectStore, partition: Partition, tries: Mapping[date, Try]) -> None:
    """Add one try to each of these days."""
    until_undisturbed()(_record_once, store, partition, tries)


def _record_once(store: ObjectStore, partition: Partition, tries: Mapping[date, Try]) -> None:
    key = outcomes_key(partition)
    found = store.get(key)
    known = {} if found is None else _decode(found.data, key)
    for day, latest in tries.items():
        known[day] = [*known.get(day, []), latest][-TRIES_KEPT:]
    days = {day.isoformat(): [_sparse(one) for one in known[day]] for day in sorted(known)}
    data = json.dumps({"schema_version": SCHEMA_VERSION, "days": days}, indent=1).encode()
    store.put(key, data, expected=found.etag if found else None)


def _sparse(one: Try) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if value is not None}


def _decode(data: bytes, key: str) -> dict[date, list[Try]]:
    try:
        days = json.loads(data)["days"]
        return {date.fromisoformat(day): [Try(**one) for one in tries] for day, tries in days.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{key} cannot be read: {error}") from error
