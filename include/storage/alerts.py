"""The incidents that go on and the messages not sent yet: one JSON object, written under a condition like all else."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from include.domain.incidents import Cause, Incident
from include.storage.identity import until_undisturbed
from include.storage.keys import ALERTS_KEY, SCHEMA_VERSION
from include.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it will be sent."""

    id: str
    """The same for the same event of the same incident."""
    written: datetime
    subject: str
    """At most 100 characters of ASCII."""
    body: str
    by: str = ""
    """Who wrote it down: tells a run's own message from another's for the same event."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """What is kept from one cycle to the next."""

    incidents: tuple[Incident, ...] = ()
    outbox: tuple[Message, ...] = ()
    """Decided and written down, not sent yet: whoever writes it next sends it."""
    begun_anew: str = ""
    """Why what was kept could not be read, if it could not; never written."""


def change_alerts(store: ObjectStore, change: Callable[[Alerts], Alerts]) -> Alerts:
    """Put what `change` makes of the present state in its place, and return it.

    A state that cannot be read is begun anew: that somebody is told twice is better than that nobody is.
    Raises StorageError when the store does not answer.
    """
    changed: Alerts = until_undisturbed()(_change_once, store, change)
    return changed


def _change_once(store: ObjectStore, change: Callable[[Alerts], Alerts]) -> Alerts:
    found = store.get(ALERTS_KEY)
    known = Alerts() if found is None else _decode(found.data)
    changed = replace(change(known), begun_anew="")
    if changed != known:
        store.put(ALERTS_KEY, _encode(changed), expected=found.etag if found else None)
    return changed


def _encode(alerts: Alerts) -> bytes:
    document = {
        "schema_version": SCHEMA_VERSION,
        "incidents": [asdict(one) for one in alerts.incidents],
        "outbox": [asdict(one) for one in alerts.outbox],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, default=datetime.isoformat).encode()


def _decode(data: bytes) -> Alerts:
    try:
        document = json.loads(data)
        incidents = tuple(_incident(one) for one in document["incidents"])
        return Alerts(incidents, tuple(_message(one) for one in document["outbox"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Alerts(begun_anew=f"{ALERTS_KEY} could not be read ({error})")


def _incident(one: dict[str, Any]) -> Incident:
    instants = {name: datetime.fromisoformat(one[name]) for name in ("since", "counted", "closed") if one[name]}
    return Incident(**(one | instants | {"cause": Cause(one["cause"]), "regions": tuple(one["regions"])}))


def _message(one: dict[str, Any]) -> Message:
    return Message(**(one | {"written": datetime.fromisoformat(one["written"])}))
