"""The store behind the API, opened when it is first used: boto3 takes longer to load than the rest of the API."""

from collections.abc import Iterator
from functools import cached_property

from include.storage.location import open_store
from include.storage.object_store import ObjectInfo, ObjectStore, StoredObject


class LaterStore:
    """Reads only: there is no way to write through it."""

    def __init__(self, location: str) -> None:
        self.location = location

    @cached_property
    def opened(self) -> ObjectStore:
        """The store itself; SettingInvalid when it cannot be used."""
        return open_store(self.location)

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        """See ObjectStore.get."""
        return self.opened.get(key, unless=unless)

    def get_version(self, key: str, version_id: str) -> StoredObject | None:
        """See ObjectStore.get_version."""
        return self.opened.get_version(key, version_id)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStore.list."""
        return self.opened.list(prefix)
