"""The summaries in memory, as ready bytes: swapped whole, so that no reader sees half of a new cycle."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from api.answers import Body
from include.domain.catalogue import NO_AREAS, area_names
from include.domain.errors import GridError, StorageError
from include.storage.keys import CYCLES, SUMMARIES, summary_key, summary_name
from include.storage.object_store import ObjectInfo, StoredObject

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Requests to the store at a time."""


class Readable(Protocol):
    """The part of an object store that the API has: it cannot write."""

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        """See ObjectStore.get."""

    def get_version(self, key: str, version_id: str) -> StoredObject | None:
        """See ObjectStore.get_version."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStore.list."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One object of the store: the bytes to send, and what they say."""

    body: Body
    stored_etag: str
    """What the store called this version."""
    head: dict[str, Any]
    """Its readings and other short parts; not its series."""
    held: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """Of the catalogue: by area and region, `periods` (of the files) and the first and last slot."""

    @classmethod
    def of(cls, found: StoredObject) -> "Summary":
        """Parse and sign once, when a summary changes; StorageError when it is no summary."""
        try:
            document = json.loads(found.data)
            feed = str(document["feed"])
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError("a summary in the store cannot be read") from error
        head = {name: part for name, part in document.items() if name not in HEAVY}
        return cls(Body(found.data, feed), found.etag, head, _held(document.get("areas")))

    def document(self) -> dict[str, Any]:
        """The parsed JSON."""
        loaded: dict[str, Any] = json.loads(self.body.data)
        return loaded


def _held(areas: Any) -> dict[tuple[str, str], dict[str, Any]]:
    if not isinstance(areas, list):
        return {}
    found = {}
    for area in areas:
        for region, periods in area["periods"].items():
            own = [one for one in area["series"] if one["region"] == region and one["first"]]
            found[area["area"], region] = {
                "periods": frozenset(periods),
                "first": min((one["first"] for one in own), default=None),
                "last": max((one["last"] for one in own), default=None),
            }
    return found


HEAVY: Final = {"series", "areas", "days", "files"}
"""Parts of a summary that only its bytes hold."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """All summaries of one look at the store."""

    bodies: dict[str, Summary] = field(default_factory=dict)
    cycles: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last live run of each source."""
    cached_at: datetime | None = None
    """When the store was last read without an error."""
    error: str | None = None
    """Why the last look failed; the bodies are then those of the last good one."""


class Summaries:
    """What the API serves from. `loaded` is replaced, never changed."""

    def __init__(
        self, store: Readable, *, clock: Callable[[], datetime], only: Callable[[str], bool] | None = None
    ) -> None:
        self.store = store
        self.clock = clock
        self.loaded = Loaded()
        self._only = only or (lambda _name: True)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="summaries")
        self._looking: Future[None] | None = None

    def refresh(self) -> None:
        """Look at the store once; what has not changed is not fetched again."""
        known = self.loaded
        try:
            names = [name for info in self.store.list(f"{SUMMARIES}/") if (name := summary_name(info.key))]
            if known.bodies and not names:
                raise StorageError("the summaries are gone")
            wanted = [name for name in names if self._only(name)]
            found = self._pool.map(lambda name: (name, self._summary(name, known.bodies.get(name))), wanted)
            # Nothing is ever deleted: what a listing leaves out is there all the same.
            bodies = known.bodies | {name: summary for name, summary in found if summary is not None}
            cycles = known.cycles | self._cycles()
        except (GridError, OSError) as error:
            log.warning("the store cannot be read: %s", error)
            self.loaded = Loaded(
                known.bodies, known.cycles, known.cached_at, f"{type(error).__name__}: the store cannot be read"
            )
            return
        self.loaded = Loaded(bodies, cycles, self.clock())

    def warm(self) -> None:
        """Compress what has changed, so that no request has to."""
        for summary in self.loaded.bodies.values():
            summary.body.encoded("gzip")
            summary.body.encoded("br")

    def freshen(self, *, older_than: float, within: float) -> None:
        """Look at the store when the last look is older than so many seconds, and wait for it so long at most."""
        at = self.loaded.cached_at
        if at is not None and (self.clock() - at).total_seconds() < older_than:
            return
        if self._looking is None or self._looking.done():
            self._looking = self._pool.submit(self.refresh)
        wait([self._looking], timeout=within)

    def start(self, *, every: float) -> None:
        """Refresh in the background until `stop`."""

        def loop() -> None:
            while not self._stop.wait(every):
                self.refresh()
                self.warm()

        self._stop.clear()
        self._thread = threading.Thread(target=loop, name="summaries", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background refresh."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def get(self, name: str) -> Summary | None:
        """One summary; None when the store has none."""
        return self.loaded.bodies.get(name)

    @property
    def areas(self) -> tuple[str, ...]:
        """EirGrid's areas, exported yet or not, and those that other sources have brought."""
        return tuple(dict.fromkeys([*area_names(), *(name for name in self.loaded.bodies if name not in NO_AREAS)]))

    @property
    def feed(self) -> str | None:
        """Where the numbers come from; None before the first export."""
        return next((one.body.feed for one in self.loaded.bodies.values()), None)

    def newest(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """The newest reading of each series."""
        current = self.get("current")
        readings = current.head["readings"] if current else []
        return {(one["area"], one["region"], one["field"]): one for one in readings}

    def _summary(self, name: str, known: Summary | None) -> Summary | None:
        found = self.store.get(summary_key(name), unless=known.stored_etag if known else None)
        # Nothing is ever deleted, so None for a known summary means: as it was.
        return known if found is None else Summary.of(found)

    def _cycles(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for info in self.store.list(f"{CYCLES}/"):
            stored = self.store.get(info.key)
            if stored is not None:
                try:
                    cycle = json.loads(stored.data)
                    found[str(cycle["source"])] = cycle
                except (ValueError, KeyError, TypeError) as error:
                    raise StorageError("the record of a live run cannot be read") from error
        return found
