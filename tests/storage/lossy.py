"""A store that does what it is asked and whose first answer is lost, as a client that tries again sees it."""

from pathlib import Path

from include.domain.errors import ConditionFailed
from include.storage.local import LocalStore


class LossyStore(LocalStore):
    """The first conditional PUT takes effect, and is answered as if another writer had been faster."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.lost = 0

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        etag = super().put(key, data, expected=expected)
        if not self.lost:
            self.lost += 1
            raise ConditionFailed(f"{key} was changed by another writer since it was read")
        return etag
