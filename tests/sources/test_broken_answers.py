"""Answers that upstream never gave: nothing of them is used, and the error shows them."""

import json
from typing import Any

import pytest
import responses
from responses.matchers import query_param_matcher

from include.domain.errors import (
    SAMPLE_BYTES,
    ContractBroken,
    EmptyAnswer,
    Permanent,
    Transient,
    Unsupported,
    UpstreamError,
)
from include.domain.readings import Unit
from include.sources.base import DataChunk, Setback
from tests.sources.asking import CHART, DATA, INTERCONN, VARGEN, at, eirgrid, fetch, full, readings, unit

NOW = "2026-02-10T06:05:00Z"
GENERATION = unit("system_generation", "ROI", "2026-02-10")
GOOD = ("10-Feb-2026 00:00:00", 3210)
STAMPS = [f"10-Feb-2026 0{hour}:{minute}:00" for hour in range(6) for minute in ("00", "15", "30", "45")]

Upstream = responses.RequestsMock


def _fetch(wanted: Unit = GENERATION) -> list[DataChunk]:
    return fetch(eirgrid(NOW), wanted)


def _row(**changed: object) -> dict[str, Any]:
    return {"EffectiveTime": GOOD[0], "FieldName": "GEN_EXP", "Region": "ROI", "Value": 3210} | changed


def _area(name: str) -> Any:
    return query_param_matcher({"area": name}, strict_match=False)


def _areas(name: str) -> Any:
    return query_param_matcher({"areas": name}, strict_match=False)


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in _row().items() if name != key}


BROKEN: dict[str, Any] = {
    "a list": [_row()],
    "a text": "maintenance",
    "null": None,
    "no rows": {"Status": "Success"},
    "rows that are an object": {"Rows": {"0": _row()}},
    "rows of numbers": {"Rows": [1, 2]},
    "no time": {"Rows": [_without("EffectiveTime")]},
    "no field": {"Rows": [_without("FieldName")]},
    "no value": {"Rows": [_without("Value")]},
    "other keys": {"Rows": [{"time": GOOD[0], "mw": 3210}]},
    "a time that is a number": {"Rows": [_row(EffectiveTime=1770681600)]},
    "30 February": {"Rows": [_row(EffectiveTime="30-Feb-2026 00:00:00")]},
    "hour 25": {"Rows": [_row(EffectiveTime="10-Feb-2026 25:00:00")]},
    "an unknown month": {"Rows": [_row(EffectiveTime="10-Fév-2026 00:00:00")]},
    "a date in ISO form": {"Rows": [_row(EffectiveTime="2026-02-10T00:00:00")]},
    "month first": {"Rows": [_row(EffectiveTime="02-13-2026 00:00:00")]},
    "another year": {"Rows": [_row(EffectiveTime="10-Feb-2025 00:00:00")]},
    "a day far off": {"Rows": [_row(EffectiveTime="12-Feb-2026 00:00:00")]},
    "off the grid": {"Rows": [_row(EffectiveTime="10-Feb-2026 00:07:00")]},
    "a word for a value": {"Rows": [_row(Value="n/a")]},
    "NaN": {"Rows": [_row(Value=float("nan"))]},
    "infinity as text": {"Rows": [_row(Value="inf")]},
    "a number of 400 digits": {"Rows": [_row(Value=10**400)]},
    "an underscore in a number": {"Rows": [_row(Value="3_210")]},
    "digits of another script": {"Rows": [_row(Value="٣٢١٠")]},
    "a day of another script": {"Rows": [_row(EffectiveTime="١٠-Feb-2026 00:00:00")]},
    "a sign in a day": {"Rows": [_row(EffectiveTime="+1-Feb-2026 00:00:00")]},
    "a wildcard for a field": {"Rows": [_row(FieldName="*_EXP")]},
    "true": {"Rows": [_row(Value=True)]},
    "a list for a value": {"Rows": [_row(Value=[3210])]},
    "the other region": {"Rows": [_row(Region="NI")]},
    "the whole island for a part": {"Rows": [_row(Region="ALL")]},
    "a region that is a list": {"Rows": [_row(Region=["ROI"])]},
    "another area": {"Rows": [_row(FieldName="SYSTEM_DEMAND")]},
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_upstream_never_gave_stops_the_unit(name: str, upstream: Upstream) -> None:
    """No retry, no other interface: it has to be looked at."""
    body = json.dumps(BROKEN[name])
    upstream.get(DATA, body=body)
    with pytest.raises(ContractBroken) as caught:
        _fetch()
    assert len(upstream.calls) == 1
    assert caught.value.sample == body.encode()
    assert caught.value.interface == "dashboardservice"
    assert "\n" not in str(caught.value)


def test_the_sample_is_the_start_of_the_answer(upstream: Upstream) -> None:
    body = json.dumps({"note": "x" * 5000, "Rows": "none"})
    upstream.get(DATA, body=body)
    with pytest.raises(ContractBroken) as caught:
        _fetch()
    assert caught.value.sample == body.encode()[:SAMPLE_BYTES]


@pytest.mark.parametrize("value", [-999_999, 30_000])
def test_values_of_another_magnitude_are_another_quantity(value: int, upstream: Upstream) -> None:
    upstream.get(DATA, json=full(*[(stamp, value) for stamp in STAMPS], field="GEN_EXP"))
    with pytest.raises(ContractBroken, match=r"24 of 24 values are far outside their range, such as GEN_EXP"):
        _fetch()


def test_gigawatts_are_not_megawatts(upstream: Upstream) -> None:
    rows = full(*[(stamp, 4.1) for stamp in STAMPS], field="SYSTEM_DEMAND")
    upstream.get(DATA, json=rows, match=[_area("demandactual")])
    with pytest.raises(
        ContractBroken, match=r"24 of 24 values are far outside their range, such as SYSTEM_DEMAND 4\.1"
    ):
        _fetch(unit("demand", "ROI", "2026-02-10"))


def test_a_fuel_mix_in_kilowatt_hours_is_judged_as_a_whole(upstream: Upstream) -> None:
    names = {"FUEL_GAS": 40_321_550, "FUEL_RENEW": 20_000_000, "FUEL_NET_IMPORT": 11_870_200}
    rows = [_row(EffectiveTime=STAMPS[-1], FieldName=name, Value=value) for name, value in names.items()]
    upstream.get(DATA, json={"Status": "Success", "Rows": rows})
    with pytest.raises(ContractBroken, match="3 of 3 values are far outside their range, such as FUEL_GAS"):
        _fetch(unit("generation", "ROI", "2026-02-10"))


def test_a_spike_is_stored_as_sent_and_warned_of(upstream: Upstream) -> None:
    rows = [(stamp, 12_345 if stamp == STAMPS[5] else 3300) for stamp in STAMPS]
    upstream.get(DATA, json=full(*rows, field="GEN_EXP"))
    (chunk,) = _fetch()
    assert chunk.warnings == ()
    (flagged,) = chunk.flagged
    assert flagged == (at("2026-02-10T01:15:00Z"), "GEN_EXP 12345 MW at 2026-02-10T01:15:00Z, plausible: 0 to 8000")
    assert readings([chunk])[5] == ("2026-02-10T01:15:00Z", "GEN_EXP", 12_345)
    assert readings([chunk])[6] == ("2026-02-10T01:30:00Z", "GEN_EXP", 3300)


@pytest.mark.parametrize(("odd", "broken"), [(2, False), (3, True)])
def test_more_than_two_values_far_out_in_a_few_hours_are_too_many(odd: int, broken: bool, upstream: Upstream) -> None:
    rows = [(stamp, 3_300_000 if place < odd else 3300) for place, stamp in enumerate(STAMPS)]
    upstream.get(DATA, json=full(*rows, field="GEN_EXP"))
    if broken:
        with pytest.raises(ContractBroken):
            _fetch()
    else:
        assert readings(_fetch())[1][2] == 3_300_000


def test_a_long_spell_of_implausible_values_is_stored_and_every_one_is_flagged(upstream: Upstream) -> None:
    """Telemetry that stands at 0, or a new record: odd, but still this quantity. Upstream's word is kept."""
    demand = [(stamp, 0) for stamp in STAMPS]
    upstream.get(DATA, json=full(*demand, field="SYSTEM_DEMAND"), match=[_area("demandactual")])
    ahead = full(("10-Feb-2026 06:30:00", 4000), field="DEMAND_FORECAST_VALUE")
    upstream.get(DATA, json=ahead, match=[_area("demandforecast")])
    chunk, _ = _fetch(unit("demand", "ROI", "2026-02-10"))
    assert len(chunk.flagged) == len(STAMPS)
    assert {value for _, _, value in readings([chunk]) if value is not None} == {0}


def test_an_unknown_field_is_left_out_with_a_warning(upstream: Upstream) -> None:
    answer = full(GOOD, field="GEN_EXP")
    answer["Rows"] += [_row(FieldName="GEN_TIDAL"), _row(FieldName="GEN_TIDAL", EffectiveTime=STAMPS[1])]
    upstream.get(DATA, json=answer)
    (chunk,) = _fetch()
    assert chunk.warnings == ("unknown field 'GEN_TIDAL' left out (2 rows)",)
    assert {field for _, field, _ in readings([chunk])} == {"GEN_EXP"}


def test_values_in_the_hour_that_spring_skips_are_left_out_with_a_warning(upstream: Upstream) -> None:
    rows = [("29-Mar-2026 00:45:00", 3000), ("29-Mar-2026 01:15:00", 3001), ("29-Mar-2026 02:00:00", 3002)]
    upstream.get(DATA, json=full(*rows, field="GEN_EXP"))
    (chunk,) = fetch(eirgrid("2026-03-29T01:05:00Z"), unit("system_generation", "ROI", "2026-03-29"))
    assert chunk.warnings == ("values of the hour that the spring change skips left out (1 rows)",)
    assert [(when, value) for when, _, value in readings([chunk]) if value] == [
        ("2026-03-29T00:45:00Z", 3000),
        ("2026-03-29T01:00:00Z", 3002),
    ]


def test_rows_just_outside_the_range_are_left_out(upstream: Upstream) -> None:
    """The range is inclusive to the minute, so the next midnight may come along."""
    rows = [("09-Feb-2026 23:45:00", 3100), GOOD, ("11-Feb-2026 00:00:00", 3300)]
    upstream.get(DATA, json=full(*rows, field="GEN_EXP"))
    found = readings(_fetch())
    assert [reading for reading in found if reading[2] is not None] == [("2026-02-10T00:00:00Z", "GEN_EXP", 3210)]
    assert len(found) == 25, "midnight to 06:00, both included"


def test_days_without_a_row_are_asked_for_elsewhere_and_not_filled(upstream: Upstream) -> None:
    upstream.get(DATA, json=full(("08-Feb-2026 12:00:00", 3210), field="GEN_EXP"))
    upstream.get(CHART, json={"Rows": full(("07-Feb-2026 12:00:00", 3100), field="GEN_EXP")["Rows"]})
    events: list[DataChunk | Setback] = []
    with pytest.raises(EmptyAnswer, match="dashboardservice: an answer without GEN_EXP of 2026-02-07"):
        events.extend(eirgrid(NOW).fetch(unit("system_generation", "ROI", "2026-02-07", "2026-02-10")))
    found = readings([event for event in events if isinstance(event, DataChunk)])
    assert {when[:10] for when, _, _ in found} == {"2026-02-07", "2026-02-08"}
    assert len(found) == 2 * 96
    assert [value for _, _, value in found if value is not None] == [3100, 3210]
    setbacks = [
        (event.error.interface, event.first.day, event.last.day) for event in events if isinstance(event, Setback)
    ]
    assert setbacks == [("dashboardservice", 7, 7), ("dashboardservice", 9, 10), ("chart", 9, 10)]


def test_a_day_that_another_interface_has_is_no_failure(upstream: Upstream) -> None:
    upstream.get(DATA, json=full(("08-Feb-2026 12:00:00", 3210), field="GEN_EXP"))
    chart = full(("09-Feb-2026 12:00:00", 3211), field="GEN_EXP")["Rows"]
    upstream.get(CHART, json={"Rows": chart})
    found = readings(_fetch(unit("system_generation", "ROI", "2026-02-08", "2026-02-09")))
    assert [value for _, _, value in found if value is not None] == [3210, 3211]
    assert "dateFrom=09-Feb-2026&dateTo=09-Feb-2026" in str(upstream.calls[-1].request.url), "only what is missing"


def test_a_day_that_has_hardly_begun_lacks_nothing(upstream: Upstream) -> None:
    upstream.get(DATA, json=full(("09-Feb-2026 12:00:00", 3210), field="GEN_EXP"))
    source = eirgrid("2026-02-10T00:29:00Z")
    assert len(readings(fetch(source, unit("system_generation", "ROI", "2026-02-09", "2026-02-10")))) == 96


def _links(**values: object) -> dict[str, Any]:
    """An answer of interconn with these fields at 10:00."""
    rows = [
        {"Effective_Date": "09-02-2026 10:00:00", "Field_Name": name, "Value": value} for name, value in values.items()
    ]
    return {"Rows": rows}


LINKS = unit("interconnection", "ALL", "2026-02-09")
LINKS_URL = f"{INTERCONN}/202602090000/202602092359/ALL"


def test_nulls_of_an_interface_never_recorded_are_not_upstreams_word(upstream: Upstream) -> None:
    """What it has is kept; what it passes over or calls null is asked for elsewhere."""
    upstream.get(LINKS_URL, json=_links(INTER_EWIC=100, INTER_MOYLE=None))
    row: dict[str, Any] = {"EffectiveTime": "09-Feb-2026 10:00:00", "Region": "ALL"}
    names = {"INTER_MOYLE": -50, "INTER_GRNLK": 12, "INTER_NET": 62}
    rows = [row | {"FieldName": name, "Value": value} for name, value in names.items()]
    upstream.get(DATA, json={"Status": "Success", "Rows": rows})
    chunks = _fetch(LINKS)
    assert [chunk.interface for chunk in chunks] == ["interconn", "dashboardservice"]
    assert {name for _, name, _ in readings(chunks[:1])} == {"INTER_EWIC"}
    given = {name: value for _, name, value in readings(chunks) if value is not None}
    assert given == {"INTER_EWIC": 100, **names}


def test_what_no_interface_has_of_an_answered_day_is_null_and_no_failure(upstream: Upstream) -> None:
    row: dict[str, Any] = {"EffectiveTime": "09-Feb-2026 10:00:00", "Region": "ALL"}
    rows = [row | {"FieldName": name, "Value": 7} for name in ("INTER_EWIC", "INTER_MOYLE", "INTER_NET")]
    upstream.get(LINKS_URL, json=_links())
    upstream.get(DATA, json={"Status": "Success", "Rows": rows})
    upstream.get(CHART, json={"Rows": []})
    found = readings(_fetch(LINKS))
    assert [value for _, name, value in found if name == "INTER_GRNLK"] == [None] * 96


def test_a_renamed_column_of_vargen_costs_nothing(upstream: Upstream) -> None:
    row = {"Effective_Date": "09-02-2026 12:00:00", "MW_ACTUAL": "41", "MW_FCAST": "7", "Region": "NI"}
    upstream.get(f"{VARGEN}/202602090000/202602092359/NI/WIND", json={"Rows": [row]})
    forecast = full(("09-Feb-2026 12:00:00", 44), field="WIND_FCAST", region="NI")
    upstream.get(CHART, json={"Rows": forecast["Rows"]}, match=[_areas("windforecast")])
    chunks = _fetch(unit("wind", "NI", "2026-02-09"))
    assert chunks[0].warnings == ("unknown field 'MW_FCAST' left out (1 rows)",)
    given = [reading for reading in readings(chunks) if reading[2] is not None]
    assert given == [("2026-02-09T12:00:00Z", "WIND_ACTUAL", 41), ("2026-02-09T12:00:00Z", "WIND_FCAST", 44)]


def test_a_doubled_hour_in_no_order_is_left_out_and_no_null_is_put_there(upstream: Upstream) -> None:
    stamps = ["25-Oct-2026 02:00:00", "25-Oct-2026 01:00:00", "25-Oct-2026 00:00:00", "25-Oct-2026 01:00:00"]
    rows = [(stamp, 3000 + place) for place, stamp in enumerate([*stamps, "25-Oct-2026 03:00:00"])]
    upstream.get(DATA, json=full(*rows, field="GEN_EXP"))
    (chunk,) = fetch(eirgrid("2026-10-25T03:05:00Z"), unit("system_generation", "ROI", "2026-10-25"))
    assert chunk.warnings == (
        "GEN_EXP of October's doubled hour, whose passes cannot be told apart, left out (2 rows)",
    )
    found = {when: value for when, _, value in readings([chunk])}
    assert "2026-10-25T00:00:00Z" not in found, "no null: there is a value"
    assert found["2026-10-25T00:15:00Z"] is None
    assert found["2026-10-25T02:00:00Z"] == 3000


def test_an_answer_of_the_other_quantity_is_named(upstream: Upstream) -> None:
    for url in (CHART, DATA):
        upstream.get(url, json=full(("10-Feb-2026 00:00:00", 3), field="WIND_ACTUAL", region="NI"))
    upstream.get(f"{VARGEN}/202602100000/202602102359/NI/WIND", json={"Rows": []})
    with pytest.raises(
        EmptyAnswer,
        match="no rows of WIND_FCAST for wind NI 2026-02-10 to 2026-02-10; there are rows of WIND_ACTUAL only",
    ):
        _fetch(unit("wind", "NI", "2026-02-10"))


@pytest.mark.parametrize(
    ("area", "url", "row"),
    [
        ("wind", f"{VARGEN}/202602090000/202602092359/ALL/WIND", {"Effective_Date": "09-02-2026 00:00:00", "MW": 1}),
        ("wind", f"{VARGEN}/202602090000/202602092359/ALL/WIND", {"MW_ACTUAL": 1, "MW_FORECAST": 2, "Region": "ALL"}),
        (
            "wind",
            f"{VARGEN}/202602090000/202602092359/ALL/WIND",
            {"Effective_Date": "09-02-2026 00:00:00", "MW_ACTUAL": 1, "Region": ["ALL"]},
        ),
        (
            "interconnection",
            f"{INTERCONN}/202602090000/202602092359/ALL",
            {"EffectiveTime": "09-Feb-2026 00:00:00", "FieldName": "INTER_EWIC", "Value": 1},
        ),
    ],
)
def test_rows_that_vargen_and_interconn_never_wrote_are_left_and_the_next_is_asked(
    area: str, url: str, row: dict[str, object], upstream: Upstream
) -> None:
    """No answer of theirs was ever recorded: an unknown shape must not keep a unit from those that were."""
    body = {"Rows": [row]}
    fields = ["WIND_ACTUAL", "WIND_FCAST"] if area == "wind" else ["INTER_EWIC"]
    upstream.get(url, json=body)
    for field in fields:
        good = {"EffectiveTime": "09-Feb-2026 12:00:00", "FieldName": field, "Region": "ALL", "Value": 41}
        upstream.get(CHART if area == "wind" else DATA, json={"Rows": [good]})
    events = list(eirgrid(NOW).fetch(unit(area, "ALL", "2026-02-09")))
    setback = events[0]
    assert isinstance(setback, Setback)
    assert isinstance(setback.error, ContractBroken)
    assert "a row of unknown shape" in str(setback.error)
    assert setback.error.sample == json.dumps(body).encode()
    found = readings(one for one in events if isinstance(one, DataChunk))
    assert {("2026-02-09T12:00:00Z", field, 41) for field in fields} <= set(found)


@pytest.mark.parametrize(("status", "kind"), [(404, Permanent), (403, Unsupported), (503, Transient)])
def test_a_shape_of_theirs_that_is_unknown_does_not_stop_the_unit(
    status: int, kind: type[Exception], upstream: Upstream
) -> None:
    """It is recorded as a setback; what decides is what the recorded interface said."""
    upstream.get(f"{VARGEN}/202602090000/202602092359/ALL/SOLAR", json={"Rows": [{"mw": 1}]})
    upstream.get(CHART, status=status)
    events: list[DataChunk | Setback] = []
    with pytest.raises(kind) as caught:
        events.extend(eirgrid(NOW).fetch(unit("solar", "ALL", "2026-02-09")))
    assert type(caught.value) is kind
    assert isinstance(events[0], Setback)
    assert type(events[0].error) is ContractBroken
    assert events[0].error.sample


def test_a_fallback_changes_nothing_that_was_answered(upstream: Upstream) -> None:
    """Days 1 and 10 are asked for elsewhere, in one request; what comes of the days between is left."""
    days = [f"{day:02d}-Nov-2025 12:00:00" for day in range(1, 11)]
    upstream.get(DATA, json=full(*[(day, 3000) for day in days[1:9]], field="GEN_EXP"))
    upstream.get(CHART, json={"Rows": full(*[(day, 4000) for day in days], field="GEN_EXP")["Rows"]})
    events = list(eirgrid(NOW).fetch(unit("system_generation", "ROI", "2025-11-01", "2025-11-10")))
    chunks = [event for event in events if isinstance(event, DataChunk)]
    found = [value for _, _, value in readings(chunks) if value is not None]
    assert found == [4000, *[3000] * 8, 4000]
    assert len(readings(chunks)) == 960
    setbacks = [(event.first.day, event.last.day) for event in events if isinstance(event, Setback)]
    assert setbacks == [(1, 1), (10, 10)]


def test_an_implausible_value_of_an_answered_day_is_not_flagged(upstream: Upstream) -> None:
    days = [f"{day:02d}-Nov-2025 12:00:00" for day in range(1, 11)]
    upstream.get(DATA, json=full(*[(day, 3000) for day in days[1:9]], field="GEN_EXP"))
    odd = [(day, 1e6 if place in {4, 9} else 4000) for place, day in enumerate(days)]
    upstream.get(CHART, json={"Rows": full(*odd, field="GEN_EXP")["Rows"]})
    flagged = [
        slot.day
        for chunk in _fetch(unit("system_generation", "ROI", "2025-11-01", "2025-11-10"))
        for slot, _ in chunk.flagged
    ]
    assert flagged == [10], "of the 5th another interface had told"


def test_an_interface_that_fails_is_blamed_for_open_days_only(upstream: Upstream) -> None:
    days = [f"{day:02d}-Nov-2025 12:00:00" for day in range(2, 10)]
    upstream.get(DATA, json=full(*[(day, 3000) for day in days], field="GEN_EXP"))
    upstream.get(CHART, status=404)
    source = eirgrid(NOW).fetch(unit("system_generation", "ROI", "2025-11-01", "2025-11-10"))
    setbacks: list[tuple[str, int, int]] = []
    with pytest.raises(UpstreamError):
        setbacks.extend(
            (event.error.interface, event.first.day, event.last.day) for event in source if isinstance(event, Setback)
        )
    assert setbacks == [
        ("dashboardservice", 1, 1),
        ("dashboardservice", 10, 10),
        ("chart", 1, 1),
        ("chart", 10, 10),
    ]


def test_a_demand_forecast_that_nobody_has_is_no_failure(upstream: Upstream) -> None:
    rows = full(*[(stamp, 4000) for stamp in STAMPS], ("09-Feb-2026 12:00:00", 4000), field="SYSTEM_DEMAND")
    upstream.get(DATA, json=rows, match=[_area("demandactual")])
    none = upstream.get(DATA, json=full(field="DEMAND_FORECAST_VALUE"), match=[_area("demandforecast")])
    elsewhere = upstream.get(CHART, json={"Rows": []}, match=[_areas("demandforecast")])
    events = list(eirgrid(NOW).fetch(unit("demand", "ROI", "2026-02-09", "2026-02-10")))
    assert none.call_count == elsewhere.call_count == 2
    assert "datefrom=10-Feb-2026" in str(none.calls[0].request.url), "not for yesterday"
    assert {(event.first.day, type(event.error)) for event in events if isinstance(event, Setback)} == {
        (10, EmptyAnswer)
    }


def test_columns_of_a_wide_row_that_nobody_knows_are_named(upstream: Upstream) -> None:
    row = {"Effective_Date": "09-02-2026 12:00:00", "MW_ACTUAL": "41", "MW_FORECAST": "5", "MW_CURTAILED": "7"}
    upstream.get(f"{VARGEN}/202602090000/202602092359/NI/WIND", json={"Rows": [row | {"Region": "NI"}]})
    (chunk,) = _fetch(unit("wind", "NI", "2026-02-09"))
    assert chunk.warnings == ("unknown field 'MW_CURTAILED' left out (1 rows)",)
    assert {field for _, field, _ in readings([chunk])} == {"WIND_ACTUAL", "WIND_FCAST"}


def test_a_wide_row_without_a_region_is_taken(upstream: Upstream) -> None:
    row = {"Effective_Date": "09-02-2026 12:00:00", "MW_ACTUAL": "41", "MW_FORECAST": "44"}
    upstream.get(f"{VARGEN}/202602090000/202602092359/NI/WIND", json={"Rows": [row]})
    found = readings(_fetch(unit("wind", "NI", "2026-02-09")))
    assert ("2026-02-09T12:00:00Z", "WIND_ACTUAL", 41) in found


def test_one_broken_request_ends_the_fetch(upstream: Upstream) -> None:
    upstream.get(CHART, json={"Rows": [{"mw": 1}]})
    with pytest.raises(ContractBroken):
        _fetch(unit("wind", "ROI", "2026-02-10"))
    assert len(upstream.calls) == 1
