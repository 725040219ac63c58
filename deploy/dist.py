"""What `make package` made, and where in the bucket it goes."""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, Self

from deploy.package_tree import commit_of
from deploy.refused import Refused

BUNDLE: Final = "bundle"
PINNED: Final = {"plugins.zip": "plugins.zip", "requirements.txt": "requirements.txt"}
"""Files whose version the environment names, and their keys."""
HEALTHCHECK: Final = "lambda/healthcheck.zip"


def api_key(architecture: str) -> str:
    """Key of the API's zip."""
    return f"lambda/api-{architecture}.zip"


@dataclass(frozen=True)
class File:
    """One file and its key."""

    key: str
    path: Path

    @cached_property
    def digest(self) -> bytes:
        """SHA-256."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    @property
    def sha256(self) -> str:
        """The digest as the object's metadata has it."""
        return self.digest.hex()

    @property
    def base64(self) -> str:
        """The digest as Lambda writes it."""
        return base64.b64encode(self.digest).decode()


@dataclass(frozen=True)
class Dist:
    """The folder dist/."""

    folder: Path
    commit: str

    @classmethod
    def of(cls, folder: Path, *, checkout: Path) -> Self:
        """The folder, made of the commit that is checked out; Refused otherwise."""
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            made = str(manifest["commit"])
        except (OSError, ValueError, KeyError, TypeError):
            raise Refused(f"{folder}: no package, or half of one; run `make package`") from None
        here = commit_of(checkout)
        if made != here:
            raise Refused(f"{folder}: made of commit {made}, checked out is {here}; run `make package`")
        if manifest.get("dirty"):
            raise Refused(f"{folder}: holds changes that are in no commit; commit them, then run `make package`")
        return cls(folder, made)

    def bundle(self) -> list[File]:
        """The bundle's files in the order they go up: dags/ last.

        MWAA takes each as it comes, and no DAG file may come before the code that it imports.
        """
        root = self.folder / BUNDLE
        found = [one.relative_to(root) for one in root.rglob("*") if one.is_file() and "__pycache__" not in one.parts]
        if not any(one.parts[0] == "dags" for one in found):
            raise Refused(f"{root}: no dags/; run `make package`")
        return [File(f"{BUNDLE}/{one.as_posix()}", root / one) for one in sorted(found, key=_turn)]

    def artefacts(self, architecture: str) -> list[File]:
        """Files of which one version is named: by the environment, or by a function."""
        lambdas = [api_key(architecture), HEALTHCHECK]
        keys = {**PINNED, **{PurePosixPath(key).name: key for key in lambdas}}
        return [File(key, self._there(name)) for name, key in keys.items()]

    def _there(self, name: str) -> Path:
        if not (self.folder / name).is_file():
            raise Refused(f"{self.folder / name}: not there; run `make package`")
        return self.folder / name


def _turn(path: Path) -> tuple[int, str]:
    return int(path.parts[0] == "dags"), path.as_posix()
