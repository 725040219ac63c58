"""A folder as an object store: atomic replace under a lock, so that many processes may write at once."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from include.domain.errors import ConditionFailed, SettingInvalid, StorageError
from include.storage.object_store import ObjectInfo, StoredObject

LOCKS = ".locks"
UNFINISHED = ".unfinished-"
"""Start of the name of a file that a killed writer may leave; never listed, never read."""


class LocalStore:
    """Objects are files below `root`; the ETag is the SHA-256 of the bytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # Text: to make paths of keys takes longer than what is done with them in memory.
        self._folder = str(root).rstrip("/")
        self._seen = False
        """Whether there has been a folder; one that nobody has written to yet is no error."""

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        """See ObjectStore.get."""
        try:
            with open(self._path(key), "rb") as file:  # noqa: PTH123
                data, version = file.read(), _version(os.fstat(file.fileno()))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(self._path(key), error) from error
        found = StoredObject(data, _etag(data), version)
        return None if found.etag == unless else found

    def get_version(self, key: str, version_id: str) -> StoredObject | None:  # noqa: ARG002  the protocol's
        """See ObjectStore.get_version."""
        return None

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        """See ObjectStore.put."""
        with self._lock(key):
            current = self.get(key)
            seen = current.etag if current else None
            if seen != expected:
                raise ConditionFailed(f"{key} was changed by another writer since it was read")
            return self._replace(key, data)

    def overwrite(self, key: str, data: bytes) -> str:
        """See ObjectStore.overwrite."""
        with self._lock(key):
            return self._replace(key, data)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStore.list."""
        if not self.root.is_dir() and self._seen:
            raise StorageError(f"GRID_STORE: {self.root} is gone")
        self._seen = self._seen or self.root.is_dir()
        cut = len(self._folder) + 1
        # S3 sorts by key, and "a-b" before "a/b".
        found = {entry.path[cut:]: entry for entry in _files(self._path(prefix.rpartition("/")[0]))}
        for key in sorted(found):
            if not key.startswith(prefix) or key.startswith(f"{LOCKS}/") or found[key].name.startswith(UNFINISHED):
                continue
            with suppress(FileNotFoundError):
                stat = found[key].stat()
                at = datetime.fromtimestamp(stat.st_mtime, UTC)
                yield ObjectInfo(key, stat.st_size, at, _version(stat))

    def address(self, key: str) -> str:
        """See ObjectStore.address."""
        return self._path(key)

    def check(self) -> None:
        """See ObjectStore.check."""
        existing = next(path for path in (self.root, *self.root.parents) if path.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            raise SettingInvalid.of("GRID_STORE", str(self.root), "a folder that this user may write to")

    def _path(self, key: str) -> str:
        # Of the key only: the root may well be ../data.
        if key.startswith("/") or ".." in key.split("/"):
            raise ValueError(f"not a key: {key!r}")
        return f"{self._folder}/{key}"

    def _replace(self, key: str, data: bytes) -> str:
        path = self._path(key)
        folder = os.path.dirname(path)  # noqa: PTH120
        handle, name = _in_folder(folder, lambda: tempfile.mkstemp(dir=folder, prefix=UNFINISHED))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(handle, 0o644)
                os.fsync(handle)
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return _etag(data)

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        # The kernel drops the lock when its holder is killed, so no lock outlives a writer.
        folder = f"{self._folder}/{LOCKS}"
        lock = f"{folder}/{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        try:
            with _in_folder(folder, lambda: open(lock, "wb", buffering=0)) as file:  # noqa: PTH123
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise StorageError(f"GRID_STORE: {self.root / key} cannot be written: {error.strerror}") from error


def _in_folder[T](folder: str, make: Callable[[], T]) -> T:
    """Make something in a folder that is nearly always there."""
    try:
        return make()
    except FileNotFoundError:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return make()


def _files(folder: str) -> Iterator["os.DirEntry[str]"]:
    """The files below a folder; none where there is no such folder, or no longer."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir():
                    yield entry
                elif not entry.is_symlink():
                    yield from _files(entry.path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: str | Path, error: OSError) -> StorageError:
    return StorageError(f"GRID_STORE: {path} cannot be read: {error.strerror}")


def _version(stat: os.stat_result) -> str:
    return f"{stat.st_mtime_ns}-{stat.st_size}"


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()}"'
