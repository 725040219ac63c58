"""200,000 answers that upstream never gave: one of our errors or readings that the answer holds, never a crash.

`make test` tries one in a hundred, the same each time; `make test-all` all, and others each time.
"""

import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
import requests
import urllib3
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from include.domain.catalogue import AREAS
from include.domain.errors import SAMPLE_BYTES, EmptyAnswer, NotYetPublished, UpstreamError
from include.domain.readings import Feed, Outcome, Unit
from include.domain.series import Area, Route
from include.jobs.ingest import Ingest
from include.sources.base import DataChunk
from include.sources.client import HttpClient, Politeness
from include.sources.eirgrid.query import Hosts
from include.sources.eirgrid.source import EirGridSource
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.randomness import random_of
from tests.recordings import recordings_or_skip
from tests.sources.asking import ANSWERS, at, unit
from tests.sources.malformed import JUNK, KEYS, Payload, judge, spoil

MUTATED: Final = 160_000
GENERATED: Final = 40_000
pytestmark = pytest.mark.usefixtures("naps")
SHARE: Final = [
    pytest.param(0.01, id="one in a hundred"),
    pytest.param(1.0, id="all", marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
]


@dataclass(frozen=True)
class Sound:
    """An answer as it should be, and who asked for what when it came."""

    interface: str
    unit: Unit
    now: datetime
    fields: frozenset[str]
    payload: Payload

    @property
    def area(self) -> Area:
        """The area with the series that the answer is about, asked of its interface alone."""
        area = next(one for one in AREAS if one.name == self.unit.partition.area)
        route = Route(live=(self.interface,), elapsed=(self.interface,))
        series = tuple(replace(one, route=route) for one in area.series if one.field in self.fields)
        return replace(area, series=series)


class Canned(BaseAdapter):
    """A transport that gives the same answer to every request."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.status, self.headers = b"", 200, dict[str, str]()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.request, response.url = self.status, request, request.url or ""
        response.headers.update(self.headers)
        response.raw = urllib3.HTTPResponse(
            io.BytesIO(self.body), headers=self.headers, status=self.status, preload_content=False
        )
        return response

    def close(self) -> None:
        """Nothing to close."""


class Asking:
    """A source for one sound answer and its spoiled copies."""

    def __init__(self, sound: Sound) -> None:
        self.sound, self.canned = sound, Canned()
        polite = Politeness(user_agent="tests (tests@example.org)", max_retries=0)
        client = HttpClient(polite, clock=lambda: sound.now)
        client.session.mount("https://", self.canned)
        self.source = EirGridSource(client, Hosts(), clock=lambda: sound.now, areas=[sound.area])

    def serve(self, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.canned.body, self.canned.status = body, status
        self.canned.headers = {"Content-Type": "application/json", **(headers or {})}

    def check(self, body: bytes, **how: Any) -> str:
        """Ask, and see that what came is an error of ours or what the answer holds; the kind of either."""
        self.serve(body, **how)
        chunks: list[DataChunk] = []
        try:
            chunks.extend(event for event in self.source.fetch(self.sound.unit) if isinstance(event, DataChunk))
        except UpstreamError as raised:
            failure = raised
        else:
            self._explain(body, chunks)
            return "readings" if chunks else NotYetPublished.__name__
        if isinstance(failure, EmptyAnswer):
            # Of some days it told, of others not.
            self._explain(body, chunks)
        else:
            assert chunks == [], f"a reading of an answer that failed: {body!r}"
        assert "\n" not in str(failure)
        assert len(failure.sample) <= SAMPLE_BYTES
        return type(failure).__name__

    def _explain(self, body: bytes, chunks: Iterable[DataChunk]) -> None:
        sound = self.sound
        found = {
            (str(name), slot.to_pydatetime()): None if math.isnan(value) else float(value)
            for chunk in chunks
            for name, slot, value in zip(chunk.df["field"], chunk.df["timestamp"], chunk.df["value"], strict=True)
        }
        if not found:
            return
        told = judge(body, fields=set(sound.fields), area=sound.area.name, interface=sound.interface)
        assert told.malformed == "", f"read all the same: {body!r}"
        if sound.area.name == "generation":
            values = {(name, value) for (name, _), sent in told.given.items() for value in sent}
            assert {(name, value) for (name, _), value in found.items()} <= values
            return
        for key, value in found.items():
            assert value in told.given.get(key, {None}), f"{key}: {value} was never sent: {body!r}"
        kept = {key: value for key, value in found.items() if value is not None}
        for key, sent in told.given.items():
            if sent - {None} and key in found:
                others = {slot for name, slot in kept if name == key[0]} - {key[1]}
                doubled = key[1] + timedelta(hours=1) in others or key[1] - timedelta(hours=1) in others
                assert found[key] is not None or doubled, f"{key}: {sent} lost: {body!r}"


def _by_hand() -> Iterator[Sound]:
    """The answers on file, each with the question it belongs to."""
    for file in sorted(ANSWERS.glob("*.expected.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        for asked in case["asked"]:
            payload = json.loads((ANSWERS / asked["answer"]).read_text(encoding="utf-8"))
            area, region, *days = case["unit"]
            wanted = unit(area, region, *days)
            known = {one.field for one in next(one for one in AREAS if one.name == area).of_region(region)}
            rows = payload.get("Rows") or []
            named = {row.get("FieldName", row.get("Field_Name")) for row in rows} & known
            fields = frozenset(named or ({f"{area.upper()}_ACTUAL", f"{area.upper()}_FCAST"} & known))
            if "interface" in asked and rows and fields:
                yield Sound(asked["interface"], wanted, at(case["now"]), fields, payload)


def _recorded(folder: Path) -> Iterator[Sound]:
    """Six hours of each area and region of the recorded days, as DashboardService gave them."""
    table = pd.read_csv(folder / "dashboardservice_raw_rows_sample_days.csv.gz")
    table = table.astype(object).where(table.notna(), None)
    table["day"] = table["EffectiveTime"].str[:11]
    areas = {one.field: (area.name, one.region) for area in AREAS for one in area.series}
    for (day, field, region), rows in table.groupby(["day", "FieldName", "requested_region"], sort=True):
        area = areas.get(str(field), ("", ""))[0]
        if area in {"", "interconnection"} or day == "20-Feb-2024":
            continue
        first = datetime.strptime(str(day), "%d-%b-%Y").date().isoformat()  # noqa: DTZ007  a day
        listed = rows[["EffectiveTime", "FieldName", "Region", "Value"]].to_dict("records")[:24]
        payload = {"ErrorMessage": None, "LastUpdated": None, "Rows": listed, "Status": "Success"}
        now = at(f"{first}T23:00:00Z")
        yield Sound("dashboardservice", unit(area, str(region), first), now, frozenset({str(field)}), payload)


BY_HAND: Final = tuple(_by_hand())
REFUSALS: Final = (200, 200, 200, 200, 200, 200, 200, 200, 204, 302, 400, 403, 404, 418, 429, 500, 502, 503)
ENCODINGS: Final[tuple[dict[str, str], ...]] = (
    *[{}] * 12, {"Content-Encoding": "gzip"}, {"Content-Encoding": "deflate"}, {"Content-Length": "3"},
    {"Retry-After": "soon"}, {"Content-Type": "text/html"}, {"Content-Type": "application/json; charset=utf-7"},
)  # fmt: skip


def _shake(sounds: Iterable[Sound], count: int, *, seed: int) -> Counter[str]:
    rng = random_of(seed)
    asking = [Asking(sound) for sound in sounds]
    met: Counter[str] = Counter()
    for _ in range(count):
        one = rng.choice(asking)
        body = spoil(one.sound.payload, rng)
        met[one.check(body, status=rng.choice(REFUSALS), headers=rng.choice(ENCODINGS))] += 1
    return met


@pytest.mark.parametrize("share", SHARE)
def test_answers_by_hand_spoiled(share: float) -> None:
    met = _shake(BY_HAND, round(MUTATED / 2 * share), seed=20)
    assert {"readings", "ContractBroken", "Transient", "EmptyAnswer", "Permanent", "Unsupported"} <= met.keys()
    assert min(met["readings"], met["ContractBroken"], met["Transient"]) > 0.08 * met.total()


@pytest.mark.parametrize("share", SHARE)
def test_recorded_answers_spoiled(share: float) -> None:
    sounds = tuple(_recorded(recordings_or_skip()))
    assert len(sounds) > 40
    met = _shake(sounds, round(MUTATED / 2 * share), seed=26)
    assert min(met["readings"], met["ContractBroken"], met["Transient"]) > 0.08 * met.total()


SCALARS: Final = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(JUNK)
ANYTHING: Final = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
)


def _quarter(count: int) -> str:
    return f"{datetime(2026, 2, 10) + count * timedelta(minutes=15):%d-%b-%Y %H:%M:00}"  # noqa: DTZ001  upstream's


STAMP: Final = st.integers(-96, 192).map(_quarter)
DEMAND: Final = st.integers(2000, 6000)
GOOD_ROW: Final = st.builds(
    lambda stamp, value: {"EffectiveTime": stamp, "FieldName": "SYSTEM_DEMAND", "Region": "ROI", "Value": value},
    st.integers(0, 60).map(_quarter),
    DEMAND | DEMAND.map(str) | st.none() | st.floats(0, 1e6),
)
ODD_ROW: Final = st.fixed_dictionaries(
    {"EffectiveTime": STAMP | SCALARS, "FieldName": st.just("SYSTEM_DEMAND") | SCALARS, "Value": DEMAND | SCALARS},
    optional={"Region": st.sampled_from(["ROI", "NI", "ALL", None]) | SCALARS, "Effective_Date": SCALARS},
)
ROWS: Final = st.lists(GOOD_ROW, max_size=6) | st.lists(GOOD_ROW | ODD_ROW, max_size=4)
ENVELOPE: Final = st.fixed_dictionaries(
    {"Rows": ROWS | ROWS | ANYTHING},
    optional={"Status": st.sampled_from(["Success", "Error"]) | SCALARS, "ErrorMessage": SCALARS},
)


@pytest.mark.parametrize("share", SHARE)
def test_generated_answers(share: float) -> None:
    asking = Asking(
        Sound("dashboardservice", unit("demand", "ROI", "2026-02-10"), at("2026-02-10T12:00:00Z"),
              frozenset({"SYSTEM_DEMAND"}), {})
    )  # fmt: skip
    met: Counter[str] = Counter()

    @settings(
        max_examples=round(GENERATED * share),
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(ENVELOPE | ENVELOPE | ENVELOPE | ANYTHING)
    def check(payload: Any) -> None:
        met[asking.check(json.dumps(payload).encode())] += 1

    check()
    assert met.total() >= round(GENERATED * share)
    assert {"readings", "ContractBroken", "EmptyAnswer", "StatusError"} <= met.keys()
    assert min(met["readings"], met["ContractBroken"]) > 0.1 * met.total()


@pytest.mark.parametrize("share", SHARE)
def test_no_row_of_a_broken_answer_reaches_the_store(share: float, tmp_path: Path) -> None:
    rng = random_of(4)
    good, broken = 0, 0
    for place, sound in enumerate(BY_HAND):
        readings = ReadingsStore(LocalStore(tmp_path / str(place)), feed=Feed.EIRGRID)
        readings.open()
        asking = Asking(sound)
        job = Ingest(source=asking.source, area=sound.area, readings=readings, clock=asking.source.clock)
        for _ in range(round(200 * share)):
            asking.serve(spoil(sound.payload, rng))
            before = readings.read(sound.unit.partition)
            result = job.run(sound.unit, live=False)
            assert result.outcome is not Outcome.OUR_ERROR, result
            if result.outcome in {Outcome.STORED, Outcome.UNCHANGED}:
                good += 1
            else:
                assert readings.read(sound.unit.partition) == before
                broken += 1
    assert min(good, broken) > 500 * share
