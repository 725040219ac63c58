"""The summaries in memory, as ready bytes: swapped whole, so that no reader sees half of a new cycle."""

import gzip
import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from include.domain.catalogue import NO_AREAS, area_names
from include.domain.errors import GridError, StorageError
from include.storage.keys import SUMMARIES, summary_key, summary_name
from include.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Body:
    """One summary, ready to send."""

    data: bytes
    gzipped: bytes
    etag: str
    """Strong, quoted; of the plain bytes."""
    stored_etag: str
    """What the store called this version."""
    feed: str
    """Where its numbers come from."""

    @classmethod
    def of(cls, data: bytes, *, stored_etag: str) -> "Body":
        """Compress and sign once, when a summary changes; StorageError when it is no summary."""
        try:
            feed = str(json.loads(data)["feed"])
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError("a summary in the store cannot be read") from error
        digest = hashlib.sha256(data).hexdigest()[:32]
        zipped = gzip.compress(data, compresslevel=6, mtime=0)
        return cls(data, zipped, f'"{digest}"', stored_etag, feed)

    @property
    def gzipped_etag(self) -> str:
        """Strong, quoted; of the compressed bytes."""
        return f'{self.etag[:-1]}-gz"'

    def document(self) -> dict[str, Any]:
        """The parsed JSON."""
        loaded: dict[str, Any] = json.loads(self.data)
        return loaded


@dataclass(frozen=True, slots=True)
class Loaded:
    """All summaries of one look at the store."""

    bodies: dict[str, Body] = field(default_factory=dict)
    cached_at: datetime | None = None
    """When the store was last read without an error."""
    error: str | None = None
    """Why the last look failed; the bodies are then those of the last good one."""


class Summaries:
    """What the API serves from. `current` is replaced, never changed."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.clock = clock
        self.loaded = Loaded()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def refresh(self) -> None:
        """Look at the store once; what has not changed is not fetched again."""
        known = self.loaded
        try:
            listed = [summary_name(info.key) for info in self.store.list(f"{SUMMARIES}/")]
            names = [name for name in listed if name is not None]
            bodies = {name: body for name in names if (body := self._body(name, known.bodies.get(name)))}
        except (GridError, OSError) as error:
            log.warning("the store cannot be read: %s", error)
            self.loaded = Loaded(known.bodies, known.cached_at, f"{type(error).__name__}: the store cannot be read")
            return
        self.loaded = Loaded(bodies, self.clock())

    def start(self, *, every: float) -> None:
        """Refresh in the background until `stop`."""

        def loop() -> None:
            while not self._stop.wait(every):
                self.refresh()

        self._stop.clear()
        self._thread = threading.Thread(target=loop, name="summaries", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background refresh."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def get(self, name: str) -> Body | None:
        """One summary; None when the store has none."""
        return self.loaded.bodies.get(name)

    @property
    def areas(self) -> tuple[str, ...]:
        """EirGrid's areas, exported yet or not, and those that other sources have brought."""
        return tuple(dict.fromkeys([*area_names(), *(name for name in self.loaded.bodies if name not in NO_AREAS)]))

    def _body(self, name: str, known: Body | None) -> Body | None:
        found = self.store.get(summary_key(name), unless=known.stored_etag if known else None)
        # Nothing is ever deleted, so None for a known summary means: as it was.
        return known if found is None else Body.of(found.data, stored_etag=found.etag)
