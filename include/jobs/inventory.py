"""What is in every readings file of a source: kept up to date by reading only the files that have changed."""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from include.domain.calendar import Interval, midnight, second_passes
from include.domain.gaps import share
from include.domain.readings import Feed
from include.domain.series import Area, History, Series
from include.jobs.summary import as_json, utc
from include.sources.base import SourceEntry
from include.storage.keys import SCHEMA_VERSION, inventory_key, partition_of_key, readings_prefix, summary_key
from include.storage.object_store import ObjectInfo, ObjectStore
from include.storage.parquet import decode

log = logging.getLogger(__name__)

SAVED_EVERY: Final = 500
"""Files read until what is known so far is written: a task that is ended goes on from there."""

File = dict[str, Any]
"""One entry of the inventory."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The readings files of all sources, and the two summaries that are made from them."""

    store: ObjectStore
    feed: Feed
    entries: tuple[SourceEntry, ...]
    now: datetime

    def update(self, source_id: str) -> int:
        """Read what has changed since the last time; returns how many files that were."""
        known = {file["key"]: file for file in self.files(source_id)}
        files: list[File] = []
        read = 0
        for info in self.store.list(readings_prefix(source_id)):
            old = known.get(info.key)
            if old is not None and old["listed_as"] == info.version:
                files.append(old)
                continue
            if (found := self._read(info)) is not None:
                files.append(found)
                read += 1
                if read % SAVED_EVERY == 0:
                    log.info("%d files read", read)
                    self._save(source_id, list((known | {file["key"]: file for file in files}).values()))
        if read:
            self._save(source_id, files)
        return read

    def _save(self, source_id: str, files: list[File]) -> None:
        self.store.overwrite(inventory_key(source_id), as_json({"schema_version": SCHEMA_VERSION, "files": files}))

    def files(self, source_id: str) -> list[File]:
        """The entries as they were last written."""
        found = self.store.get(inventory_key(source_id))
        listed: list[File] = [] if found is None else json.loads(found.data)["files"]
        return listed

    def publish(self) -> None:
        """Write the summaries `files` and `catalogue`."""
        files = {entry.source_id: self.files(entry.source_id) for entry in self.entries}
        listed = [self._public(entry, file) for entry in self.entries for file in files[entry.source_id]]
        self._write("files", {"files": [one for one in listed if one is not None]})
        areas = [self._area(area, files[entry.source_id]) for entry in self.entries for area in entry.areas]
        self._write("catalogue", {"areas": areas})

    def _read(self, info: ObjectInfo) -> File | None:
        found = self.store.get(info.key)
        if found is None:
            return None
        table = decode(found.data, key=info.key)
        return {
            "key": info.key,
            "listed_as": found.version,
            "version": found.version_id or hashlib.sha256(found.data).hexdigest()[:16],
            "size": len(found.data),
            "sha256": hashlib.sha256(found.data).hexdigest(),
            "rows": table.num_rows,
            "fields": _fields(table),
        }

    def _public(self, entry: SourceEntry, file: File) -> dict[str, Any] | None:
        partition = partition_of_key(file["key"])
        area = next((one for one in entry.areas if partition and one.name == partition.area), None)
        if partition is None or area is None:
            return None
        counted = [
            (file["fields"].get(one.field, {}).get("values", 0), expected)
            for one in area.of_region(partition.region)
            if (expected := self._expected(one, partition.span)) is not None
        ]
        values, due = (sum(pair[place] for pair in counted) for place in (0, 1))
        return {
            "path": file["key"],
            "url": f"/api/files/{file['key']}?version={file['version']}",
            "source": entry.source_id,
            "area": partition.area,
            "region": partition.region,
            "period": partition.period,
            "size": file["size"],
            "rows": file["rows"],
            "sha256": file["sha256"],
            "completeness": share(min(values, due), due),
        }

    def _area(self, area: Area, files: Iterable[File]) -> dict[str, Any]:
        held: dict[tuple[str, str], list[dict[str, Any]]] = {}
        periods: dict[str, list[str]] = {region: [] for region in area.regions}
        for file in files:
            partition = partition_of_key(file["key"])
            if partition is not None and partition.area == area.name and partition.region in periods:
                periods[partition.region].append(partition.period)
                for field, facts in file["fields"].items():
                    held.setdefault((partition.region, field), []).append(facts)
        return {
            "area": area.name,
            "title": area.title,
            "regions": list(area.regions),
            "periods": periods,
            "alert_after_s": int(area.alert_after.total_seconds()),
            "series": [self._series(one, held.get((one.region, one.field), [])) for one in area.series],
        }

    def _series(self, series: Series, facts: list[dict[str, Any]]) -> dict[str, Any]:
        first = min((one["first"] for one in facts if one["first"]), default=None)
        last = max((one["last"] for one in facts if one["last"]), default=None)
        span = Interval(datetime.fromisoformat(first), self.now) if first else None
        values = sum(one["values"] for one in facts)
        due = self._expected(series, span) if span else None
        return {
            "region": series.region,
            "field": series.field,
            "name": series.name,
            "role": series.role.value,
            "unit": series.unit,
            "cadence_s": int(series.cadence.total_seconds()),
            "publication_lag_s": int(series.lag.total_seconds()),
            "aggregation": series.aggregation.value,
            "history": series.history.value,
            "upstream_since": series.first_day.isoformat(),
            "plausible": [series.low, series.high],
            "limit": _limit(series),
            "first": first,
            "last": last,
            "values": values,
            "completeness": share(min(values, due), due) if due is not None else None,
        }

    def _expected(self, series: Series, span: Interval) -> int | None:
        """Slots that are due in a span; None for a series that has no past upstream."""
        if series.history is not History.FULL:
            return None
        start = max(span.start, midnight(series.first_day))
        end = min(span.end, self.now - series.cadence - series.lag)
        if end <= start:
            return 0
        lost = sum((min(again.end, end) - max(again.start, start)) // series.cadence for again in second_passes(span))
        return int((end - start) // series.cadence) - max(lost, 0)

    def _write(self, name: str, part: dict[str, Any]) -> None:
        attribution = "; ".join(dict.fromkeys(entry.attribution for entry in self.entries))
        head = {"schema_version": SCHEMA_VERSION, "feed": self.feed.value, "attribution": attribution}
        data = as_json(head | part)
        found = self.store.get(summary_key(name))
        if found is None or found.data != data:
            self.store.overwrite(summary_key(name), data)


def _fields(table: pa.Table) -> dict[str, dict[str, Any]]:
    """Of each field: values, nulls, and the first and last slot with a value."""
    valued = pc.if_else(pc.is_valid(table["value"]), table["timestamp"], None)
    counted = (
        table.append_column("valued", valued)
        .group_by("field")
        .aggregate([("value", "count"), ("timestamp", "count"), ("valued", "min"), ("valued", "max")])
    )
    return {
        row["field"]: {
            "values": row["value_count"],
            "nulls": row["timestamp_count"] - row["value_count"],
            "first": utc(row["valued_min"]) if row["valued_min"] else None,
            "last": utc(row["valued_max"]) if row["valued_max"] else None,
        }
        for row in counted.to_pylist()
    }


def _limit(series: Series) -> dict[str, Any] | None:
    limit = series.limit
    if limit is None:
        return None
    return {"low": limit.low, "high": limit.high, "since": limit.since.isoformat(), "source": limit.source}
