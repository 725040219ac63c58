"""Every source there is: each module or package below `include/sources` that is not one of its own parts.

Importing this costs little: a source's own code is loaded when it is used.
"""

import os
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Final

from include import sources
from include.domain.catalogue import NO_AREAS
from include.domain.errors import SettingInvalid
from include.settings import read_setting
from include.sources.base import SourceEntry

PARTS: Final = frozenset({"base", "client", "columns", "registry", "values"})
"""Modules that sources are made with. Everything else here is a source and defines SOURCE, a SourceEntry."""


def installed() -> tuple[SourceEntry, ...]:
    """All sources, switched on or not, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(sources.__path__) if module.name not in PARTS)
    return tuple(_entry(name) for name in names)


def enabled(environment: Mapping[str, str]) -> tuple[SourceEntry, ...]:
    """The sources that these settings switch on; one that names an area as another does, with that for its problem."""
    on = [one for one in installed() if one.enabled_by is None or read_setting(one.enabled_by, environment) is not None]
    taken = dict.fromkeys(NO_AREAS, "the REST API")
    checked: list[SourceEntry] = []
    for entry in sorted(on, key=lambda one: one.enabled_by is not None):
        clash = next((area.name for area in entry.areas if area.name in taken), None)
        if clash is not None:
            problem = f"{entry.source_id}: area {clash!r}: {taken[clash]} has this name already; choose another"
            checked.append(replace(entry, areas=(), problem=problem))
            continue
        taken |= {area.name: entry.source_id for area in entry.areas}
        checked.append(entry)
    return tuple(checked)


def _entry(name: str) -> SourceEntry:
    """What a module says of its source; with its problem, where it cannot be loaded, so that no other one suffers."""
    module = f"include.sources.{name}"
    try:
        found = getattr(import_module(module), "SOURCE", None)
    except Exception as error:  # noqa: BLE001  whatever a source's author wrote
        return _unusable(name, f"{type(error).__name__}: {' '.join(str(error).split())}")
    if not isinstance(found, SourceEntry):
        return _unusable(name, f"SOURCE: got {found!r:.60}; allowed: a SourceEntry with source_id={name!r}")
    if found.source_id != name:
        return _unusable(name, f"SOURCE: got source_id={found.source_id!r}; allowed: {name!r}")
    return found


def _unusable(name: str, problem: str) -> SourceEntry:
    told = f"include/sources/{name}: {problem}"
    return SourceEntry(source_id=name, title=name, attribution="", areas=(), implementation="", problem=told)


SOURCES: Final = enabled(os.environ)


def source(source_id: str) -> SourceEntry:
    """The source of this id that is switched on; SettingInvalid when there is none."""
    for entry in SOURCES:
        if entry.source_id == source_id:
            return entry
    raise SettingInvalid.of("source", source_id, ", ".join(entry.source_id for entry in SOURCES))
