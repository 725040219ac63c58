"""Days that were given up, with the evidence: one JSON per source, written under a condition like all else."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from include.domain.errors import StorageError
from include.domain.gaps import State
from include.domain.repairs import Hole, Verdict, united
from include.storage.identity import until_undisturbed
from include.storage.keys import SCHEMA_VERSION, verdicts_key
from include.storage.object_store import ObjectStore


def read_verdicts(store: ObjectStore, source_id: str) -> list[Verdict]:
    """All verdicts on a source; StorageError when they cannot be read."""
    found = store.get(verdicts_key(source_id))
    return [] if found is None else _decode(found.data, verdicts_key(source_id))


def change_verdicts(
    store: ObjectStore, source_id: str, change: Callable[[Sequence[Verdict]], Iterable[Verdict]]
) -> list[Verdict]:
    """Put the verdicts that `change` makes of the present ones in their place, and return them."""
    changed: list[Verdict] = until_undisturbed()(_change_once, store, source_id, change)
    return changed


def _change_once(
    store: ObjectStore, source_id: str, change: Callable[[Sequence[Verdict]], Iterable[Verdict]]
) -> list[Verdict]:
    key = verdicts_key(source_id)
    found = store.get(key)
    known = [] if found is None else _decode(found.data, key)
    changed = united(change(known))
    if changed != known:
        store.put(key, _encode(changed), expected=found.etag if found else None)
    return changed


def _encode(verdicts: Iterable[Verdict]) -> bytes:
    listed = [asdict(one) for one in verdicts]
    return json.dumps({"schema_version": SCHEMA_VERSION, "given_up": listed}, indent=1, default=_text).encode()


def _text(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {value!r}")


def _decode(data: bytes, key: str) -> list[Verdict]:
    try:
        return [_verdict(one) for one in json.loads(data)["given_up"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{key} cannot be read: {error}; restore it from its S3 version") from error


def _verdict(one: dict[str, Any]) -> Verdict:
    missing = {
        name: tuple(Hole(State(hole[0]), *(int(number) for number in hole[1:])) for hole in holes)
        for name, holes in one["missing"].items()
    }
    return Verdict(
        area=one["area"],
        region=one["region"],
        first=date.fromisoformat(one["first"]),
        last=date.fromisoformat(one["last"]),
        missing=missing,
        tries=int(one["tries"]),
        first_seen=datetime.fromisoformat(one["first_seen"]),
        last_try=datetime.fromisoformat(one["last_try"]),
        outcome=one["outcome"],
    )
