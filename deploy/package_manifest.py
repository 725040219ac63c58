"""manifest.json: what was packaged, of which commit, and whose work is in it."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from deploy.package_tree import Tree
from deploy.package_wheels import PYTHON, Package, packages_in
from deploy.package_zip import Artefact
from deploy.refused import Refused

LAMBDA_LIMIT: Final = 250 * 1024 * 1024
"""Bytes that Lambda lets a zip unpack to."""
LOCKS: Final = ("api/dashboard/package-lock.json", "dev/mermaid/package-lock.json")
"""npm packages of the dashboard and of the guide's diagrams."""
THEME: Final = "mkdocs-material"
VENDORED: Final = {"redoc.standalone.js": "MIT", "swagger-ui-bundle.js": "Apache-2.0"}
"""Scripts of /docs and /redoc that come inside of a Python package, and their licences."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the manifest tells of."""

    artefacts: Sequence[Artefact]
    """The zips and requirements.txt."""
    bundle: Sequence[Artefact]
    """Each file of the bundle."""
    packages: Mapping[str, Sequence[Package]]
    """Third-party packages, by the artefact that they are in."""


def manifest(tree: Tree, contents: Contents, *, offline: bool) -> str:
    """The manifest as JSON; of the machine it tells zlib's version only, which the zips' bytes depend on."""
    described = {
        "commit": tree.commit,
        "dirty": bool(tree.changed),
        "offline": offline,
        "python": PYTHON,
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "artefacts": {one.name: _told(one) for one in sorted(contents.artefacts, key=lambda one: one.name)},
        "bundle": {one.name: _told(one) for one in sorted(contents.bundle, key=lambda one: one.name)},
        "packages": _packages(contents.packages),
    }
    return json.dumps(described, indent=2) + "\n"


def check_lambda_limit(artefact: Artefact) -> None:
    """Refused when Lambda would refuse the zip."""
    if (artefact.unzipped or 0) > LAMBDA_LIMIT:
        raise Refused(
            f"{artefact.name} unpacks to {artefact.unzipped} bytes; Lambda allows {LAMBDA_LIMIT}: leave packages out"
        )


def front_end_packages(root: Path) -> list[Package]:
    """Third-party packages of which code is in the built dashboard or the built guide."""
    theme = metadata.metadata(THEME)
    found = [Package(THEME, theme["Version"], theme["License-Expression"])]
    for name in LOCKS:
        locked: dict[str, dict[str, Any]] = json.loads((root / name).read_text(encoding="utf-8"))["packages"]
        found += [
            Package(place.rpartition("node_modules/")[2], one["version"], one["license"])
            for place, one in locked.items()
            if place and not one.get("dev")
        ]
    return sorted(found)


def vendored_packages(installed: Path) -> list[Package]:
    """What a Python package brings along of others; Refused when it is not what is known here."""
    (package,) = (one for one in packages_in(installed) if one.name == "fastapi-offline")
    scripts = {file.name for file in (installed / "fastapi_offline" / "static").glob("*.js")}
    if scripts != VENDORED.keys():
        raise Refused(f"fastapi-offline brings {', '.join(sorted(scripts))}: name their licences in VENDORED")
    return [Package(f"{script} in fastapi-offline", package.version, licence) for script, licence in VENDORED.items()]


def _told(artefact: Artefact) -> dict[str, Any]:
    return {key: value for key, value in asdict(artefact).items() if key != "name" and value is not None}


def _packages(shipped: Mapping[str, Sequence[Package]]) -> list[dict[str, Any]]:
    places: dict[Package, list[str]] = {}
    for artefact, packages in sorted(shipped.items()):
        for package in packages:
            places.setdefault(package, []).append(artefact)
    return [asdict(package) | {"in": places[package]} for package in sorted(places)]
