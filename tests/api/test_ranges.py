"""Ranges of an area: the same readings in every format, and buckets as one would work them out by hand."""

import csv
import io
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.store import fill as fill_simulated
from include.domain.calendar import Month
from include.domain.catalogue import area as area_named
from include.domain.readings import Feed, Partition
from include.domain.series import Aggregation, Series
from include.storage.keys import readings_key
from include.storage.local import LocalStore
from include.storage.parquet import decode, encode
from include.storage.readings import ReadingsStore
from tests.api.conftest import Api, Start, export
from tests.columns import within
from tests.jobs.invented import at, fill
from tests.randomness import random_of

pytestmark = pytest.mark.xdist_group("ranges")

NOW: Final = "2026-10-28T12:05:00Z"
IRELAND: Final = ZoneInfo("Europe/Dublin")
FORMATS: Final = ("json", "columns", "csv", "ndjson", "parquet")
DURATIONS: Final = {"PT5S": 5, "PT15M": 900, "PT30M": 1800, "PT1H": 3600}


class Seen(NamedTuple):
    """One slot or bucket, however it was written."""

    at: datetime
    region: str
    field: str
    value: float | None
    derived: int
    withheld: int
    low: float | None = None
    high: float | None = None
    total: float | None = None
    slots: int | None = None
    filled: int | None = None


@pytest.fixture(scope="session")
def changes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated readings around both clock changes of 2026, with rows lost here and there, and a fuel mix."""
    folder = tmp_path_factory.mktemp("changes") / "store"
    fill_simulated(folder, date(2026, 3, 28), date(2026, 3, 30))
    fill_simulated(folder, date(2026, 10, 24), date(2026, 10, 26))
    rng = random_of(4)
    for area, region in (("wind", "ROI"), ("co2", "NI"), ("demand", "ALL"), ("snsp", "ALL")):
        for month in (3, 10):
            path = folder / readings_key(Partition("eirgrid", area, region, Month(2026, month)))
            table = decode(path.read_bytes(), key="")
            kept = [index for index in range(table.num_rows) if rng.random() > 0.03]
            path.write_bytes(encode(table.take(kept), feed=Feed.SIMULATED))
    readings = ReadingsStore(LocalStore(folder), feed=Feed.SIMULATED)
    for hours in (30, 40, 52):
        stamp = (at("2026-10-24T00:00:00Z") + timedelta(hours=hours)).isoformat()
        fuels: list[Any] = [(stamp, "FUEL_GAS", 40_000 + hours), (stamp, "FUEL_RENEW", 30_000)]
        fill(readings, "generation", "ROI", fuels if hours != 40 else fuels[:1])
    export(LocalStore(folder), now=NOW)
    return folder


@pytest.fixture(scope="module")
def ranged(changes: Path, module_start: Start) -> Api:
    return module_start(LocalStore(changes), grid_now=at(NOW))


def ask(api: Api, area: str, **parameters: Any) -> Any:
    answer = api.client.get(f"/api/{area}", params={name: str(text) for name, text in parameters.items()})
    assert answer.status_code == 200, answer.text[:500]
    return answer


def seen(api: Api, area: str, form: str, **parameters: Any) -> list[Seen]:
    """The answer in one format, as rows in the order of region, field and time; none for its 404."""
    query = {name: str(text) for name, text in parameters.items()}
    answer = api.client.get(f"/api/{area}", params={"format": form, **query})
    if answer.status_code == 404:
        assert answer.json()["title"] == "No readings in this range"
        return []
    assert answer.status_code == 200, answer.text[:500]
    read = {"json": _json, "columns": _columns, "csv": _csv, "ndjson": _ndjson, "parquet": _parquet}[form]
    native = parameters.get("resolution", "native") == "native"
    found = sorted(read(answer), key=lambda one: (one.region, one.field, one.at))
    rules = {(one.region, one.field): one.aggregation for one in area_named(area).series}
    return [_comparable(one, rules[one.region, one.field], native=native) for one in found]


def _comparable(one: Seen, rule: Aggregation, *, native: bool) -> Seen:
    """JSON and columns leave out what says nothing."""
    if native:
        return one._replace(low=None, high=None, total=None, slots=None, filled=None)
    wide = rule is Aggregation.MIN_MEAN_MAX
    none: dict[str, Any] = {} if wide else {"low": None, "high": None}
    if rule is Aggregation.LAST:
        none["filled"] = None
    return one._replace(**none)


def _json(answer: Any) -> Iterator[Seen]:
    for block in answer.json()["series"]:
        for point in block["points"]:
            stamp = datetime.fromisoformat(point["timestamp"])
            assert stamp.tzinfo is not None
            names = ("min", "max", "total", "slots", "slots_with_value")
            marks = (int(point.get(name, 0)) for name in ("derived", "withheld"))
            rest = (point.get(name) for name in names)
            yield Seen(stamp.astimezone(UTC), block["region"], block["field"], point["value"], *marks, *rest)


def _columns(answer: Any) -> Iterator[Seen]:
    document = answer.json()
    zone = IRELAND if document["tz"] == "Europe/Dublin" else UTC
    for block in document["series"]:
        absent = within(block.get("absent", []))
        native = document["resolution"] == "native"
        for index, value in enumerate(block["values"]):
            if index in absent:
                assert value is None
                continue
            marks = (
                int(index in within(block.get(name, []))) if native else (block.get(name) or [0] * (index + 1))[index]
                for name in ("derived", "withheld")
            )
            rest = ((block.get(name) or [None] * (index + 1))[index] for name in ("min", "max", "total", "slots"))
            filled = (block.get("slots_with_value") or [None] * (index + 1))[index]
            stamp = _step(datetime.fromisoformat(block["start"]), block["step"], index, zone)
            yield Seen(stamp, block["region"], block["field"], value, *marks, *rest, filled)  # type: ignore[call-arg]


def _step(start: datetime, step: str, index: int, zone: Any) -> datetime:
    """`start` + index × `step`: elapsed time up to an hour, the calendar of the zone from a day on."""
    if seconds := DURATIONS.get(step):
        return start.astimezone(UTC) + timedelta(seconds=index * seconds)
    day = start.astimezone(zone).date()
    if step == "P1M":
        months = day.year * 12 + day.month - 1 + index
        day = date(months // 12, months % 12 + 1, 1)
    else:
        day += timedelta(days=index * {"P1D": 1, "P1W": 7}[step])
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _csv(answer: Any) -> Iterator[Seen]:
    for row in csv.DictReader(io.StringIO(answer.text)):
        assert row["feed"] == "simulated"
        yield _of_row({name: (None if text == "" else text) for name, text in row.items()})


def _ndjson(answer: Any) -> Iterator[Seen]:
    for line in answer.text.splitlines():
        yield _of_row(json.loads(line))


def _parquet(answer: Any) -> Iterator[Seen]:
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.schema.metadata[b"feed"] == b"simulated"
    for row in table.to_pylist():
        yield _of_row(row | {"timestamp": row["timestamp"].isoformat()})


def _of_row(row: dict[str, Any]) -> Seen:
    def number(name: str) -> float | None:
        return None if row.get(name) is None else float(row[name])

    stamp = datetime.fromisoformat(row["timestamp"])
    assert stamp.tzinfo is not None
    marks = (int({"true": 1, "false": 0}.get(str(row[name]).lower(), row[name])) for name in ("derived", "withheld"))
    counts = [None if (found := number(name)) is None else int(found) for name in ("slots", "slots_with_value")]
    rest = (number("min"), number("max"), number("total"), *counts)
    return Seen(stamp.astimezone(UTC), row["region"], row["field"], number("value"), *marks, *rest)


AREAS: Final = ("wind", "solar", "demand", "interconnection", "co2", "frequency", "snsp", "generation")
QUESTIONS: Final = st.fixed_dictionaries(
    {
        "change": st.sampled_from([datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]),
        "back": st.integers(0, 140),
        "quarters": st.integers(1, 200),
        "resolution": st.sampled_from(["native", "15m", "30m", "1h", "1d", "1w", "1M"]),
        "tz": st.sampled_from(["UTC", "Europe/Dublin"]),
        "derived": st.sampled_from(["true", "false"]),
    }
)


def parameters_of(question: dict[str, Any], area: str) -> dict[str, Any]:
    start = question["change"] - question["back"] * timedelta(minutes=15)
    quarters = min(question["quarters"], 95) if area == "frequency" else question["quarters"]
    end = start + quarters * timedelta(minutes=15)
    names = ("resolution", "tz", "derived")
    return {"start": start.isoformat(), "end": end.isoformat()} | {name: question[name] for name in names}


def same_in_every_format(ranged: Api, area: str, question: dict[str, Any]) -> None:
    parameters = parameters_of(question, area)
    first, *others = (seen(ranged, area, form, **parameters) for form in FORMATS)
    for form, rows in zip(FORMATS[1:], others, strict=True):
        assert rows == first, form


@pytest.mark.parametrize("area", AREAS)
@given(question=QUESTIONS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_format_has_the_same_slots_values_and_marks(ranged: Api, area: str, question: dict[str, Any]) -> None:
    same_in_every_format(ranged, area, question)


@pytest.mark.long
@pytest.mark.parametrize("area", AREAS)
@given(question=QUESTIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_format_has_the_same_slots_values_and_marks_at_length(
    ranged: Api, area: str, question: dict[str, Any]
) -> None:
    same_in_every_format(ranged, area, question)


def by_hand(
    series: Series, rows: list[Seen], weights: dict[tuple[str, datetime], float], **parameters: Any
) -> list[Seen]:
    """The buckets of one series, from its own slots."""
    zone = IRELAND if parameters["tz"] == "Europe/Dublin" else UTC
    start, end = (datetime.fromisoformat(parameters[name]) for name in ("start", "end"))
    inside: dict[tuple[datetime, datetime], list[Seen]] = defaultdict(list)
    for row in rows:
        inside[bucket(row.at, parameters["resolution"], zone)].append(row)
    found = []
    for (first, last), slots in sorted(inside.items()):
        values = [one.value for one in slots if one.value is not None]
        expected = 1 if series.cadence > last - first else _slots(series, max(first, start), min(last, end))
        value = sum(values) / len(values) if values else None
        if series.aggregation is Aggregation.DEMAND_WEIGHTED:
            pairs = [
                (one.value, weights[series.region, one.at])
                for one in slots
                if one.value is not None and (series.region, one.at) in weights
            ]
            value = sum(a * b for a, b in pairs) / sum(b for _, b in pairs) if pairs else None
            values_counted = len(pairs)
        else:
            values_counted = len(values)
        hours = series.cadence / timedelta(hours=1)
        wide = series.aggregation is Aggregation.MIN_MEAN_MAX
        found.append(
            Seen(
                first,
                series.region,
                series.field,
                value,
                sum(one.derived for one in slots),
                sum(one.withheld for one in slots),
                min(values, default=None) if wide else None,
                max(values, default=None) if wide else None,
                sum(values) * hours if values and series.unit in {"MW", "tCO2/h"} else None,
                expected,
                values_counted,
            )
        )
    return found


def _slots(series: Series, start: datetime, end: datetime) -> int:
    """How many slots begin in [start, end)."""
    seconds = series.cadence.total_seconds()
    return int(-(-end.timestamp() // seconds) - -(-start.timestamp() // seconds))


def bucket(instant: datetime, resolution: str, zone: Any) -> tuple[datetime, datetime]:
    """The start and end of the bucket that holds an instant."""
    if resolution in {"15m", "30m", "1h"}:
        width = {"15m": 900, "30m": 1800, "1h": 3600}[resolution]
        first = datetime.fromtimestamp(instant.timestamp() // width * width, UTC)
        return first, first + timedelta(seconds=width)
    day = instant.astimezone(zone).date()
    if resolution == "1w":
        day -= timedelta(days=day.weekday())
    after = day + timedelta(days={"1d": 1, "1w": 7}.get(resolution, 0))
    if resolution == "1M":
        day = day.replace(day=1)
        after = (day + timedelta(days=32)).replace(day=1)
    first, last = (datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(UTC) for one in (day, after))
    return first, last


@pytest.mark.parametrize("area", [name for name in AREAS if name != "generation"])
@given(question=QUESTIONS.filter(lambda one: one["resolution"] != "native"))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_buckets_are_what_one_works_out_by_hand(ranged: Api, area: str, question: dict[str, Any]) -> None:
    parameters = parameters_of(question, area)
    slots = seen(ranged, area, "csv", **parameters | {"resolution": "native"})
    raw = seen(ranged, "demand", "csv", **parameters | {"resolution": "native"})
    weights = {(one.region, one.at): one.value for one in raw if one.field == "SYSTEM_DEMAND" and one.value is not None}
    wanted = [
        one
        for series in area_named(area).series
        for one in by_hand(
            series,
            [row for row in slots if (row.region, row.field) == (series.region, series.field)],
            weights,
            **parameters,
        )
    ]
    found = {(one.region, one.field, one.at): one for one in seen(ranged, area, "csv", **parameters)}
    assert set(found) == {(one.region, one.field, one.at) for one in wanted}
    for one in wanted:
        other = found[one.region, one.field, one.at]
        assert other[4:6] == one[4:6], other
        assert other[9:] == one[9:], (other, one)
        for mine, theirs in zip((*one[3:4], *one[6:9]), (*other[3:4], *other[6:9]), strict=True):
            assert theirs == (None if mine is None else pytest.approx(mine, abs=0.001)), (other, one)


def points(api: Api, area: str, **parameters: Any) -> list[dict[str, Any]]:
    (block,) = ask(api, area, **parameters).json()["series"]
    found: list[dict[str, Any]] = block["points"]
    return found


@pytest.mark.parametrize(("day", "slots"), [("2026-03-29", 92), ("2026-10-25", 100), ("2026-10-24", 96)])
def test_an_irish_day_has_92_96_or_100_slots(ranged: Api, day: str, slots: int) -> None:
    following = date.fromisoformat(day) + timedelta(days=1)
    asked = {"region": "NI", "fields": "actual", "tz": "Europe/Dublin", "start": day, "end": following}
    (whole,) = points(ranged, "wind", **asked, resolution="1d")
    assert (whole["slots"], whole["slots_with_value"]) == (slots, min(slots, 96))
    assert whole["timestamp"] == f"{day}T00:00:00{'+00:00' if day == '2026-03-29' else '+01:00'}"
    assert len(points(ranged, "wind", **asked)) == min(slots, 96)


def test_the_hour_that_comes_twice_is_told_by_its_offset(ranged: Api) -> None:
    asked = {"start": "2026-10-25T00:00:00Z", "end": "2026-10-25T03:00:00Z", "tz": "Europe/Dublin", "region": "ALL"}
    stamps = [
        one["timestamp"] for one in points(ranged, "interconnection", **asked, fields="INTER_NET", resolution="1h")
    ]
    assert stamps == ["2026-10-25T01:00:00+01:00", "2026-10-25T02:00:00+00:00"], "upstream cannot say the second pass"


def test_a_day_of_the_fuel_mix_is_its_last_snapshot_with_the_fuels_in_it(ranged: Api) -> None:
    asked = {"start": "2026-10-25", "end": "2026-10-27", "region": "ROI", "resolution": "1d"}
    found = [(one.at.day, one.field, one.value) for one in seen(ranged, "generation", "json", **asked)]
    assert found == [(25, "FUEL_GAS", 40_040), (26, "FUEL_GAS", 40_052), (26, "FUEL_RENEW", 30_000)]


def test_a_withheld_emission_is_derived_and_marked_and_raw_when_asked(ranged: Api) -> None:
    asked = {"start": "2026-10-24", "end": "2026-10-27", "fields": "CO2_EMISSIONS"}
    derived = [one for one in seen(ranged, "co2", "json", **asked) if one.derived]
    assert derived
    assert all(one.withheld and one.value is not None for one in derived)
    raw = {(one.region, one.at): one for one in seen(ranged, "co2", "json", **asked, derived="false")}
    assert all(raw[one.region, one.at][3:6] == (None, 0, 1) for one in derived)


def test_the_missing_sum_of_demand_is_derived_and_marked(ranged: Api) -> None:
    asked = {"start": "2026-10-24", "end": "2026-10-25", "fields": "SYSTEM_DEMAND"}
    alone = seen(ranged, "demand", "json", **asked, region="ALL")
    parts = {(one.region, one.at): one.value for one in seen(ranged, "demand", "json", **asked)}
    summed = [one for one in alone if one.derived]
    assert summed
    assert all(one.value == parts["ROI", one.at] + parts["NI", one.at] for one in summed)  # type: ignore[operator]
    assert len(seen(ranged, "demand", "json", **asked, region="ALL", derived="false")) == len(alone) - len(summed)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_which_feed_and_whose_data_it_is(ranged: Api, form: str) -> None:
    answer = ask(ranged, "wind", format=form, start="2026-10-24", end="2026-10-25")
    assert answer.headers["x-data-feed"] == "simulated"
    if form in {"json", "columns"}:
        document = answer.json()
        assert (document["feed"], document["schema_version"]) == ("simulated", 1)
        assert "EirGrid and SONI" in document["attribution"]
        assert all(block["stale_after"] > block["newest"] for block in document["series"] if "newest" in block)
    else:
        name = f"simulated_wind_ALL_ROI_NI_20261024_20261025_native.{form}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    if form == "parquet":
        metadata = pq.read_schema(io.BytesIO(answer.content)).metadata
        assert b"EirGrid and SONI" in metadata[b"attribution"]
        assert "stale_after" in metadata[b"stale_after"].decode() or metadata[b"stale_after"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_range_without_readings_says_what_is_held(ranged: Api, form: str) -> None:
    answer = ranged.get(f"/api/wind?start=2026-07-01&end=2026-07-02&region=ROI&format={form}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == (
        "wind: nothing is held from 2026-07-01T00:00:00Z to 2026-07-02T00:00:00Z;"
        " held: ROI 2026-03-01T00:00:00Z to 2026-10-31T23:45:00Z"
    )


@pytest.mark.parametrize(("start", "end", "slots"), [("00:00:00", "00:40:00", [3]), ("00:10:00", "01:10:00", [3, 1])])
def test_slots_are_those_that_begin_in_the_range(ranged: Api, start: str, end: str, slots: list[int]) -> None:
    asked = {"start": f"2026-10-24T{start}Z", "end": f"2026-10-24T{end}Z", "region": "NI", "fields": "actual"}
    found = points(ranged, "wind", **asked, resolution="1h")
    assert [(one["slots"], one["slots_with_value"]) for one in found] == [(count, count) for count in slots]


def test_emissions_add_up_to_tonnes(ranged: Api) -> None:
    asked = {"start": "2026-10-24", "end": "2026-10-25", "region": "ROI", "fields": "CO2_EMISSIONS"}
    (block,) = ask(ranged, "co2", **asked, resolution="1d").json()["series"]
    (day,) = block["points"]
    slots = points(ranged, "co2", **asked)
    assert block["total_unit"] == "tCO2"
    assert day["total"] == pytest.approx(sum(one["value"] for one in slots if one["value"] is not None) / 4, abs=0.01)


def test_a_file_that_was_there_and_is_gone_is_no_empty_answer(changes: Path, tmp_path: Path, start: Start) -> None:
    api = start(LocalStore(shutil.copytree(changes, tmp_path / "gone")), grid_now=at(NOW))
    (tmp_path / "gone" / readings_key(Partition("eirgrid", "wind", "ROI", Month(2026, 10)))).unlink()
    for query in ("start=2026-10-24&end=2026-10-25", "start=2026-03-28&end=2026-10-26&resolution=1M"):
        answer = api.get(f"/api/wind?region=ROI&{query}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert api.get("/api/wind?region=NI&start=2026-10-24&end=2026-10-25").status_code == 200


def test_a_damaged_file_is_told_as_one_that_cannot_be_read(changes: Path, tmp_path: Path, start: Start) -> None:
    api = start(LocalStore(shutil.copytree(changes, tmp_path / "damaged")), grid_now=at(NOW))
    path = tmp_path / "damaged" / readings_key(Partition("eirgrid", "wind", "ROI", Month(2026, 10)))
    data = bytearray(path.read_bytes())
    data[200:20_000] = bytes(byte ^ 0x5A for byte in data[200:20_000])
    path.write_bytes(bytes(data))
    assert api.get("/api/wind?region=ROI&start=2026-10-24&end=2026-10-25").status_code == 503


def test_by_default_it_is_thirty_days_and_tomorrow(ranged: Api) -> None:
    window = ask(ranged, "wind", format="columns").json()["window"]
    assert window == {"start": "2026-09-29T00:00:00Z", "end": "2026-10-30T00:00:00Z"}
    from_start = ask(ranged, "wind", start="2026-10-01", format="columns").json()["window"]
    assert from_start == {"start": "2026-10-01T00:00:00Z", "end": "2026-10-30T00:00:00Z"}
    to_end = ask(ranged, "wind", end="2026-10-01", format="columns").json()["window"]
    assert to_end == {"start": "2026-09-01T00:00:00Z", "end": "2026-10-01T00:00:00Z"}


def test_an_answer_of_days_that_are_over_may_be_kept_longer(ranged: Api) -> None:
    over = ask(ranged, "wind", start="2026-10-24", end="2026-10-25").headers["cache-control"]
    assert "max-age=3600" in over
    running = ask(ranged, "wind", start="2026-10-28", end="2026-10-29").headers["cache-control"]
    assert "max-age=15" in running


def test_a_range_has_an_etag_too(ranged: Api) -> None:
    path = "/api/wind?start=2026-10-24&end=2026-10-25&format=csv"
    etag = ranged.get(path).headers["etag"]
    again = ranged.get(path, if_none_match=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_too_many_points_are_refused_with_their_number_and_a_way_out(ranged: Api) -> None:
    answer = ranged.get("/api/interconnection?start=2014-01-01&end=2026-10-01")
    assert answer.status_code == 413
    problem = answer.json()
    assert problem["points"] > 1_000_000
    assert f"{problem['points']:,} points" in problem["detail"]
    assert "coarser resolution" in problem["detail"]


def test_too_many_readings_to_look_at_are_refused(ranged: Api) -> None:
    answer = ranged.get("/api/frequency?start=2016-01-01&end=2026-10-01&resolution=1d")
    assert answer.status_code == 413
    assert "would have to be looked at" in answer.json()["detail"]


def test_a_query_that_takes_too_long_is_given_up_and_the_next_is_answered(
    ranged: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.ranges.LONGEST", 0.0005)
    answer = ranged.get("/api/wind?start=2026-10-01&end=2026-10-26&resolution=1h")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "took longer" in answer.json()["detail"]
    monkeypatch.undo()
    assert ranged.get("/api/wind?start=2026-10-01&end=2026-10-26&resolution=1h").status_code == 200


def test_a_query_that_needs_too_much_memory_is_given_up_and_the_next_is_answered(
    ranged: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.storage.duck.MEMORY_LIMIT", "1MB")
    answer = ranged.get("/api/wind?start=2026-10-01&end=2026-10-26&resolution=1h")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "memory" in answer.json()["detail"]
    monkeypatch.undo()
    assert ranged.get("/api/wind?start=2026-10-01&end=2026-10-26&resolution=1h").status_code == 200


def test_a_torn_file_is_told_without_its_path(changes: Path, tmp_path: Path, start: Start) -> None:
    api = start(LocalStore(shutil.copytree(changes, tmp_path / "torn")), grid_now=at(NOW))
    key = readings_key(Partition("eirgrid", "wind", "ROI", Month(2026, 10)))
    (tmp_path / "torn" / key).write_bytes(b"no parquet")
    answer = api.get("/api/wind?start=2026-10-24&end=2026-10-25")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
