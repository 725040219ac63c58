"""Requirements files with hashes and the list of constraints, all from uv.lock."""

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.package_tree import run
from deploy.refused import Refused

CONSTRAINT: Final = "https://raw.githubusercontent.com/apache/airflow/constraints-3.3.1/constraints-3.12.txt"
WHEELS: Final = "/usr/local/airflow/plugins"
BUNDLED_CONSTRAINTS: Final = "/usr/local/airflow/dags/constraints.txt"
"""Where MWAA puts plugins.zip, and the bundle that DagS3Path names."""
ON_MWAA: Final = (
    "apache-airflow",
    "apache-airflow-providers-amazon",
    "apache-airflow-providers-standard",
    "boto3",
    "requests",
)
"""Direct dependencies that MWAA's image brings, with all that they need."""
ON_LAMBDA: Final = ("boto3",)
"""What Lambda's runtime brings, with all that it needs."""
SERVER: Final = ("httptools", "uvicorn", "uvloop")
"""What the API needs as a server of its own; on Lambda, Mangum stands in their place."""
BLOCK: Final = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ \\\n]+)[^\n]*(?:\n[ #][^\n]*)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of an exported file."""

    name: str
    version: str
    text: str
    """Its lines: version, marker, hashes, and who needs it."""


def pins(root: Path, *, group: str | None = None, without: tuple[str, ...] = ()) -> list[Pin]:
    """What the project, or a group of it, installs, without these packages and what only they need."""
    chosen = ["--only-group", group] if group else ["--no-dev"]
    pruned = [part for name in without for part in ("--prune", name)]
    uv = (str(root / "dev/uv"), "export", "--quiet", "--locked", "--offline", "--no-header", "--python", sys.executable)
    text = run(*uv, *chosen, *pruned, at=root, need="uv.lock as pyproject.toml has it (dev/uv lock)")
    return [Pin(found["name"], found["version"], found[0]) for found in BLOCK.finditer(text)]


def requirements(root: Path) -> dict[str, str]:
    """The requirements files of the project and what belongs into them."""
    declared = _declared(root)
    mwaa = [
        "# What a worker of Amazon MWAA installs on top of its image: every package, pinned, with its hashes.",
        "# Made from uv.lock: after a change of pyproject.toml, run `dev/uv lock` and `make requirements`.",
        f'--constraint "{CONSTRAINT}"',
    ]
    api = [
        "# What the API needs, on Lambda or as a server: every package, pinned, with its hashes.",
        "# Made from uv.lock: after a change of pyproject.toml, run `dev/uv lock` and `make requirements`.",
    ]
    return {
        "requirements.txt": _file(mwaa, pins(root), direct=_names(declared["project"]["dependencies"])),
        "api/requirements.txt": _file(
            api, pins(root, group="api"), direct=_names(declared["dependency-groups"]["api"])
        ),
    }


def offline_requirements(root: Path) -> str:
    """For a worker without the Internet: what MWAA's image lacks, from the wheels in plugins.zip."""
    header = [
        "# What a worker of Amazon MWAA without the Internet installs: all of it lies in plugins.zip.",
        "--no-index",
        f"--find-links {WHEELS}",
        f'--constraint "{BUNDLED_CONSTRAINTS}"',
    ]
    found = pins(root, without=ON_MWAA)
    return _file(header, found, direct=_names(_declared(root)["project"]["dependencies"]))


def lambda_requirements(root: Path) -> str:
    """What goes into the API's zip."""
    return "\n".join(pin.text for pin in pins(root, group="api", without=ON_LAMBDA + SERVER)) + "\n"


def constraints(root: Path) -> str:
    """The version of every package that the project installs, or that it would where another one asked for it."""
    limits: list[str] = _declared(root)["tool"]["uv"]["constraint-dependencies"]
    found = {_normal(limit): limit.partition("==")[2] for limit in limits}
    found |= {pin.name: pin.version for pin in pins(root)}
    lines = [f"{name}=={version}" for name, version in sorted(found.items())]
    return "\n".join(["# The versions that this bundle was made and tested with.", *lines]) + "\n"


def check_current(root: Path) -> None:
    """Refused when a requirements file is not what uv.lock makes of it."""
    for name, text in requirements(root).items():
        if (root / name).read_text(encoding="utf-8") != text:
            raise Refused(f"{name} is not what uv.lock says: run `make requirements`")


def _file(header: list[str], found: list[Pin], *, direct: set[str]) -> str:
    first = [pin.text for pin in found if pin.name in direct]
    rest = [pin.text for pin in found if pin.name not in direct]
    sections = [*header, "", "# What the code imports itself.", *first, "", "# What those need.", *rest]
    return "\n".join(sections) + "\n"


def _declared(root: Path) -> dict[str, dict[str, dict[str, list[str]]]]:
    read: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return read


def _names(declared: object) -> set[str]:
    assert isinstance(declared, list)
    return {_normal(one) for one in declared}


def _normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>; ]", requirement)[0]).lower()
