"""What is asked for: every parameter that is not allowed is named, with the value seen and what is allowed."""

import re
from urllib.parse import parse_qsl

import pytest

from api.formats import told_in
from api.query import read_question
from include.domain.catalogue import AREAS
from include.domain.catalogue import area as area_named
from tests.api.conftest import Api
from tests.jobs.invented import NOW, at

INSTANT = "a date such as 2026-11-25 or an instant with its offset, such as 2026-11-25T12:00:00Z"
RANGE = "2014-01-01 to 2027-03-17"
WRONG = {
    "resolution=2h": "resolution: got '2h'; allowed: native, 15m, 30m, 1h, 1d, 1w, 1M",
    "resolution=": "resolution: got ''; allowed: native",
    "format=xml": "format: got 'xml'; allowed: json, columns, csv, ndjson, parquet",
    "tz=CET": "tz: got 'CET'; allowed: UTC, Europe/Dublin",
    "derived=maybe": "derived: got 'maybe'; allowed: true, false",
    "region=UK": "region: got 'UK'; allowed: ALL, ROI, NI",
    "region=ALL,UK": "region: got 'UK'; allowed: ALL, ROI, NI",
    "fields=WIND": "fields: got 'WIND'; allowed: WIND_ACTUAL, WIND_FCAST, actual, forecast",
    "fields=" + ",".join(["x"] * 1000): "fields: got 'x'; allowed: WIND_ACTUAL",
    "start=yesterday": "start: got 'yesterday'; allowed: a date such as 2026-11-25 or an instant with its offset",
    "start=2026-02-30": f"start: got '2026-02-30'; allowed: {INSTANT}, {RANGE}",
    "start=0000-01-01": "start: got '0000-01-01'",
    "start=9999-12-31": "start: got '9999-12-31'",
    "end=9999-12-31T23:59:59Z": "end: got '9999-12-31T23:59:59Z'",
    "start=NaN": "start: got 'NaN'",
    "start=2026-02-01T00:00:00": "start: got '2026-02-01T00:00:00'; allowed: a date",
    "start=1999-01-01": f"{RANGE}",
    "start=2026-02-02&end=2026-02-01": "end: got '2026-02-01'; allowed: an instant after start, 2026-02-02T00:00:00Z",
    "start=2026-02-02&end=2026-02-02": "end: got '2026-02-02'; allowed: an instant after start",
    "start=2026-06-01": "end: got '2026-02-12 (its default)'; allowed: an instant after start",
    "end=2014-01-01": "start: got '2013-12-02'",
    "strat=2026-02-01": "'strat' is no parameter of this path; allowed: region, start, end, resolution",
    "start=2026-02-01'; DROP TABLE result; --": "start: got",
    "fields=../../etc/passwd": "fields: got '../../etc/passwd'; allowed: WIND_ACTUAL",
    "region=%00": "region: got '\\x00'; allowed: ALL, ROI, NI",
}  # fmt: skip


WELL_FORMED = {
    query for query in WRONG if re.search(r"(start|end)=(1999|9999|2014|2026-02-02$|2026-02-02&|2026-06)", query)
}
"""These parameters are right by themselves; what they ask for is not there, or they do not go together."""


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_parameter_is_named_with_what_is_allowed(query: str, api: Api) -> None:
    answer = api.get(f"/api/wind?{query}")
    assert answer.status_code == (422 if query in WELL_FORMED else 400), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert WRONG[query] in problem["detail"]
    assert problem["parameter"] == query.partition("=")[0] or "&" in query or problem["parameter"] in problem["detail"]


def test_native_frequency_is_for_a_day(api: Api) -> None:
    answer = api.get("/api/frequency?resolution=native&start=2026-02-01&end=2026-02-03")
    assert answer.status_code == 422
    assert "native (5-second values) for a range of up to a day" in answer.json()["detail"]
    assert api.get("/api/frequency?resolution=native&start=2026-02-10&end=2026-02-11").status_code == 200
    assert api.get("/api/frequency?start=2026-02-09&end=2026-02-11").json()["resolution"] == "15m"


@pytest.mark.parametrize(
    "path",
    [
        *(f"/api/{name}" for name in ("current", "recent", "snapshot", "gaps", "status", "catalogue")),
        "/health",
        *(f"/api/{area.name}" for area in AREAS),
    ],
)
def test_an_unknown_parameter_is_refused_on_every_path(path: str, api: Api) -> None:
    answer = api.get(f"{path}?foo=1")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "foo"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("region=roi", [("ROI", "WIND_ACTUAL"), ("ROI", "WIND_FCAST")]),
        ("region=NI,ROI&fields=actual", [("ROI", "WIND_ACTUAL"), ("NI", "WIND_ACTUAL")]),
        ("region=NI&region=ROI&fields=Wind_Fcast", [("ROI", "WIND_FCAST"), ("NI", "WIND_FCAST")]),
        ("fields=forecast,WIND_ACTUAL&region=ALL", [("ALL", "WIND_ACTUAL"), ("ALL", "WIND_FCAST")]),
    ],
)
def test_regions_and_fields_are_lists_in_any_case(query: str, fields: list[tuple[str, str]], api: Api) -> None:
    series = api.get(f"/api/wind?{query}").json()["series"]
    assert [(one["region"], one["field"]) for one in series] == fields


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("start=2026-02-01&end=2026-02-02", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"),
        ("start=2026-02-01T01:00:00%2B01:00&end=2026-02-02", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"),
        ("start=2026-02-01T01:00:00+01:00&end=2026-02-02", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"),
        ("start=2025-07-01&end=2025-07-02&tz=Europe/Dublin", "2025-07-01T00:00:00+01:00", "2025-07-02T00:00:00+01:00"),
        ("start=2025-10-26&end=2025-10-27&tz=Europe/Dublin", "2025-10-26T00:00:00+01:00", "2025-10-27T00:00:00+00:00"),
        ("start=2026-02-01t01:00:00z&end=2026-02-02", "2026-02-01T01:00:00Z", "2026-02-02T00:00:00Z"),
        ("start=2026-01-01&end=2027-01-01&resolution=1M", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_a_date_is_its_midnight_in_the_zone(query: str, first: str, last: str) -> None:
    question = read_question(area_named("wind"), parse_qsl(query), now=at(NOW))
    assert (told_in(question.span.start, question), told_in(question.span.end, question)) == (first, last)


def test_a_path_that_is_no_area_never_reaches_the_store(api: Api) -> None:
    for path in (
        "/api/..%2f..%2fetc%2fpasswd",
        "/api/%00",
        "/api/wind%00",
        "/api/%F0%9F%92%A8",
        "/api/wind;x",
        "/api/_store.json",
    ):
        answer = api.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
