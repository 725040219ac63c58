"""What happened to each day's fetches, and what upstream refuses: one small JSON per partition, beside the data."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import msgspec

from include.domain.errors import StorageError
from include.domain.readings import Partition
from include.storage.identity import until_undisturbed
from include.storage.keys import SCHEMA_VERSION, outcomes_key
from include.storage.object_store import ObjectStore

TRIES_KEPT: Final = 5


class Failed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An interface that did not answer, beside one that did or that did not either."""

    interface: str
    fields: tuple[str, ...]
    error: str
    """Class of the error."""
    message: str
    sample: str | None = None
    """The start of an answer that broke the contract."""


class Try(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fetch of one day of a partition."""

    at: str
    """When, UTC, ISO 8601."""
    outcome: str
    interface: str
    """Which answered, joined by `+`; which failed, where none answered."""
    error: str | None = None
    """Class of the error."""
    message: str | None = None
    sha256: str | None = None
    """Digest of the day's rows as upstream gave them."""
    sample: str | None = None
    """The start of an answer that broke the contract."""
    failed: tuple[Failed, ...] = ()
    """Interfaces that failed for good on the way."""
    flagged: tuple[str, ...] = ()
    """Implausible values of the day, stored as upstream sent them."""


Refusals = Mapping[tuple[str, str], datetime]
"""When upstream refused (interface, field) last."""


class _Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    interface: str
    field: str
    at: datetime


class _Document(msgspec.Struct, omit_defaults=True):
    schema_version: int
    days: dict[date, list[Try]]
    refused: list[_Refused] = []


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What is recorded of a partition."""

    days: Mapping[date, list[Try]] = field(default_factory=dict)
    """The last tries of each day, oldest first."""
    refused: Refusals = field(default_factory=dict)


def read_outcomes(store: ObjectStore, partition: Partition) -> Outcomes:
    """What happened to a partition; empty when nothing was recorded."""
    found = store.get(outcomes_key(partition))
    return Outcomes() if found is None else _decode(found.data, outcomes_key(partition))


def record_tries(
    store: ObjectStore,
    partition: Partition,
    tries: Mapping[date, Try],
    *,
    refused: Refusals | None = None,
    answered: Iterable[tuple[str, str]] = (),
) -> None:
    """Add one try to each of these days; remember what was refused, and forget it of what has been answered since.

    A try is recorded once, also when the store's answer to its writing was lost and it is written again.
    """
    gone = set(answered)

    def with_try(known: list[Try], latest: Try) -> list[Try]:
        return known if latest in known else [*known, latest][-TRIES_KEPT:]

    def change(known: Outcomes) -> Outcomes:
        days = {day: with_try(known.days.get(day, []), latest) for day, latest in tries.items()}
        kept = {pair: at for pair, at in known.refused.items() if pair not in gone}
        return Outcomes({**known.days, **days}, {**kept, **(refused or {})})

    until_undisturbed()(_update_once, store, partition, change)


def _update_once(store: ObjectStore, partition: Partition, change: Callable[[Outcomes], Outcomes]) -> None:
    key = outcomes_key(partition)
    found = store.get(key)
    known = Outcomes() if found is None else _decode(found.data, key)
    changed = change(known)
    if changed != known:
        store.put(key, _encode(changed), expected=found.etag if found else None)


def _encode(outcomes: Outcomes) -> bytes:
    days = dict(sorted(outcomes.days.items()))
    refused = [_Refused(interface, name, at) for (interface, name), at in sorted(outcomes.refused.items())]
    # A message may hold a file's name that is no UTF-8: msgspec's own JSON has no way to write or read it.
    return json.dumps(msgspec.to_builtins(_Document(SCHEMA_VERSION, days, refused), str_keys=True)).encode()


def _decode(data: bytes, key: str) -> Outcomes:
    try:
        document = msgspec.convert(json.loads(data), _Document)
    except (ValueError, RecursionError) as error:
        raise StorageError(f"{key} cannot be read: {error}") from error
    return Outcomes(document.days, {(one.interface, one.field): one.at for one in document.refused})
