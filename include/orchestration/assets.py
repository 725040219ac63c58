"""The Assets of this project: who waits for readings or summaries, here or in a bundle of one's own."""

from pathlib import Path
from typing import Any, Final

from airflow.sdk import Asset, AssetAlias

from include.storage.keys import SUMMARIES, area_prefix
from include.storage.location import is_s3

READINGS: Final = Asset(name="readings", uri="x-eirgrid-airflow://readings", group="irish-grid")
"""An event on it says that some partition changed, and wakes the export; the store is the truth."""
CHANGED_AREAS: Final = AssetAlias(name="irish_grid_changed_areas", group="irish-grid")
"""How an ingest DAG emits the event of each area that has changed, and of no other."""
CHANGED_SUMMARIES: Final = AssetAlias(name="irish_grid_changed_summaries", group="irish-grid")
"""How the export emits the event of the summaries when it has written any."""


def area_asset(store: str, source_id: str, area: str) -> Asset:
    """The readings of an area, by their address: `s3://bucket/prefix/readings/source=eirgrid/area=wind`."""
    return Asset(uri=_address(store, area_prefix(source_id, area).rstrip("/")), group="irish-grid")


def summaries_asset(store: str) -> Asset:
    """All summaries, by their address: `s3://bucket/prefix/summaries`."""
    return Asset(uri=_address(store, SUMMARIES), group="irish-grid")


def _address(store: str, key: str) -> str:
    root = store.rstrip("/") if is_s3(store) else Path(store.removeprefix("file://")).expanduser().absolute().as_uri()
    return f"{root}/{key}"


def emit(events: Any, alias: AssetAlias, asset: Asset, **extra: Any) -> None:
    """Have the running task emit an event of the Asset once it has ended well; `events` are its outlet events."""
    events[alias].add(asset, extra=extra)
