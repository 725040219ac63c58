"""Every source there is. Importing this costs nothing: a source's own code is loaded when it is used."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from include.domain import catalogue
from include.domain.errors import SettingInvalid
from include.domain.series import Area

if TYPE_CHECKING:
    from include.sources.base import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """What the DAGs need to know of a source without loading it."""

    source_id: str
    title: str
    areas: tuple[Area, ...]
    implementation: str
    """`module:Class` of the Source."""

    def load(self) -> "type[Source]":
        """The class that fetches."""
        module, _, name = self.implementation.partition(":")
        loaded: type[Source] = getattr(import_module(module), name)
        return loaded

    def area(self, name: str) -> Area:
        """One of the source's areas; SettingInvalid when there is none of this name."""
        for one in self.areas:
            if one.name == name:
                return one
        raise SettingInvalid.of("areas", name, ", ".join(one.name for one in self.areas))


SOURCES: tuple[SourceEntry, ...] = (
    SourceEntry(
        source_id="eirgrid",
        title="EirGrid Smart Grid Dashboard",
        areas=catalogue.AREAS,
        implementation="include.sources.eirgrid.source:EirGridSource",
    ),
)


def source(source_id: str) -> SourceEntry:
    """The registered source of this id; SettingInvalid when there is none."""
    for entry in SOURCES:
        if entry.source_id == source_id:
            return entry
    raise SettingInvalid.of("source", source_id, ", ".join(entry.source_id for entry in SOURCES))
