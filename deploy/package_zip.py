"""Zip files whose bytes depend on names and contents only."""

import hashlib
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Time of every entry. One for good, not the commit's: a plugins.zip with new bytes restarts an MWAA environment."""
MODE: Final = (stat.S_IFREG | 0o644) << 16
"""Readable by everybody, which Lambda requires."""
UNIX: Final = 3
PACKED: Final = (".whl",)
"""Compressed already."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file that is handed on."""

    name: str
    bytes: int
    sha256: str
    unzipped: int | None = None
    """Bytes of all entries; None for what is no zip."""

    @classmethod
    def of(cls, path: Path, *, name: str | None = None) -> "Artefact":
        """What lies at this path."""
        unzipped = None
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                unzipped = sum(entry.file_size for entry in archive.infolist())
        data = path.read_bytes()
        return cls(name or path.name, len(data), hashlib.sha256(data).hexdigest(), unzipped)


def write_zip(path: Path, entries: Mapping[str, Path]) -> Artefact:
    """Write these files under these names, in the order of the names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(entries.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            entry.create_system = UNIX
            entry.external_attr = MODE
            archive.writestr(entry, source.read_bytes())
    return Artefact.of(path)
