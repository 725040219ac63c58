"""The recorded feed: upstream's own values, replayed as they were.

They lie in a folder that is no part of this project; the SOURCES.md in it describes them. Nothing is filled
in: a range is answered with the stamps that a recording holds, nulls as null. Two things are put together:
the island's interconnection of 2021-24 from its two links (the file has no ALL columns for them), and the
Republic's spring of 2026 from two files, the finer one first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from dev.upstream.catalogue import Kind, Series
from dev.upstream.feed import Column, FuelMix
from dev.upstream.irish_time import DAY, local_seconds, seconds, to_utc
from dev.upstream.noise import Floats, Ints

_PARQUET = (
    "dashboardservice_15min_2021_2024-02.parquet",
    "dashboardservice_15min_2026-06-12_2026-08-22.parquet",
)
_CHART = ("apichart_ROI_15min_2026-04-05_2026-04-10.csv", "apichart_ROI_hourly_2026-03-08_2026-04-06.csv")
_FUEL = "fuelmix_snapshots_2026-07-12_2026-08-22.csv"
_INDEX = "effective_time_local"


@dataclass(frozen=True)
class Recording:
    """One field of one region: wall-clock stamps in rising order, each once, and values with NaN for null."""

    stamps: Ints
    values: Floats


@dataclass(frozen=True)
class Recorded:
    """Recordings by `{REGION}_{FieldName}`, and fuel mix snapshots by region in rising order."""

    recordings: dict[str, Recording]
    snapshots: dict[str, tuple[FuelMix, ...]]

    @classmethod
    def read(cls, folder: Path) -> "Recorded":
        """All recordings of a folder; FileNotFoundError names the first file that is missing."""
        parts = [_with_island_links(_columns(parquet.read_table(folder / name))) for name in _PARQUET]
        for name in _CHART:
            columns = _columns(csv.read_csv(folder / name))
            parts.append({f"ROI_{field}": _obtained(column) for field, column in columns.items()})
        names = dict.fromkeys(name for part in parts for name in part)
        found = {name: _merged([part[name] for part in parts if name in part]) for name in names}
        return cls(found, _snapshots(csv.read_csv(folder / _FUEL)))

    @property
    def name(self) -> str:
        """Sent along with every answer."""
        return "recorded"

    def column(self, series: Series, region: str, stamps: Ints, now: datetime) -> Column:
        """Those of the stamps that the recording holds; null after `now`."""
        held = self.recordings.get(f"{region}_{series.field}")
        if held is None:
            return Column(series, stamps[:0], np.zeros(0))
        shown = stamps[np.isin(stamps, held.stamps)]
        values = held.values[np.searchsorted(held.stamps, shown)]
        values = np.where(to_utc(shown) <= seconds(now), values, np.nan)
        if series.kind is Kind.SPARSE:
            there = ~np.isnan(values)
            return Column(series, shown[there], values[there])
        return Column(series, shown, values)

    def fuel_mix(self, region: str, now: datetime) -> FuelMix | None:
        """Pick the newest snapshot at or before `now`."""
        past = [mix for mix in self.snapshots.get(region, ()) if mix.stamp <= local_seconds(now)]
        return past[-1] if past else None


def _stamps(table: pa.Table) -> Ints:
    moments = table[_INDEX].to_numpy()
    return np.asarray(moments.astype("datetime64[s]").astype(np.int64), dtype=np.int64)


def _columns(table: pa.Table) -> dict[str, Recording]:
    """Every column but the stamps, as 64-bit floats: the file's 16-bit integers would overflow in a sum."""
    stamps = _stamps(table)
    fields = [name for name in table.column_names if name != _INDEX]
    return {name: Recording(stamps, table[name].cast(pa.float64()).to_numpy()) for name in fields}


def _with_island_links(columns: dict[str, Recording]) -> dict[str, Recording]:
    if "ALL_INTER_NET" in columns:
        return columns
    ewic, moyle = columns["ROI_INTER_EWIC"], columns["NI_INTER_MOYLE"]
    net = Recording(ewic.stamps, ewic.values + moyle.values)
    return columns | {"ALL_INTER_EWIC": ewic, "ALL_INTER_MOYLE": moyle, "ALL_INTER_NET": net}


def _obtained(part: Recording) -> Recording:
    """Without the days on which that collector got no value at all for the field."""
    days = part.stamps // DAY
    kept = np.isin(days, days[~np.isnan(part.values)])
    return Recording(part.stamps[kept], part.values[kept])


def _merged(parts: Sequence[Recording]) -> Recording:
    """Put parts together; where they share a stamp the earlier part wins."""
    stamps = np.concatenate([part.stamps for part in parts])
    values = np.concatenate([part.values for part in parts])
    unique, first = np.unique(stamps, return_index=True)
    return Recording(unique, values[first])


def _snapshots(table: pa.Table) -> dict[str, tuple[FuelMix, ...]]:
    """By region, in rising order; of two fetches of one snapshot the later counts."""
    rows = zip(
        table["region"].to_pylist(),
        _stamps(table).tolist(),
        table["field_name"].to_pylist(),
        table["value_mwh"].to_pylist(),
        strict=True,
    )
    found: dict[str, list[FuelMix]] = {}
    for (region, stamp), group in groupby(sorted(rows, key=lambda row: row[:3]), key=lambda row: row[:2]):
        found.setdefault(region, []).append(FuelMix(stamp, tuple({row[2]: row[3] for row in group}.items())))
    return {region: tuple(mixes) for region, mixes in found.items()}
