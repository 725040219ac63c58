"""A store that counts what is asked of it: on S3 each is a request that costs time and money."""

from collections import Counter
from collections.abc import Iterator

from include.storage.object_store import ObjectInfo, ObjectStore, StoredObject

PAGE = 1000
"""Keys in one answer to a LIST."""


class Counting:
    """An ObjectStore in front of another; `asked` has the numbers of GET, PUT and LIST."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.asked: Counter[str] = Counter()

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        self.asked["GET"] += 1
        return self.store.get(key, unless=unless)

    def get_version(self, key: str, version_id: str) -> StoredObject | None:
        self.asked["GET"] += 1
        return self.store.get_version(key, version_id)

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        self.asked["PUT"] += 1
        return self.store.put(key, data, expected=expected)

    def overwrite(self, key: str, data: bytes) -> str:
        self.asked["PUT"] += 1
        return self.store.overwrite(key, data)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        found = list(self.store.list(prefix))
        self.asked["LIST"] += max(1, -(-len(found) // PAGE))
        return iter(found)

    def address(self, key: str) -> str:
        return self.store.address(key)

    def check(self) -> None:
        self.store.check()
