"""A folder of CSV files as a source, described by a `source.yaml` in it. Off until GRID_CSV_FOLDER names the folder.

    title: Rooftop solar, estimated
    attribution: "Data: Example Institute"
    feed: eirgrid              # a store of real numbers; or simulated
    areas:
      - name: rooftop_solar
        title: Rooftop solar
        files: "rooftop_*.csv"
        time: time             # column of instants, ISO 8601 with offset: 2026-11-22T20:00:00Z
        alert_after: P2D
        series:
          - {column: roi_mw, region: ROI, field: ROOFTOP, name: Rooftop solar, unit: MW, cadence: PT15M, lag: PT1H,
             first_day: 2025-01-01, low: -10, high: 3000}

An empty cell is a null: the publisher had no value.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from include.domain.calendar import Interval, day_span, floor_slot
from include.domain.errors import SAMPLE_BYTES, ContractBroken, EmptyAnswer, NotYetPublished, SettingInvalid, Transient
from include.domain.readings import Feed, Unit
from include.domain.series import Area, Series
from include.settings import read_setting
from include.sources.base import Clock, DataChunk, Known, Setback, Source, SourceEntry
from include.sources.values import Values, chunk_of, instant, number, on_grid, up_to

if TYPE_CHECKING:
    from include.settings import Settings

DESCRIPTION: Final = "source.yaml"
SETTING: Final = "csv_folder"
FILES: Final = "files"
"""Name of the one interface, as outcomes record it."""

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Series(_Strict):
    column: str
    region: _Code
    field: _Code
    name: str
    unit: str
    cadence: timedelta = Field(ge=timedelta(minutes=5), le=timedelta(hours=1))
    lag: timedelta = Field(ge=timedelta(0), le=timedelta(days=30))
    first_day: date
    low: FiniteFloat
    high: FiniteFloat

    @model_validator(mode="after")
    def _is_possible(self) -> "_Series":
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        if timedelta(hours=1) % self.cadence:
            raise ValueError(f"cadence {self.cadence} must divide an hour")
        return self

    def of(self, area: str) -> Series:
        """The series as the catalogue has its own."""
        return Series(
            area=area,
            region=self.region,
            field=self.field,
            name=self.name,
            unit=self.unit,
            cadence=self.cadence,
            lag=self.lag,
            first_day=self.first_day,
            low=self.low,
            high=self.high,
        )


class _Area(_Strict):
    name: _Name
    title: str
    files: str = Field(pattern=r"^[^/]+$")
    time: str
    alert_after: timedelta = Field(gt=timedelta(0), le=timedelta(days=366))
    series: tuple[_Series, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_possible(self) -> "_Area":
        _refuse_twice([(one.region, one.field) for one in self.series])
        latest = max(one.lag for one in self.series)
        if self.alert_after <= latest:
            raise ValueError(f"alert_after {self.alert_after} must be longer than lag {latest}")
        return self

    def area(self) -> Area:
        """The area as the catalogue has its own."""
        return Area(
            name=self.name,
            title=self.title,
            regions=tuple(dict.fromkeys(one.region for one in self.series)),
            alert_after=self.alert_after,
            series=tuple(one.of(self.name) for one in self.series),
        )


class _Description(_Strict):
    title: str
    attribution: str
    feed: Feed
    areas: tuple[_Area, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> "_Description":
        _refuse_twice([one.name for one in self.areas])
        return self


def _refuse_twice(found: list[Any]) -> None:
    twice = [one for place, one in enumerate(found) if one in found[:place]]
    if twice:
        raise ValueError(f"{twice[0]} is described twice")


def read_description(folder: Path) -> _Description:
    """What `source.yaml` says; SettingInvalid names the first thing that is wrong."""
    import yaml  # noqa: PLC0415  not where the source is off

    file = folder / DESCRIPTION
    try:
        return _Description.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingInvalid(f"GRID_CSV_FOLDER: got {str(folder)!r}; allowed: a folder with {DESCRIPTION}") from error
    except ValidationError as error:
        raise SettingInvalid(f"{file}: {_first_of(error)}") from None
    # YAML's own errors are ValueErrors too, of dates that do not exist and of other encodings.
    except (yaml.YAMLError, ValueError) as error:
        raise SettingInvalid(f"{file}: no YAML: {' '.join(str(error).split())}") from error


def _first_of(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the file"
    if first["type"] == "missing":
        return f"{where}: not set; it is required"
    message = first["msg"].removeprefix("Value error, ").replace("or instance of _Description", "of keys and values")
    return (
        f"{where}: {message}" if first["type"] == "value_error" else f"{where}: got {_shown(first['input'])}; {message}"
    )


def _shown(value: object) -> str:
    return repr(str(value) if isinstance(value, timedelta) else value)[:60]


def entry(folder: str | None) -> SourceEntry:
    """The source as a folder describes it; with its problem, where the description cannot be used."""
    bare = SourceEntry(
        source_id="csv_folder",
        title="A folder of CSV files",
        attribution="",
        areas=(),
        implementation="include.sources.csv_folder:CsvFolder",
        feeds=(),
        enabled_by=SETTING,
    )
    if folder is None:
        return bare
    try:
        described = read_description(Path(folder))
    except SettingInvalid as error:
        return replace(bare, problem=str(error))
    return replace(
        bare,
        title=described.title,
        attribution=described.attribution,
        areas=tuple(one.area() for one in described.areas),
        feeds=(described.feed,),
    )


SOURCE: Final = entry(read_setting(SETTING, os.environ))


class CsvFolder(Source):
    """The readings in a folder of CSV files."""

    source_id = "csv_folder"

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.areas = {one.name: one for one in read_description(folder).areas}

    @classmethod
    def from_settings(cls, settings: "Settings", *, clock: Clock) -> "CsvFolder":
        """The folder that the settings name; SettingInvalid when they name none."""
        if settings.csv_folder is None:
            raise SettingInvalid.of("GRID_CSV_FOLDER", None, f"a folder with {DESCRIPTION}")
        return cls(Path(settings.csv_folder), clock=clock)

    def fetch(
        self,
        unit: Unit,
        *,
        since: datetime | None = None,
        known: Known | None = None,  # noqa: ARG002  files neither refuse nor fail by interface
    ) -> Iterator[DataChunk | Setback]:
        """See Source.fetch. All files are read; those of the unit's days are kept."""
        described, now = self.areas[unit.partition.area], self.clock()
        own = [one for one in described.series if one.region == unit.partition.region]
        columns = [(one.column, one.of(described.name)) for one in own]
        series = [one for _, one in columns]
        days = day_span(unit.first, unit.last)
        span = up_to(now, Interval(max(days.start, since or days.start), days.end))
        values: Values = {}
        try:
            for file in self._files(described.files):
                values |= _read(file, time=described.time, columns=columns, span=span)
        except OSError as error:
            raise Transient(f"{FILES}: {error}", interface=FILES) from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise _broken(file, f"no CSV in UTF-8: {error}") from error
        if not values:
            raise self._nothing(described.files, series, span)
        try:
            chunk = chunk_of(values, series, unit, interface=FILES, span=span, fetched_at=now)
        except ValueError as error:
            raise ContractBroken(f"{FILES}: {described.files}: {error}", interface=FILES) from error
        yield chunk

    def _nothing(self, files: str, series: Iterable[Series], span: Interval) -> EmptyAnswer | NotYetPublished:
        due = any(one.due(span.start) <= self.clock() for one in series)
        found = len(self._files(files))
        seen = (
            f"no row of these days in the {found} files that match {files!r}" if found else f"no file matches {files!r}"
        )
        kind = EmptyAnswer if due else NotYetPublished
        return kind(f"{FILES}: {seen} in {self.folder}", interface=FILES)

    def _files(self, pattern: str) -> list[Path]:
        return sorted(file for file in self.folder.glob(pattern) if file.is_file())


def _read(file: Path, *, time: str, columns: list[tuple[str, Series]], span: Interval) -> Values:
    """The values of a file. ContractBroken names the line that is wrong."""
    values: Values = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines, strict=True)
        header = next(rows, [])
        places = _places(file, header, [time, *dict(columns)])
        for row in rows:
            if not row:
                continue
            try:
                if len(row) != len(header):
                    raise ValueError(f"{len(row)} cells; the header has {len(header)}")  # noqa: TRY301
                slot = instant(row[places[time]])
                for column, one in columns if slot in span else ():
                    value = number(row[places[column]].strip())
                    if value is not None or floor_slot(slot, one.cadence) == slot:
                        values[one.field, on_grid(slot, one)] = value
            except ValueError as error:
                raise _broken(file, f"line {rows.line_num}: {error}") from error
    return values


def _places(file: Path, header: list[str], wanted: list[str]) -> dict[str, int]:
    """Where each wanted column stands."""
    for name in wanted:
        if header.count(name) != 1:
            times = "no column" if name not in header else "more than one column"
            raise _broken(file, f"{times} {name!r}; the header is {','.join(header)[:200]!r}")
    return {name: header.index(name) for name in wanted}


def _broken(file: Path, text: str) -> ContractBroken:
    with file.open("rb") as start:
        return ContractBroken(f"{FILES}: {file.name}: {text}", interface=FILES, sample=start.read(SAMPLE_BYTES))
