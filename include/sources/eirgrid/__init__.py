"""EirGrid's Smart Grid Dashboard: one file per upstream interface. None of them is documented by EirGrid."""

from typing import Final

from include.domain.catalogue import AREAS, ATTRIBUTION
from include.domain.readings import Feed
from include.sources.base import SourceEntry

SOURCE: Final = SourceEntry(
    source_id="eirgrid",
    title="EirGrid Smart Grid Dashboard",
    attribution=ATTRIBUTION,
    areas=AREAS,
    implementation="include.sources.eirgrid.source:EirGridSource",
    feeds=tuple(Feed),
)
