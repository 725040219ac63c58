"""docker-compose.yaml as Compose reads it: merged, interpolated, one frozen object per service."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "docker-compose.yaml"
VARIABLE: Final = re.compile(
    r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?:(?P<operator>:[-?])(?P<rest>(?:[^{}]|\$\{[^}]*\})*))?\})"
)


class Unset(Exception):
    """A variable that the file requires."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of the project, or a named volume, at a path of the container."""

    source: str
    target: str
    read_only: bool
    must_exist: bool = False

    @property
    def named(self) -> bool:
        """Whether it is a volume and not a path of the project."""
        return not self.source.startswith(".")


@dataclass(frozen=True, slots=True)
class Service:
    """What this project's tests need to know of a service."""

    name: str
    raw: Mapping[str, Any]
    """The service as the file has it, merged and interpolated."""
    command: list[str]
    environment: dict[str, str]
    mounts: list[Mount]
    ports: list[str]
    """Container ports that it listens on, those that only itself uses included."""
    needs: dict[str, str]
    """Condition by service that it waits for."""

    @property
    def health(self) -> list[str]:
        """Its health check as a command; empty for a one-shot service."""
        test = self.raw.get("healthcheck", {}).get("test", [])
        if not test:
            return []
        return ["/bin/sh", "-c", test[1]] if test[0] == "CMD-SHELL" else list(test[1:])

    @property
    def one_shot(self) -> bool:
        """Whether it ends by itself."""
        return not self.health


def document() -> dict[str, Any]:
    """The file as YAML, nothing interpolated."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def services(given: Mapping[str, str], *, profiles: Iterable[str] = ()) -> dict[str, Service]:
    """The services that `docker compose up` would start with these variables and profiles."""
    found: dict[str, Any] = interpolated(document()["services"], given)
    wanted = {
        name: raw for name, raw in found.items() if not raw.get("profiles") or set(profiles) & set(raw["profiles"])
    }
    return {name: _service(name, raw, given, among=wanted) for name, raw in wanted.items()}


def interpolated(value: Any, given: Mapping[str, str]) -> Any:
    """`$$`, `${NAME}`, `${NAME:-default}` and `${NAME:?message}` in every text of a document."""
    if isinstance(value, dict):
        return {key: interpolated(one, given) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, given) for one in value]
    return VARIABLE.sub(lambda match: _value(match, given), value) if isinstance(value, str) else value


def _value(match: re.Match[str], given: Mapping[str, str]) -> str:
    if match["escaped"]:
        return "$"
    value = given.get(match["name"], "")
    if value or not match["operator"]:
        return value
    if match["operator"] == ":?":
        raise Unset(f"{match['name']}: {match['rest']}")
    # A default may name another variable.
    return str(interpolated(match["rest"], given))


def _service(name: str, raw: dict[str, Any], given: Mapping[str, str], *, among: Iterable[str]) -> Service:
    environment: dict[str, str] = {}
    for file in raw.get("env_file", []):
        environment |= _env_file(ROOT / file, given)
    environment |= {key: str(value) for key, value in raw.get("environment", {}).items()}
    needs = {other: how["condition"] for other, how in raw.get("depends_on", {}).items() if other in among}
    return Service(
        name=name,
        raw=raw,
        command=[*raw.get("entrypoint", []), *raw["command"]],
        environment=environment,
        mounts=[_mount(one) for one in raw.get("volumes", [])],
        ports=[*raw.get("expose", []), *raw.get("x-inside", [])],
        needs=needs,
    )


def _env_file(path: Path, given: Mapping[str, str]) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {name: interpolated(value, given) for name, _, value in (line.partition("=") for line in lines)}


def _mount(given: str | dict[str, Any]) -> Mount:
    if isinstance(given, dict):
        must_exist = given["bind"]["create_host_path"] is False
        return Mount(given["source"], given["target"], bool(given.get("read_only")), must_exist)
    source, target, *mode = given.split(":")
    return Mount(source, target, mode == ["ro"])
