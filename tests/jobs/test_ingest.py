"""Outcomes of a unit, with an invented source and a folder as the store."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pytest

from include.domain.errors import (
    CircuitOpen,
    ContractBroken,
    EmptyAnswer,
    NotYetPublished,
    Permanent,
    SourceFault,
    Transient,
    Unsupported,
    UpstreamError,
    WrongStore,
)
from include.domain.readings import Feed, Outcome
from include.jobs.circuit import RunSoFar
from include.jobs.result import UnitResult, describe, our_error
from include.sources.base import Known, Setback
from include.storage.keys import outcomes_key, readings_key
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.jobs.invented import NOW, Invented, Reading, at, ingest, unit

DEMAND = unit("demand", "ROI", "2026-02-09", "2026-02-10")
EARLY: Reading = ("2026-02-09T10:00:00Z", "SYSTEM_DEMAND", 4000)
TODAY: Reading = ("2026-02-10T11:45:00Z", "SYSTEM_DEMAND", 4100)
NULL: Reading = ("2026-02-10T12:00:00Z", "SYSTEM_DEMAND", None)
TO_COME: Reading = ("2026-02-10T12:30:00Z", "DEMAND_FORECAST_VALUE", 4300)


def _run(
    readings: ReadingsStore, *answers: list[Reading], failure: UpstreamError | None = None, now: str = NOW
) -> UnitResult:
    return ingest(Invented(answers, failure, now), readings, "demand", now=now).run(DEMAND, live=True)


def _stored(readings: ReadingsStore) -> list[Reading]:
    table = readings.read(DEMAND.partition)
    if table is None:
        return []
    rows = table.to_pylist()
    return [(f"{row['timestamp']:%Y-%m-%dT%H:%M:%SZ}", row["field"], row["value"]) for row in rows]


def _tries(store: LocalStore) -> dict[str, Any]:
    found = store.get(outcomes_key(DEMAND.partition))
    days: dict[str, Any] = json.loads(found.data)["days"] if found else {}
    return days


def _files(store: LocalStore) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(store.root)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in Path(store.root).rglob("*")
        if path.is_file() and ".locks" not in path.parts
    }


def test_stored(readings: ReadingsStore, store: LocalStore) -> None:
    result = _run(readings, [EARLY, TODAY, NULL], [TO_COME])
    assert result == UnitResult(
        label="demand · ROI · 2026-02-09 to 10",
        area="demand",
        outcome=Outcome.STORED,
        rows=4,
        newest="2026-02-10T11:45:00+00:00",
        answered=("interface0", "interface1"),
    )
    assert _stored(readings) == [TO_COME, EARLY, TODAY, NULL], "by field, then by time"


def _with_nan(rows: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(rows, preserve_index=False).set_column(
        rows.columns.get_loc("value"), "value", pa.array(rows["value"].to_numpy())
    )


def _of_other_types(rows: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(rows[rows.columns[::-1]], preserve_index=False)
    kinds = {"timestamp": pa.timestamp("ns", tz="Europe/Dublin"), "field": pa.large_string(), "value": pa.float32()}
    names = [*table.column_names, "remark"]
    table = table.append_column("remark", pa.array(["x"] * len(table)))
    return table.cast(pa.schema([(name, kinds.get(name, table.schema.field(name).type)) for name in names]))


@pytest.mark.parametrize("form", [_with_nan, _of_other_types, lambda rows: rows.iloc[::-1]])
def test_rows_are_stored_alike_whatever_they_are_handed_over_as(
    form: Callable[[pd.DataFrame], Any], readings: ReadingsStore, tmp_path: Path
) -> None:
    rows = [EARLY, TODAY, NULL, TO_COME]
    other = ReadingsStore(LocalStore(tmp_path / "other"), feed=readings.feed)
    other.open()
    for store, source in ((readings, Invented([rows])), (other, Invented([rows], form=form))):
        assert ingest(source, store, "demand").run(DEMAND, live=False).outcome is Outcome.STORED
    for key in (readings_key(DEMAND.partition), outcomes_key(DEMAND.partition)):
        one, another = readings.store.get(key), other.store.get(key)
        assert one is not None
        assert another is not None
        assert one.data == another.data


def _without_a_time(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(timestamp=rows["timestamp"].where(rows.index != 0))


def _without_a_name(rows: pd.DataFrame) -> pa.Table:
    field = pa.DictionaryArray.from_arrays(pa.array([1] * len(rows), pa.int32()), ["SYSTEM_DEMAND", None])
    return pa.Table.from_pandas(rows, preserve_index=False).set_column(1, "field", field)


@pytest.mark.parametrize(
    "form",
    [
        lambda rows: rows.drop(columns="fetched_at"),
        lambda rows: rows.assign(value="windy"),
        lambda rows: rows.assign(field=None),
        _without_a_time,
        lambda rows: pa.Table.from_pandas(_without_a_time(rows), preserve_index=False),
        _without_a_name,
        lambda rows: rows.assign(field="WIND_ACTUAL"),
        lambda _: [1],
    ],
)
def test_rows_that_cannot_be_stored_are_one_clear_error(
    form: Callable[[pd.DataFrame], Any], readings: ReadingsStore, store: LocalStore
) -> None:
    before = _files(store)
    with pytest.raises(SourceFault, match=r"^eirgrid: .*; allowed: "):
        ingest(Invented([[EARLY, TODAY]], form=form), readings, "demand").run(DEMAND, live=False)
    assert _files(store) == before


def test_each_day_that_changed_has_a_try(readings: ReadingsStore, store: LocalStore) -> None:
    _run(readings, [EARLY, TODAY], [TO_COME])
    tries = _tries(store)
    assert list(tries) == ["2026-02-09", "2026-02-10"]
    ((first,), (second,)) = tries.values()
    assert first.keys() == {"at", "outcome", "interface", "sha256"}
    assert (first["at"], first["outcome"]) == ("2026-02-10T12:05:00+00:00", "stored")
    assert (first["interface"], second["interface"]) == ("interface0", "interface0+interface1")
    assert len(first["sha256"]) == 64
    assert first["sha256"] != second["sha256"]


def test_a_day_without_a_change_gets_no_try(readings: ReadingsStore, store: LocalStore) -> None:
    _run(readings, [EARLY, TODAY])
    _run(readings, [EARLY, ("2026-02-10T12:00:00Z", "SYSTEM_DEMAND", 4090)])
    assert {day: len(tries) for day, tries in _tries(store).items()} == {"2026-02-09": 1, "2026-02-10": 2}


def test_unchanged_writes_no_object(readings: ReadingsStore, store: LocalStore) -> None:
    _run(readings, [EARLY, TODAY])
    before = _files(store)
    result = _run(readings, [EARLY, TODAY], now="2026-02-10T12:20:00Z")
    assert result.outcome is Outcome.UNCHANGED
    assert (result.rows, result.newest) == (0, "2026-02-10T11:45:00+00:00")
    assert _files(store) == before, "the same bytes and the same times of change"


def test_not_published_writes_no_object(readings: ReadingsStore, store: LocalStore) -> None:
    before = _files(store)
    assert _run(readings).outcome is Outcome.NOT_PUBLISHED
    assert _files(store) == before


def test_not_yet_published_is_no_failure(readings: ReadingsStore) -> None:
    assert _run(readings, failure=NotYetPublished("nothing yet")).outcome is Outcome.NOT_PUBLISHED


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Transient("HTTP 503", interface="chart"), Outcome.UPSTREAM_UNAVAILABLE),
        (EmptyAnswer("no rows", interface="chart"), Outcome.UPSTREAM_UNAVAILABLE),
        (Permanent("HTTP 404", interface="chart"), Outcome.UPSTREAM_UNAVAILABLE),
        (Unsupported("HTTP 403", interface="chart"), Outcome.UNSUPPORTED),
    ],
)
def test_a_failure_is_kept_for_every_day_of_the_unit(
    failure: UpstreamError, outcome: Outcome, readings: ReadingsStore, store: LocalStore
) -> None:
    result = _run(readings, failure=failure)
    assert (result.outcome, result.rows, result.newest) == (outcome, 0, None)
    assert result.message == str(failure)
    assert not result.outcome.is_ours
    expected = {
        "at": "2026-02-10T12:05:00+00:00",
        "outcome": outcome.value,
        "interface": "chart",
        "error": type(failure).__name__,
        "message": str(failure),
    }
    assert _tries(store) == {"2026-02-09": [expected], "2026-02-10": [expected]}
    assert store.get(readings_key(DEMAND.partition)) is None


def test_one_failing_answer_of_two_still_stores_the_good_one(readings: ReadingsStore, store: LocalStore) -> None:
    result = _run(readings, [TODAY], failure=Transient("HTTP 503", interface="chart"))
    assert (result.outcome, result.rows) == (Outcome.UPSTREAM_UNAVAILABLE, 1)
    assert result.newest == "2026-02-10T11:45:00+00:00"
    assert _stored(readings) == [TODAY]
    early, late = _tries(store)["2026-02-09"][0], _tries(store)["2026-02-10"][0]
    assert "sha256" not in early
    assert "sha256" in late
    assert late["interface"] == "interface0"


def test_a_failure_takes_nothing_away_and_tells_what_is_stored(readings: ReadingsStore, store: LocalStore) -> None:
    _run(readings, [EARLY, TODAY])
    before = _files(store)[readings_key(DEMAND.partition)]
    result = _run(readings, failure=Transient("HTTP 503"))
    assert result.newest == "2026-02-10T11:45:00+00:00", "one lost cycle does not make an area silent"
    assert _files(store)[readings_key(DEMAND.partition)] == before


def test_a_broken_contract_writes_none_of_the_units_readings(readings: ReadingsStore, store: LocalStore) -> None:
    failure = ContractBroken("dashboardservice: a row of unknown shape", interface="dashboardservice", sample=b'{"mw":')
    result = _run(readings, [EARLY, TODAY], failure=failure)
    assert (result.outcome, result.rows) == (Outcome.CONTRACT_BROKEN, 0)
    assert result.outcome.is_ours
    assert _stored(readings) == []
    kept = _tries(store)["2026-02-10"][0]
    assert kept["sample"] == '{"mw":'
    assert (kept["interface"], kept["error"]) == ("dashboardservice", "ContractBroken")
    assert "sha256" not in kept


def test_only_the_last_five_tries_of_a_day_are_kept(readings: ReadingsStore, store: LocalStore) -> None:
    for minute in range(7):
        _run(readings, failure=Transient("HTTP 503"), now=f"2026-02-10T12:0{minute}:00Z")
    minutes = [one["at"][14:16] for one in _tries(store)["2026-02-10"]]
    assert minutes == ["02", "03", "04", "05", "06"]


def test_the_same_run_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    stores = [ReadingsStore(LocalStore(tmp_path / name), feed=Feed.SIMULATED) for name in ("once", "twice")]
    for readings, times in zip(stores, (1, 2), strict=True):
        readings.open()
        for _ in range(times):
            _run(readings, [EARLY, TODAY, NULL], [TO_COME])
    once, twice = ({key: data for key, (data, _) in _files(one.store).items()} for one in stores)  # type: ignore[arg-type]
    assert once == twice
    assert len(once) == 3, "identity, readings, outcomes"


def test_a_null_or_an_older_answer_replaces_no_value(readings: ReadingsStore) -> None:
    _run(readings, [TODAY])
    _run(readings, [("2026-02-10T11:45:00Z", "SYSTEM_DEMAND", None)], now="2026-02-10T12:20:00Z")
    assert _stored(readings) == [TODAY]
    _run(readings, [("2026-02-10T11:45:00Z", "SYSTEM_DEMAND", 4050)], now="2026-02-10T12:00:00Z")
    assert _stored(readings) == [TODAY], "fetched earlier, written later"
    _run(readings, [("2026-02-10T11:45:00Z", "SYSTEM_DEMAND", 4110)], now="2026-02-10T12:20:00Z")
    assert _stored(readings) == [("2026-02-10T11:45:00Z", "SYSTEM_DEMAND", 4110)]


def test_readings_outside_the_partition_are_left_out(readings: ReadingsStore) -> None:
    rows: list[Reading] = [
        ("2026-01-31T23:45:00Z", "SYSTEM_DEMAND", 1),
        ("2026-02-01T00:00:00Z", "SYSTEM_DEMAND", 3800),
        ("2026-03-01T00:00:00Z", "SYSTEM_DEMAND", 3),
    ]
    assert _run(readings, rows).rows == 1
    assert _stored(readings) == [rows[1]]


def test_a_summer_month_starts_at_23_utc(readings: ReadingsStore) -> None:
    july = unit("demand", "ROI", "2026-07-01")
    rows: list[Reading] = [
        ("2026-06-30T22:45:00Z", "SYSTEM_DEMAND", 1),
        ("2026-06-30T23:00:00Z", "SYSTEM_DEMAND", 2900),
    ]
    result = ingest(Invented([rows]), readings, "demand", now="2026-07-01T06:00:00Z").run(july, live=False)
    assert (result.rows, result.newest) == (1, "2026-06-30T23:00:00+00:00")


def test_forecasts_and_slots_to_come_are_not_the_newest(readings: ReadingsStore) -> None:
    rows: list[Reading] = [
        TODAY,
        ("2026-02-10T12:00:00Z", "DEMAND_FORECAST_VALUE", 4300),
        ("2026-02-10T12:15:00Z", "SYSTEM_DEMAND", 9),
    ]
    assert _run(readings, rows).newest == "2026-02-10T11:45:00+00:00"


@pytest.mark.parametrize(("now", "newest"), [("2026-03-01T02:40:00Z", True), ("2026-03-01T03:10:00Z", False)])
def test_the_newest_may_lie_in_the_month_before(now: str, newest: bool, readings: ReadingsStore) -> None:
    """As far back as the alert threshold goes: three hours for demand."""
    february = unit("demand", "ROI", "2026-02-28")
    source = Invented([[("2026-02-28T23:45:00Z", "SYSTEM_DEMAND", 4000)]])
    ingest(source, readings, "demand").run(february, live=True)
    march = ingest(Invented(now=now), readings, "demand", now=now).run(unit("demand", "ROI", "2026-03-01"), live=True)
    assert march.newest == ("2026-02-28T23:45:00+00:00" if newest else None)


def test_a_live_run_asks_for_frequency_from_its_newest_point_on(readings: ReadingsStore) -> None:
    day = unit("frequency", "ROI", "2026-02-10")
    source = Invented(
        [[("2026-02-10T11:30:05Z", "SYS_FREQUENCY", 50.01), ("2026-02-10T11:30:10Z", "SYS_FREQUENCY", None)]]
    )
    job = ingest(source, readings, "frequency")
    job.run(day, live=True)
    job.run(day, live=True)
    job.run(day, live=False)
    assert source.asked_since == [None, at("2026-02-10T11:20:00Z"), None], "to the minute, as upstream is asked"


def test_a_live_run_asks_for_whole_days_of_other_areas(readings: ReadingsStore) -> None:
    source = Invented([[TODAY]])
    job = ingest(source, readings, "demand")
    job.run(DEMAND, live=True)
    job.run(DEMAND, live=True)
    assert source.asked_since == [None, None]


def test_warnings_reach_the_log(readings: ReadingsStore, caplog: pytest.LogCaptureFixture) -> None:
    source = Invented([[TODAY]], warnings=("implausible SYSTEM_DEMAND stored as sent: 8999 (1 rows)",))
    with caplog.at_level(logging.WARNING):
        ingest(source, readings, "demand").run(DEMAND, live=True)
    assert [record.message for record in caplog.records] == [
        "demand · ROI · 2026-02-09 to 10: implausible SYSTEM_DEMAND stored as sent: 8999 (1 rows)"
    ]


def _setback(kind: type[UpstreamError], *, interface: str = "dashboardservice", sample: bytes = b"") -> Setback:
    error = kind(f"{interface}: it failed", interface=interface, sample=sample)
    return Setback(("SYSTEM_DEMAND",), DEMAND.first, DEMAND.last, error)


def test_a_fallback_is_told_and_recorded_with_who_failed(readings: ReadingsStore, store: LocalStore) -> None:
    source = Invented([[TODAY]], setbacks=[_setback(Transient)])
    result = ingest(source, readings, "demand").run(DEMAND, live=True)
    assert (result.outcome, result.answered, result.down) == (Outcome.STORED, ("interface0",), ("dashboardservice",))
    assert result.fallback == "dashboardservice: it failed"
    assert describe(result).endswith("(1 readings added or replaced; interface0 asked instead, since "
                                     "dashboardservice: it failed)")  # fmt: skip
    tries = _tries(store)
    assert list(tries) == ["2026-02-09", "2026-02-10"], "each day on which somebody failed"
    (latest,) = tries["2026-02-10"]
    assert (latest["outcome"], latest["interface"]) == ("stored", "interface0")
    assert latest["failed"] == [
        {"interface": "dashboardservice", "fields": ["SYSTEM_DEMAND"], "error": "Transient",
         "message": "dashboardservice: it failed"}
    ]  # fmt: skip


def test_a_day_that_was_answered_is_not_blamed_for_another(readings: ReadingsStore, store: LocalStore) -> None:
    error = Transient("dashboardservice: HTTP 503", interface="dashboardservice")
    today = Setback(("SYSTEM_DEMAND",), DEMAND.last, DEMAND.last, error)
    result = ingest(Invented([[EARLY]], setbacks=[today], failure=error), readings, "demand").run(DEMAND, live=True)
    assert result.outcome is Outcome.UPSTREAM_UNAVAILABLE
    (first,), (second,) = _tries(store).values()
    assert (first["outcome"], first["interface"], first.get("error")) == ("stored", "interface0", None)
    assert "failed" not in first
    assert (second["outcome"], second["interface"]) == ("upstream_unavailable", "dashboardservice")
    assert (second["error"], second.get("sha256")) == ("Transient", None)


def test_a_day_of_which_one_field_is_missing_has_failed(readings: ReadingsStore, store: LocalStore) -> None:
    error = Transient("chart: HTTP 503", interface="chart")
    forecast = Setback(("DEMAND_FORECAST_VALUE",), DEMAND.last, DEMAND.last, error)
    ingest(Invented([[TODAY]], setbacks=[forecast], failure=error), readings, "demand").run(DEMAND, live=True)
    ((latest,),) = _tries(store).values()
    assert (latest["outcome"], latest["interface"], latest["error"]) == (
        "upstream_unavailable", "interface0", "Transient",
    )  # fmt: skip


def test_the_answer_of_a_setback_that_broke_the_contract_is_kept(
    readings: ReadingsStore, store: LocalStore, caplog: pytest.LogCaptureFixture
) -> None:
    """One of an interface that was never recorded: the next one is asked, and the answer is there to be looked at."""
    source = Invented([[TODAY]], setbacks=[_setback(ContractBroken, interface="vargen", sample=b'{"Rows": 7}')])
    assert ingest(source, readings, "demand").run(DEMAND, live=True).outcome is Outcome.STORED
    assert _tries(store)["2026-02-10"][0]["failed"][0]["sample"] == '{"Rows": 7}'
    assert "that answer begins: b'{\"Rows\": 7}'" in caplog.text


def test_an_implausible_value_is_stored_and_recorded_on_its_day(readings: ReadingsStore, store: LocalStore) -> None:
    flag = "SYSTEM_DEMAND 8999 MW at 2026-02-10T11:45:00Z, plausible: 0 to 8000"
    source = Invented([[EARLY, ("2026-02-10T11:45:00Z", "SYSTEM_DEMAND", 8999)]], flagged=((at(TODAY[0]), flag),))
    assert ingest(source, readings, "demand").run(DEMAND, live=True).outcome is Outcome.STORED
    assert [one for _, _, one in _stored(readings)] == [4000, 8999]
    assert "flagged" not in _tries(store)["2026-02-09"][0]
    assert _tries(store)["2026-02-10"][0]["flagged"] == [flag]


def test_a_day_of_implausible_values_is_counted_not_listed(readings: ReadingsStore, store: LocalStore) -> None:
    flagged = tuple((at(TODAY[0]), f"SYSTEM_DEMAND {9000 + place} MW") for place in range(96))
    ingest(Invented([[TODAY]], flagged=flagged), readings, "demand").run(DEMAND, live=True)
    listed = _tries(store)["2026-02-10"][0]["flagged"]
    assert listed[:20] == [text for _, text in flagged[:20]]
    assert listed[20:] == ["and 76 more"]


REFUSED: Final = frozenset({("dashboardservice", "SYSTEM_DEMAND")})


def _asked_with(readings: ReadingsStore, *, now: str, live: bool = True, **gives: Any) -> Known | None:
    """What a source was told when it was asked."""
    source = Invented(now=now, **gives)
    ingest(source, readings, "demand", now=now).run(DEMAND, live=live)
    return source.asked_with[0]


def _refuse(readings: ReadingsStore, *, now: str = NOW, answering: str = "dashboardservice") -> None:
    source = Invented(setbacks=[_setback(Unsupported)], failure=_setback(Unsupported).error, now=now)
    run = RunSoFar(answering=frozenset({answering}))
    assert ingest(source, readings, "demand", now=now).run(DEMAND, live=True, so_far=run).outcome is Outcome.UNSUPPORTED


def test_a_refusal_is_remembered_for_a_day_by_live_runs(readings: ReadingsStore) -> None:
    _refuse(readings)
    assert _asked_with(readings, now="2026-02-11T12:04:59Z") == Known(refused=REFUSED)
    assert _asked_with(readings, now="2026-02-11T12:05:00Z") == Known()
    assert _asked_with(readings, now="2026-02-10T13:00:00Z", live=False) == Known(), "a person who asks is answered"


def test_a_refusal_that_is_remembered_does_not_renew_itself(readings: ReadingsStore, store: LocalStore) -> None:
    _refuse(readings)
    again = _setback(Unsupported)
    again.error.remembered = True
    before = _files(store)
    _asked_with(readings, now="2026-02-11T11:00:00Z", setbacks=[again], failure=again.error)
    assert _files(store) == before, "and adds no try"
    assert _asked_with(readings, now="2026-02-11T12:05:00Z") == Known()


def test_an_interface_that_refuses_everything_is_asked_again(readings: ReadingsStore) -> None:
    """It has shut us out, which may pass in a minute; only one that answers something else refuses this."""
    _refuse(readings, answering="chart")
    assert _asked_with(readings, now="2026-02-10T12:20:00Z") == Known()


def test_a_refusal_is_forgotten_once_it_is_answered(readings: ReadingsStore) -> None:
    source = Invented([[TODAY]], setbacks=[_setback(Unsupported, interface="interface0")])
    ingest(source, readings, "demand").run(DEMAND, live=True)
    assert _asked_with(readings, now="2026-02-10T12:10:00Z", answers=[[EARLY]]) == Known(
        refused=frozenset({("interface0", "SYSTEM_DEMAND")})
    )
    assert _asked_with(readings, now="2026-02-10T12:20:00Z") == Known()


def test_a_source_is_told_what_is_down(readings: ReadingsStore) -> None:
    source = Invented([[TODAY]], setbacks=[_setback(CircuitOpen)])
    result = ingest(source, readings, "demand").run(DEMAND, live=True, so_far=RunSoFar(frozenset({"chart"})))
    assert source.asked_with == [Known(unavailable=frozenset({"chart"}))]
    assert result.down == (), "not asked is no failure of its own"


def test_a_store_of_another_feed_is_refused_and_left_as_it_is(readings: ReadingsStore, store: LocalStore) -> None:
    _run(readings, [EARLY, TODAY])
    before = _files(store)
    with pytest.raises(
        WrongStore, match="GRID_FEED: got 'eirgrid', but this store holds 'simulated' readings for good"
    ):
        ReadingsStore(store, feed=Feed.EIRGRID).open()
    assert _files(store) == before


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (UnitResult("a", "demand", Outcome.STORED, rows=4), "a: stored (4 readings added or replaced)"),
        (UnitResult("a", "demand", Outcome.UNCHANGED), "a: unchanged (nothing new, no object written)"),
        (UnitResult("a", "demand", Outcome.UNSUPPORTED, message="HTTP 403"), "a: unsupported (HTTP 403)"),
    ],
)
def test_a_line_for_the_log(result: UnitResult, line: str) -> None:
    assert describe(result) == line


def test_a_failure_of_ours_names_its_kind() -> None:
    assert our_error(DEMAND, WrongStore("another feed")).message == "another feed"
    result = our_error(DEMAND, ZeroDivisionError("division by zero"))
    assert (result.outcome, result.message) == (Outcome.OUR_ERROR, "ZeroDivisionError: division by zero")
    assert result.outcome.is_ours
