"""A folder of CSV files: what every source keeps to, and what its files and its description may hold."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from include.domain.errors import ContractBroken, EmptyAnswer, NotYetPublished, SettingInvalid, Transient
from include.domain.readings import Feed, Unit
from include.settings import load_settings
from include.sources.base import Source
from include.sources.csv_folder import CsvFolder, entry, read_description
from include.sources.values import Values
from tests.sources.contract import SourceContract, fetch, slots_of, unit_of

ROOFTOP: dict[str, Any] = {
    "name": "rooftop_solar",
    "title": "Rooftop solar",
    "files": "rooftop_*.csv",
    "time": "time",
    "alert_after": "P2D",
    "series": [
        {"column": f"{region.lower()}_mw", "region": region, "field": "ROOFTOP", "name": "Rooftop solar", "unit": "MW",
         "cadence": "PT15M", "lag": "PT1H", "first_day": "2025-01-01", "low": -10, "high": 3000}
        for region in ("ROI", "NI")
    ],
}  # fmt: skip
DESCRIPTION: dict[str, Any] = {
    "title": "Rooftop solar, estimated",
    "attribution": "Data: Example Institute",
    "feed": "eirgrid",
    "areas": [ROOFTOP],
}
NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)


def describe(folder: Path, description: object = DESCRIPTION) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "source.yaml").write_text(yaml.safe_dump(description), encoding="utf-8")
    return folder


def write(folder: Path, rows: Iterable[tuple[object, ...]], *, name: str = "rooftop_1.csv") -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("time", "roi_mw", "ni_mw"), *rows])


def source(folder: Path, now: datetime = NOON) -> Source:
    settings = load_settings(store="unused", csv_folder=str(folder), contact="tests@example.org")
    return CsvFolder.from_settings(settings, clock=lambda: now)


def day(folder: Path, region: str = "ROI") -> Unit:
    return unit_of(entry(str(folder)), "rooftop_solar", region, "2026-02-10")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return describe(tmp_path / "csv")


class TestCsvFolder(SourceContract):
    cases: ClassVar = [("rooftop_solar", "ROI"), ("rooftop_solar", "NI")]

    @pytest.fixture(autouse=True)
    def _folder(self, folder: Path) -> None:
        self.folder = folder
        type(self).entry = entry(str(folder))

    def published(self, wanted: Unit, now: datetime) -> tuple[Source, Values]:
        values: Values = {
            ("ROOFTOP", slot): float(place) for place, slot in enumerate(slots_of(self.entry, wanted, now))
        }
        column = [value for _, value in sorted(values.items())]
        write(self.folder, zip([slot.isoformat() for _, slot in sorted(values)], column, column, strict=True))
        return source(self.folder, now), values


def test_an_empty_cell_and_a_missing_row_are_nulls_and_a_zero_is_zero(folder: Path) -> None:
    write(
        folder, [("2026-02-10T00:00:00Z", 0, 5), ("2026-02-10T00:15:00+00:00", "", 6), ("2026-02-10T01:45+01:00", 7, 8)]
    )
    found = fetch(source(folder, datetime(2026, 2, 10, 0, 50, tzinfo=UTC)), day(folder))
    assert [value for _, value in sorted(found.items())] == [0, None, None, 7]


def test_a_later_file_has_the_last_word(folder: Path) -> None:
    write(folder, [("2026-02-10T00:00:00Z", 1, 1)], name="rooftop_1.csv")
    write(folder, [("2026-02-10T00:00:00Z", 2, 2)], name="rooftop_2.csv")
    write(folder, [("2026-02-10T00:00:00Z", 3, 3)], name="another.csv")
    found = fetch(source(folder), day(folder))
    assert found["ROOFTOP", datetime(2026, 2, 10, tzinfo=UTC)] == 2


def test_a_spike_is_kept_and_flagged(folder: Path) -> None:
    write(folder, [("2026-02-10T00:00:00Z", 9000, 1)])
    (chunk,) = source(folder).fetch(day(folder))
    assert chunk.flagged[0][1] == "ROOFTOP 9000 MW at 2026-02-10T00:00:00Z, plausible: -10 to 3000"  # type: ignore[union-attr]


def test_one_column_may_feed_two_series(tmp_path: Path) -> None:
    both = [ROOFTOP["series"][0] | {"column": "roi_mw", "field": name} for name in ("ROOFTOP", "GROSS")]
    folder = describe(tmp_path / "csv", DESCRIPTION | {"areas": [ROOFTOP | {"series": both}]})
    write(folder, [("2026-02-10T00:00:00Z", 4, 1)])
    found = fetch(source(folder), day(folder))
    assert {name: value for (name, slot), value in found.items() if slot.hour == slot.minute == 0} == {
        "ROOFTOP": 4, "GROSS": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "seen"),
    [
        (
            [("2026-02-10T00:00:00", 1, 1)],
            "line 2: no instant: '2026-02-10T00:00:00'; allowed: ISO 8601 with an offset, such as",
        ),
        ([("2026-02-10T00:00:00Z", 1, 1), ("noon", 1, 1)], "line 3: no instant: 'noon'; allowed: ISO 8601"),
        (
            [("2026-02-10T00:07:00Z", 1, 1)],
            "line 2: 2026-02-10T00:07:00Z is off the grid of ROOFTOP; allowed: every 0:15:00",
        ),
        ([("2026-02-10T00:00:00Z", "n/a", 1)], "line 2: no number: 'n/a'"),
        ([("2026-02-10T00:00:00Z", "1_000", 1)], "line 2: no number: '1_000'"),
        ([("2026-02-10T00:00:00Z", "nan", 1)], "line 2: no number: 'nan'"),
        ([("2026-02-10T00:00:00Z", "1,5", 1)], "line 2: no number: '1,5'"),
        ([("2026-02-10T00:00:00Z", 1, 5, 1)], "line 2: 4 cells; the header has 3"),
        ([("2026-02-10T00:00:00Z",)], "line 2: 1 cells; the header has 3"),
        ([("0001-01-01T00:00:00+01:00", 1, 1)], "line 2: no instant: '0001-01-01T00:00:00"),
    ],
)
def test_a_wrong_row_stops_the_unit_and_is_named(rows: list[tuple[object, ...]], seen: str, folder: Path) -> None:
    write(folder, rows)
    with pytest.raises(ContractBroken, match=seen) as caught:
        fetch(source(folder), day(folder))
    assert str(caught.value).startswith("files: rooftop_1.csv: line")
    assert caught.value.sample.startswith(b"time,roi_mw,ni_mw")


@pytest.mark.parametrize(
    "content", [b"time,ni_mw\n", b"", b"\xff\xfe\x00\x01", b"time,roi_mw\n\x00\xff,1\n", b"x" * 200_000]
)
def test_a_file_of_another_shape_stops_the_unit(content: bytes, folder: Path) -> None:
    (folder / "rooftop_1.csv").write_bytes(content)
    with pytest.raises(ContractBroken, match=r"files: rooftop_1\.csv: "):
        fetch(source(folder), day(folder))


def test_no_rows_are_a_failure_once_one_is_due(folder: Path) -> None:
    write(folder, [("2026-02-09T00:00:00Z", 1, 1)])
    with pytest.raises(EmptyAnswer, match=r"no row of these days in the 1 files that match 'rooftop_\*\.csv' in "):
        fetch(source(folder), day(folder))
    with pytest.raises(NotYetPublished):
        fetch(source(folder, datetime(2026, 2, 10, 1, 10, tzinfo=UTC)), day(folder))


def test_a_file_that_cannot_be_read_may_pass(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, [("2026-02-10T00:00:00Z", 1, 1)])

    def locked(*_: Any, **__: Any) -> None:
        raise PermissionError("locked")

    opened, wanted = source(folder), day(folder)
    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(Transient, match="files: locked"):
        fetch(opened, wanted)


def test_series_of_two_cadences_share_a_file(tmp_path: Path) -> None:
    hourly = ROOFTOP["series"][0] | {"column": "ni_mw", "field": "HOURLY", "cadence": "PT1H"}
    both = {"areas": [ROOFTOP | {"series": [ROOFTOP["series"][0], hourly]}]}
    folder = describe(tmp_path / "csv", DESCRIPTION | both)
    write(folder, [("2026-02-10T00:00:00Z", 1, 5), ("2026-02-10T00:15:00Z", 2, "")])
    found = fetch(source(folder, datetime(2026, 2, 10, 0, 20, tzinfo=UTC)), day(folder))
    assert sorted((name, value) for (name, _), value in found.items()) == [
        ("HOURLY", 5),
        ("ROOFTOP", 1),
        ("ROOFTOP", 2),
    ]
    write(folder, [("2026-02-10T00:15:00Z", 2, 6)])
    with pytest.raises(ContractBroken, match="line 2: 2026-02-10T00:15:00Z is off the grid of HOURLY"):
        fetch(source(folder), day(folder))


def test_a_pattern_that_matches_no_file_is_named(folder: Path) -> None:
    (folder / "rooftop_1.csv").mkdir()
    (folder / "rooftop_2.csv").symlink_to(folder / "gone.csv")
    with pytest.raises(EmptyAnswer, match=r"files: no file matches 'rooftop_\*\.csv' in "):
        fetch(source(folder), day(folder))


def test_kilowatts_are_not_megawatts(folder: Path) -> None:
    write(folder, [(f"2026-02-10T0{hour}:00:00Z", 900_000, 1) for hour in range(4)])
    with pytest.raises(ContractBroken, match=r"4 of 4 values are far outside their range, such as ROOFTOP 900000"):
        fetch(source(folder), day(folder))


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"time,roi_mw,roi_mw\n", "more than one column 'roi_mw'; the header is 'time,roi_mw,roi_mw'"),
        (b"time;roi_mw;ni_mw\n", "no column 'time'; the header is 'time;roi_mw;ni_mw'"),
        (
            b'time,roi_mw\n2026-02-10T00:00:00Z,"12\n2026-02-10T00:15:00Z,13\n',
            "no CSV in UTF-8: unexpected end of data",
        ),
    ],
)
def test_a_header_or_a_quote_that_misleads_is_named(content: bytes, seen: str, folder: Path) -> None:
    (folder / "rooftop_1.csv").write_bytes(content)
    with pytest.raises(ContractBroken, match=seen):
        fetch(source(folder), day(folder))


def test_the_doubled_hour_of_october_is_an_hour_like_any_other_in_utc(folder: Path) -> None:
    write(folder, [("2026-10-25T00:45:00Z", 1, 1), ("2026-10-25T02:00:00Z", 2, 2)])
    wanted = unit_of(entry(str(folder)), "rooftop_solar", "ROI", "2026-10-25")
    found = fetch(source(folder, datetime(2026, 10, 26, 3, tzinfo=UTC)), wanted)
    assert len(found) == 100
    assert found["ROOFTOP", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)] is None


def test_the_folder_describes_the_source(folder: Path) -> None:
    found = entry(str(folder))
    assert (found.title, found.attribution) == ("Rooftop solar, estimated", "Data: Example Institute")
    assert (found.feeds, found.problem) == ((Feed.EIRGRID,), "")
    (area,) = found.areas
    assert (area.name, area.regions, area.partitioned_by_day) == ("rooftop_solar", ("ROI", "NI"), False)
    assert [one.unit for one in area.series] == ["MW", "MW"]


def _with(**changed: object) -> dict[str, Any]:
    return DESCRIPTION | {"areas": [ROOFTOP | changed]}


def _series(**changed: object) -> dict[str, Any]:
    return _with(series=[ROOFTOP["series"][0] | changed])


@pytest.mark.parametrize(
    ("description", "seen"),
    [
        ("just text", "source.yaml: the file: got 'just text'; Input should be a valid dictionary of keys and values"),
        ({}, "source.yaml: title: not set; it is required"),
        (DESCRIPTION | {"titel": "x"}, "source.yaml: titel: got 'x'; Extra inputs are not permitted"),
        (DESCRIPTION | {"feed": "live"}, "source.yaml: feed: got 'live'; Input should be 'eirgrid', 'simulated' or"),
        (DESCRIPTION | {"areas": []}, "source.yaml: areas: "),
        (DESCRIPTION | {"areas": [ROOFTOP, ROOFTOP]}, "source.yaml: the file: rooftop_solar is described twice"),
        (_with(name="Rooftop Solar"), "source.yaml: areas.0.name: got 'Rooftop Solar'"),
        (_with(files=""), "source.yaml: areas.0.files: got ''"),
        (_with(files="/etc/*"), "source.yaml: areas.0.files: got '/etc/\\*'"),
        (_with(alert_after=float("inf")), "source.yaml: areas.0.alert_after: got inf"),
        (_with(alert_after="PT1H"), "areas.0: alert_after 1:00:00 must be longer than lag 1:00:00"),
        (_with(alert_after="never"), "source.yaml: areas.0.alert_after: got 'never'"),
        (_with(series=[ROOFTOP["series"][0]] * 2), r"areas.0: \('ROI', 'ROOFTOP'\) is described twice"),
        (_series(low=5, high=5), "source.yaml: areas.0.series.0: low 5 must be below high 5"),
        (_series(low=float("-inf")), "source.yaml: areas.0.series.0.low: got -inf"),
        (_series(cadence="PT7M"), "source.yaml: areas.0.series.0: cadence 0:07:00 must divide an hour"),
        (_series(cadence="PT1M"), "source.yaml: areas.0.series.0.cadence: got '0:01:00'; Input should be greater than"),
        (
            _series(cadence="P1D"),
            "source.yaml: areas.0.series.0.cadence: got '1 day, 0:00:00'; Input should be less than",
        ),
        (_series(first_day="soon"), "source.yaml: areas.0.series.0.first_day: got 'soon'"),
    ],
)
def test_a_wrong_description_is_one_clear_line(description: object, seen: str, tmp_path: Path) -> None:
    folder = describe(tmp_path / "csv", description)
    with pytest.raises(SettingInvalid, match=seen) as caught:
        read_description(folder)
    assert "\n" not in str(caught.value)
    assert entry(str(folder)).problem == str(caught.value)
    assert entry(str(folder)).areas == ()


def test_what_is_no_yaml_and_what_is_not_there_are_named(tmp_path: Path) -> None:
    problem = entry(str(tmp_path)).problem
    assert problem
    assert problem.endswith("allowed: a folder with source.yaml")
    (tmp_path / "source.yaml").write_text("title: [", encoding="utf-8")
    assert "no YAML: while parsing" in str(entry(str(tmp_path)).problem)
    for odd in (b"\xff\xfe\x00", b"title: 2025-02-30", b"title: 2025-13-01", b"? [a]: b"):
        (tmp_path / "source.yaml").write_bytes(odd)
        assert "source.yaml: " in entry(str(tmp_path)).problem


def test_without_a_folder_it_is_off() -> None:
    assert entry(None).enabled_by == "csv_folder"
    with pytest.raises(SettingInvalid, match="GRID_CSV_FOLDER: got None; allowed: a folder with"):
        CsvFolder.from_settings(load_settings(store="unused"), clock=lambda: NOON)
