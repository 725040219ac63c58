"""Third-party packages: fetched for a processor, cleared of what the installing left, and named with their licences."""

import email
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Final

from deploy.package_tree import run
from deploy.refused import Refused

PYTHON: Final = "3.12"
GLIBC: Final = "manylinux_2_28"
"""Lambda's python3.12 and MWAA run on Amazon Linux 2023, glibc 2.34."""
MWAA_PLATFORMS: Final = tuple(f"manylinux{tag}_x86_64" for tag in ("_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014"))
REGISTRY: Final = "the package registry, or its files in uv's and pip's caches"
LEFT_BY_INSTALLING: Final = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
"""Files of a .dist-info that tell of the machine; the rest is the wheel's own."""


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A third-party package that is handed on."""

    name: str
    version: str
    licence: str


def install(requirements: str, *, root: Path, machine: str, folder: Path) -> None:
    """Unpack the wheels for this machine (x86_64 or aarch64) into a folder."""
    listed = folder.with_suffix(".txt")
    listed.write_text(requirements, encoding="utf-8")
    target = ("--target", str(folder), "--python-platform", f"{machine}-{GLIBC}", "--python-version", PYTHON)
    exact = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirements", str(listed))
    uv = (str(root / "dev/uv"), "pip", "install", "--quiet", "--python", sys.executable)
    run(*uv, *target, *exact, at=root, need=REGISTRY)


def download(requirements: Path, *, folder: Path) -> dict[str, Path]:
    """Fetch the wheels for MWAA's workers into a folder; them, by file name."""
    platforms = [part for one in MWAA_PLATFORMS for part in ("--platform", one)]
    exact = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements))
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--python-version", PYTHON)
    run(*pip, *platforms, *exact, "--dest", str(folder), at=folder, need=REGISTRY)
    return {wheel.name: wheel for wheel in sorted(folder.glob("*.whl"))}


def installed_files(folder: Path) -> dict[str, Path]:
    """What of an unpacked folder belongs to the packages, by its path below the folder."""
    found = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file for file in found if _is_shipped(file.relative_to(folder))}


def _is_shipped(path: Path) -> bool:
    if path.parts[0] == "bin" or path == Path(".lock") or "__pycache__" in path.parts:
        return False  # scripts begin with the path of this machine's Python
    return not (path.parts[0].endswith(".dist-info") and path.name in LEFT_BY_INSTALLING)


def packages_in(folder: Path) -> list[Package]:
    """The packages unpacked in a folder."""
    read = (file.read_text(encoding="utf-8") for file in folder.glob("*.dist-info/METADATA"))
    return sorted(_described(text) for text in read)


def packages_of(wheels: Iterable[Path]) -> list[Package]:
    """The packages that these wheels are."""
    return sorted(_described(_metadata(wheel)) for wheel in wheels)


def _metadata(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.count("/") == 1 and one.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()


def _described(metadata: str) -> Package:
    told = email.message_from_string(metadata)
    licence = next(_licences(told), None)
    if licence is None:
        raise Refused(f"{told['Name']} {told['Version']} names no licence: look at it before it is handed on")
    return Package(str(told["Name"]).lower().replace("_", "-"), str(told["Version"]), licence)


def _licences(told: Message) -> Iterator[str]:
    """What names the licence, the most exact first."""
    if told["License-Expression"]:
        yield str(told["License-Expression"])
    kinds = [str(one).rpartition(" :: ")[2] for one in told.get_all("Classifier", []) if one.startswith("License ::")]
    if kinds:
        yield " or ".join(kinds)
    written = str(told["License"] or "").strip()
    if written and "\n" not in written:
        yield written
