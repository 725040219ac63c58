"""Files that are served as they are: each read once, with the ETag and the encodings that data have."""

import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.answers import Body
from api.policy import page_headers

KEPT: Final = 3600
"""Seconds that a file may be kept for; after that its ETag is asked for."""
KEPT_FOR_GOOD: Final = 31_536_000
"""Of a file whose name changes with its bytes."""


@dataclass
class Assets:
    """The files below a folder, under a path that ends with a slash."""

    path: str
    folder: Path
    hashed: str | None = None
    """What the names of files that change with their bytes start with."""
    replaced: dict[bytes, bytes] = field(default_factory=dict)
    """What is put in the place of something in every text."""
    _read: dict[str, Body] = field(default_factory=dict)
    _files: dict[str, Path] | None = None

    def get(self, path: str) -> Body | None:
        """The file at this path; None when there is none. Only what lies in the folder can be had."""
        name = f"{path}index.html" if path.endswith("/") else path
        if not path.startswith(self.path) or name not in self._listed():
            return None
        if name not in self._read:
            is_hashed = self.hashed is not None and name.startswith(f"{self.path}{self.hashed}")
            self._read[name] = self._body(self._listed()[name], keep=KEPT_FOR_GOOD if is_hashed else KEPT)
        return self._read[name]

    def is_folder(self, path: str) -> bool:
        """Whether a page lies at this path with a slash after it."""
        return f"{path}/".startswith(self.path) and f"{path}/index.html" in self._listed()

    def _listed(self) -> dict[str, Path]:
        if self._files is None:
            found = (one for one in self.folder.rglob("*") if one.is_file())
            self._files = {f"{self.path}{one.relative_to(self.folder).as_posix()}": one for one in found}
        return self._files

    def _body(self, file: Path, *, keep: int) -> Body:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        data = file.read_bytes()
        if kind.startswith("text/"):
            for old, new in self.replaced.items():
                data = data.replace(old, new)
            kind = f"{kind}; charset=utf-8"
        if not kind.startswith("text/html"):
            return Body(data, "none", media_type=kind, keep=keep)
        return Body(data, "none", media_type=kind, keep=0, headers=page_headers(data, self.path))
