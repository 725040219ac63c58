"""What happened to each day's fetches, and what upstream refuses: one small JSON per partition, beside the data."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Final

from include.domain.errors import StorageError
from include.domain.readings import Partition
from include.storage.identity import until_undisturbed
from include.storage.keys import SCHEMA_VERSION, outcomes_key
from include.storage.object_store import ObjectStore

TRIES_KEPT: Final = 5


@dataclass(frozen=True, slots=True)
class Failed:
    """An interface that did not answer, beside one that did or that did not either."""

    interface: str
    fields: tuple[str, ...]
    error: str
    """Class of the error."""
    message: str
    sample: str | None = None
    """The start of an answer that broke the contract."""


@dataclass(frozen=True, slots=True)
class Try:
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


NAMES: Final = {kind: tuple(one.name for one in fields(kind)) for kind in (Failed, Try)}
Refusals = Mapping[tuple[str, str], datetime]
"""When upstream refused (interface, field) last."""


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
    """Add one try to each of these days; remember what was refused, and forget it of what has been answered since."""
    gone = set(answered)

    def change(known: Outcomes) -> Outcomes:
        days = {day: [*known.days.get(day, []), latest][-TRIES_KEPT:] for day, latest in tries.items()}
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
    days = {day.isoformat(): [_sparse(one) for one in outcomes.days[day]] for day in sorted(outcomes.days)}
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "days": days}
    if outcomes.refused:
        document["refused"] = [
            {"interface": interface, "field": name, "at": at.isoformat()}
            for (interface, name), at in sorted(outcomes.refused.items())
        ]
    # Without indent: the standard library's quick encoder knows none.
    return json.dumps(document).encode()


def _sparse(one: Try | Failed) -> dict[str, Any]:
    """Without what is absent."""
    held = {name: value for name in NAMES[type(one)] if (value := getattr(one, name)) not in (None, ())}
    return held | {"failed": [_sparse(each) for each in one.failed]} if isinstance(one, Try) and one.failed else held


def _decode(data: bytes, key: str) -> Outcomes:
    try:
        document = json.loads(data)
        days = {date.fromisoformat(day): [_try(one) for one in tries] for day, tries in document["days"].items()}
        refused = {
            (one["interface"], one["field"]): datetime.fromisoformat(one["at"]) for one in document.get("refused", [])
        }
        return Outcomes(days, refused)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{key} cannot be read: {error}") from error


def _try(one: dict[str, Any]) -> Try:
    failed = tuple(Failed(**(each | {"fields": tuple(each["fields"])})) for each in one.get("failed", ()))
    return Try(**(one | {"failed": failed, "flagged": tuple(one.get("flagged", ()))}))
