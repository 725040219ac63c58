"""What earlier gap scans found in readings files: one object for each source and year, so that nothing is read twice.

An entry counts only for the very version of its file. Whatever is lost here is found again by reading the files.
"""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from include.domain.errors import StorageError
from include.storage.keys import SCHEMA_VERSION, digests_key
from include.storage.object_store import ObjectInfo, ObjectStore

log = logging.getLogger(__name__)

Told = Mapping[str, Any]
"""By field, what a file holds of it."""


class Digests:
    """Those of one source's files of some years."""

    def __init__(self, store: ObjectStore, source_id: str, *, rules: str) -> None:
        """`rules` names what the digests depend on beside the files; those of other rules are forgotten."""
        self.store = store
        self.source_id = source_id
        self.rules = rules
        self._files: dict[int, dict[str, list[Any]]] = {}
        self._changed: set[int] = set()

    def of(self, year: int, info: ObjectInfo) -> Told | None:
        """What is remembered of this version of a file; None: nothing."""
        match self._year(year).get(info.key):
            case [info.version, dict() as told]:
                return told
        return None

    def add(self, year: int, key: str, version: str, told: Told) -> None:
        """Remember what this version of a file holds."""
        self._year(year)[key] = [version, told]
        self._changed.add(year)

    def save(self) -> None:
        """Write the years in which something is new. Of two scans at once the later one's is kept."""
        for year in sorted(self._changed):
            document = {"schema_version": SCHEMA_VERSION, "rules": self.rules, "files": self._files[year]}
            data = msgspec.json.encode(document)
            try:
                self.store.overwrite(digests_key(self.source_id, year), data)
            except StorageError as error:
                # The next scan reads these files again.
                log.warning("what %s's files of %d hold cannot be remembered: %s", self.source_id, year, error)
        self._changed.clear()

    def _year(self, year: int) -> dict[str, list[Any]]:
        if year not in self._files:
            self._files[year] = self._read(year)
        return self._files[year]

    def _read(self, year: int) -> dict[str, list[Any]]:
        found = self.store.get(digests_key(self.source_id, year))
        try:
            document = msgspec.json.decode(found.data) if found is not None else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            document = None
        match document:
            case {"schema_version": int(version), "rules": self.rules, "files": dict() as files} if (
                version == SCHEMA_VERSION
            ):
                return files
        # Damaged, or of other rules: it can be had again.
        return {}
