"""A folder of CSV files as a source, described by a `source.yaml` in it. Off until GRID_CSV_FOLDER names the folder.

    title: Rooftop solar, estimated
    attribution: "Data: Example Institute"
    feed: eirgrid              # a store of real numbers; or simulated
    areas:
      - name: rooftop_solar
        title: Rooftop solar
        files: "rooftop_*.csv"
        time: time             # column of instants, ISO 8601 with offset: 2026-11-22T20:00:00Z
        alert_after_hours: 48
        series:
          - {column: roi_mw, region: ROI, field: ROOFTOP, name: Rooftop solar, unit: MW, cadence_minutes: 15,
             lag_minutes: 60, first_day: 2025-01-01, low: -10, high: 3000}

An empty cell is a null: the publisher had no value.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from include.domain.calendar import Interval, day_span, floor_slot, irish_day
from include.domain.errors import SAMPLE_BYTES, ContractBroken, EmptyAnswer, NotYetPublished, SettingInvalid, Transient
from include.domain.readings import Feed, Unit
from include.domain.series import Area, Series
from include.settings import read_setting
from include.sources.base import Clock, DataChunk, Known, Setback, Source, SourceEntry
from include.sources.values import Values, fill_elapsed, flags, frame, number, up_to

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
    cadence_minutes: float = Field(gt=0, le=60)
    lag_minutes: float = Field(ge=0)
    first_day: date
    low: float
    high: float

    @model_validator(mode="after")
    def _is_possible(self) -> "_Series":
        if self.low >= self.high:
            raise ValueError("low must be below high")
        if timedelta(hours=1) % timedelta(minutes=self.cadence_minutes):
            raise ValueError("cadence_minutes must divide an hour")
        return self

    def of(self, area: str) -> Series:
        """The series as the catalogue has its own."""
        return Series(
            area=area,
            region=self.region,
            field=self.field,
            name=self.name,
            unit=self.unit,
            cadence=timedelta(minutes=self.cadence_minutes),
            lag=timedelta(minutes=self.lag_minutes),
            first_day=self.first_day,
            low=self.low,
            high=self.high,
        )


class _Area(_Strict):
    name: _Name
    title: str
    files: str
    time: str
    alert_after_hours: float = Field(gt=0)
    series: tuple[_Series, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _series_differ(self) -> "_Area":
        _refuse_twice([(one.region, one.field) for one in self.series])
        return self

    def area(self) -> Area:
        """The area as the catalogue has its own."""
        return Area(
            name=self.name,
            title=self.title,
            regions=tuple(dict.fromkeys(one.region for one in self.series)),
            alert_after=timedelta(hours=self.alert_after_hours),
            partitioned_by_day=any(one.cadence_minutes < 1 for one in self.series),
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
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"{file}: no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise SettingInvalid.of(f"{file}: {where}", first["input"], first["msg"]) from None


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
            for file in sorted(self.folder.glob(described.files)):
                values |= _read(file, time=described.time, columns=columns, span=span)
        except OSError as error:
            raise Transient(f"{FILES}: {error}", interface=FILES) from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise _broken(file, f"no CSV in UTF-8: {error}") from error
        if not values:
            raise _nothing(described.files, series, span, now=now)
        fill_elapsed(values, series, {irish_day(slot) for _, slot in values}, span=span)
        flagged = tuple(flags(values, series))
        yield DataChunk(unit, frame(values, fetched_at=now), FILES, flagged=flagged)


def _read(file: Path, *, time: str, columns: list[tuple[str, Series]], span: Interval) -> Values:
    values: Values = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        missing = sorted({time, *dict(columns)} - set(rows.fieldnames or ()))
        if missing:
            raise _broken(file, f"no column {missing[0]!r}; there are {', '.join(rows.fieldnames or ())}")
        for row in rows:
            instant = _instant(row[time], file, line=rows.line_num)
            for column, one in columns if instant in span else ():
                if floor_slot(instant, one.cadence) != instant:
                    raise _broken(file, f"line {rows.line_num}: {row[time]} is off the grid of {one.field}")
                values[one.field, instant] = _number(row[column], file, line=rows.line_num)
    return values


def _nothing(files: str, series: Iterable[Series], span: Interval, *, now: datetime) -> EmptyAnswer | NotYetPublished:
    if any(span.start + one.cadence + one.lag <= now for one in series):
        return EmptyAnswer(f"{FILES}: no row of these days in {files}", interface=FILES)
    return NotYetPublished(f"{FILES}: nothing yet of these days in {files}", interface=FILES)


def _instant(text: str | None, file: Path, *, line: int) -> datetime:
    try:
        instant = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise _broken(file, f"line {line}: {text!r} is no ISO 8601 instant") from error
    if instant.tzinfo is None:
        raise _broken(file, f"line {line}: {text!r} has no offset; write 2026-11-22T20:00:00Z")
    return instant.astimezone(UTC)


def _number(text: str | None, file: Path, *, line: int) -> float | None:
    try:
        return number((text or "").strip())
    except ValueError as error:
        raise _broken(file, f"line {line}: {error}") from error


def _broken(file: Path, text: str) -> ContractBroken:
    with file.open("rb") as start:
        return ContractBroken(f"{FILES}: {file.name}: {text}", interface=FILES, sample=start.read(SAMPLE_BYTES))
