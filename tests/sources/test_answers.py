"""Answers written by hand after API.md 4, and the readings that a person takes from them."""

import json
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import responses
from responses.matchers import query_param_matcher

from tests.sources.asking import ANSWERS, Reading, at, eirgrid, fetch, readings, unit

CASES = sorted(path.name.removesuffix(".expected.json") for path in ANSWERS.glob("*.expected.json"))


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ANSWERS / name).read_text(encoding="utf-8"))
    return loaded


def _nulls(field: str, start: str, end: str, minutes: int) -> list[Reading]:
    slots, slot = [], at(start)
    while slot < at(end):
        slots.append(slot)
        slot += timedelta(minutes=minutes)
    return [(f"{one:%Y-%m-%dT%H:%M:%SZ}", field, None) for one in slots]


def _expected(case: dict[str, Any]) -> list[Reading]:
    listed = [(when, field, value) for when, field, value in case["readings"]]
    filled = [reading for span in case["nulls"] for reading in _nulls(*span)]
    return sorted(listed + filled, key=lambda one: one[:2])


def _serve(upstream: responses.RequestsMock, case: dict[str, Any]) -> None:
    for asked in case["asked"]:
        upstream.get(
            asked["url"],
            body=(ANSWERS / asked["answer"]).read_bytes(),
            content_type="application/json",
            match=[query_param_matcher(asked["params"])],
        )


@pytest.mark.parametrize("name", CASES)
def test_a_hand_written_answer_gives_its_readings(name: str, upstream: responses.RequestsMock) -> None:
    case = _load(f"{name}.expected.json")
    _serve(upstream, case)
    chunks = fetch(eirgrid(case["now"]), unit(*case["unit"]))
    assert readings(chunks) == _expected(case)
    assert len(_expected(case)) == case.get("count", len(_expected(case)))
    assert [chunk.interface for chunk in chunks] == [one["interface"] for one in case["asked"] if "interface" in one]
    assert [chunk.warnings for chunk in chunks] == [()] * len(chunks)


@pytest.mark.parametrize("name", ["demand_winter", "co2", "chart_wind"])
def test_a_chunk_is_sorted_unique_utc_and_carries_when_it_was_fetched(
    name: str, upstream: responses.RequestsMock
) -> None:
    case = _load(f"{name}.expected.json")
    _serve(upstream, case)
    for chunk in fetch(eirgrid(case["now"]), unit(*case["unit"])):
        frame = chunk.df
        keys = list(zip(frame["field"], frame["timestamp"], strict=True))
        assert all(one < other for one, other in pairwise(keys))
        assert list(frame.columns) == ["timestamp", "field", "value", "fetched_at"]
        assert str(frame["timestamp"].dtype) == str(frame["fetched_at"].dtype) == "datetime64[us, UTC]"
        assert str(frame["value"].dtype) == "float64"
        assert set(frame["fetched_at"]) == {at(case["now"])}


def test_every_answer_on_file_is_used() -> None:
    used = {one["answer"] for name in CASES for one in _load(f"{name}.expected.json")["asked"]}
    on_file = {path.name for path in Path(ANSWERS).glob("*.json") if not path.name.endswith(".expected.json")}
    assert on_file == used
    assert len(CASES) >= 15
