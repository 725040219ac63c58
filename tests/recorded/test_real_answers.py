"""Answers recorded byte for byte: every value that has been published comes out at its instant, and no other."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from include.domain.catalogue import AREAS
from include.domain.series import Role
from include.sources.eirgrid.chart import Chart
from include.sources.eirgrid.dashboardservice import DashboardService
from include.sources.eirgrid.query import Hosts, Query
from include.sources.eirgrid.readings import Readings, read_rows
from tests.recordings import recordings_or_skip

IRELAND: Final = ZoneInfo("Europe/Dublin")
AREA_OF: Final = {one.field: area for area in AREAS for one in area.series}
FILES: Final = (
    "electricitymaps-mocks/consumption.json",
    "electricitymaps-mocks/consumptionForecast.json",
    "electricitymaps-mocks/exchange.json",
    "electricitymaps-mocks/generation-2023-11-09.json",
    "electricitymaps-mocks/generation.json",
    "electricitymaps-mocks/solarForecast.json",
    "electricitymaps-mocks/solarProduction.json",
    "electricitymaps-mocks/windForecast-2023-11-09.json",
    "electricitymaps-mocks/windForecast.json",
    "electricitymaps-mocks/windProduction.json",
    "irish-electricity-data-samples/co2_sample.json",
    "irish-electricity-data-samples/generation_sample.json",
    "irish-electricity-data-samples/interconnection_sample.json",
    "irish-electricity-data-samples/outturn_sample.json",
    "irish-electricity-data-samples/snsp_sample.json",
)

Given = dict[tuple[str, datetime], float | None]


def instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%d-%b-%Y %H:%M:%S").replace(tzinfo=IRELAND).astimezone(UTC)


def given(rows: list[dict[str, Any]]) -> Given:
    return {(row["FieldName"], instant(row["EffectiveTime"])): row["Value"] for row in rows}


def read(rows: list[dict[str, Any]], *, envelope: dict[str, Any], now: datetime) -> tuple[Query, Readings]:
    """What the source makes of rows of one area and region."""
    area, region = AREA_OF[rows[0]["FieldName"]], rows[0]["Region"]
    days = [instant(row["EffectiveTime"]).astimezone(IRELAND).date() for row in rows]
    fields = {row["FieldName"] for row in rows}
    series = tuple(one for one in area.of_region(region) if one.field in fields)
    query = Query(area, region, series, min(days), max(days))
    # Only DashboardService wraps its rows in a status.
    interface = DashboardService(Hosts()) if "Status" in envelope else Chart(Hosts())
    return query, read_rows(interface.rows(envelope | {"Rows": rows}, query), query, interface=interface.name, now=now)


@pytest.mark.parametrize("name", FILES)
def test_every_value_of_a_real_answer_is_read(name: str) -> None:
    payload = json.loads((recordings_or_skip() / name).read_text(encoding="utf-8"))
    ordered = sorted(payload["Rows"], key=lambda row: (AREA_OF[row["FieldName"]].name, row["Region"]))
    newest = max(instant(row["EffectiveTime"]) for row in ordered if row["Value"] is not None)
    now = newest + timedelta(minutes=1)
    for _, grouped in groupby(ordered, key=lambda row: (AREA_OF[row["FieldName"]].name, row["Region"])):
        rows = list(grouped)
        query, found = read(rows, envelope=payload, now=now)
        assert (found.warnings, found.flagged) == ((), ())
        df = found.table.to_pandas()
        values: Given = {
            (str(name), slot.to_pydatetime()): None if math.isnan(value) else value
            for name, slot, value in zip(df["field"], df["timestamp"], df["value"], strict=True)
        }
        published = {key: value for key, value in given(rows).items() if value is not None}
        assert {key: value for key, value in values.items() if value is not None} == published
        assert all(slot <= now for (_, slot), value in values.items() if value is None)
        measured = {one.field for one in query.series if one.role is not Role.FORECAST}
        nulls = {key for key, value in given(rows).items() if value is None and key[1] <= now and key[0] in measured}
        assert nulls <= values.keys()


def test_the_frequency_and_fuel_mix_samples() -> None:
    folder: Path = recordings_or_skip() / "irish-electricity-data-samples"
    frequency = json.loads((folder / "frequency_sample.json").read_text(encoding="utf-8"))
    area = AREA_OF["SYS_FREQUENCY"]
    query = Query(area, "ROI", area.series, date(2026, 5, 14), date(2026, 5, 14))
    now = datetime(2026, 5, 14, 8, 0, 15, tzinfo=UTC)
    found = read_rows(Chart(Hosts()).rows(frequency, query), query, interface="chart", now=now).table.to_pandas()
    known = {slot.to_pydatetime(): value for slot, value in zip(found["timestamp"], found["value"], strict=True)}
    for (_, slot), value in given(frequency["Rows"]).items():
        assert math.isnan(known[slot]) if value is None else known[slot] == value
    mix = json.loads((folder / "fuel_mix_sample.json").read_text(encoding="utf-8"))
    now = instant(mix["LastUpdated"])
    for row in mix["Rows"]:
        # Edited by its authors: the stamp of a snapshot is that of its answer.
        row["EffectiveTime"] = mix["LastUpdated"]
    _, found_mix = read(mix["Rows"], envelope=mix, now=now)
    values = dict(zip(*(found_mix.table[name].to_pylist() for name in ("field", "value")), strict=True))
    assert values == {row["FieldName"]: row["Value"] for row in mix["Rows"] if row["Value"] is not None}
