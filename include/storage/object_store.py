"""What this project asks of an object store."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The bytes of an object and the ETag they had."""

    data: bytes
    etag: str
    version: str = ""
    """What a listing calls these bytes: `ObjectInfo.version`."""
    version_id: str | None = None
    """What a versioned bucket calls these bytes for good; None where nothing old is kept."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One line of a listing."""

    key: str
    size: int
    modified: datetime
    version: str
    """Another one whenever the bytes are others."""


class ObjectStore(Protocol):
    """Whole objects under keys, with conditional writes. Nothing is ever deleted through it."""

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        """The object; None when there is none, or when its ETag still is `unless`."""

    def get_version(self, key: str, version_id: str) -> StoredObject | None:
        """The object as it was in this version; None when that is not kept. A folder keeps none."""

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        """Write if the object still has the ETag `expected` (None: if there is no object). Returns the new ETag.

        Raises ConditionFailed when another writer was faster.
        """

    def overwrite(self, key: str, data: bytes) -> str:
        """Write without a condition: for objects with one writer only. Returns the new ETag."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose key starts with `prefix`, in the order of keys."""

    def address(self, key: str) -> str:
        """What DuckDB opens to read this key."""

    def check(self) -> None:
        """Raise SettingInvalid when the store cannot be used at all."""
