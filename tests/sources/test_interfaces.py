"""Every interface keeps the contract, on every kind of day and under every fault of the stand-in upstream."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import numpy as np
import pytest
import requests

from dev.upstream.faults import Fault
from dev.upstream.irish_time import second_pass, seconds, to_local
from dev.upstream.publication import horizon, published_at
from dev.upstream.simulated import Simulated
from include.domain.calendar import day_span, slots
from include.domain.catalogue import AREAS
from include.domain.errors import (
    SAMPLE_BYTES,
    ContractBroken,
    EmptyAnswer,
    GridError,
    Permanent,
    Transient,
    Unsupported,
)
from include.domain.readings import Unit
from include.domain.series import History, Role, Route
from include.sources.base import DataChunk, Setback, Source
from include.sources.client import HttpClient, Politeness
from include.sources.eirgrid import SOURCE
from include.sources.eirgrid.query import Hosts
from include.sources.eirgrid.source import EirGridSource
from include.sources.values import Values
from tests.sources.contract import Case, SourceContract, chunks_of, fetch, unit_of, values_of
from tests.standin import StandIn, give_back

pytestmark = pytest.mark.server

SEED: Final = 1
TRUTH: Final = Simulated(seed=SEED)
NOW: Final = datetime.fromisoformat("2026-02-12T12:07:00Z")
DAY: Final = "2026-02-10"
RETRIES: Final = 2
REMOVED: Final = "REMOVED"
STAMPS: Final = ("EffectiveTime", "Effective_Date")
NAMES: Final = ("FieldName", "Field_Name", "Effective_Date")
NUMBERS: Final = ("Value", "MW_ACTUAL")
NEVER: Final[dict[tuple[str, ...], list[object]]] = {
    STAMPS: ["30-Feb-2026 00:00:00", "2026-02-10", "", 1770681600, None, [1], REMOVED],
    NAMES: [None, 7, [1], {}, REMOVED],
    NUMBERS: ["n/a", "1,5", True, [1], {}, 10**400],
}
"""Keys of which a row has one, and what it never holds. A wide row has no name: there, its time is spoiled again."""


def simulated(wanted: Unit, now: datetime) -> Values:
    """What the model has published of a unit by `now`, as the store wants it."""
    values: Values = {}
    region = wanted.partition.region
    for one in SOURCE.area(wanted.partition.area).of_region(region):
        found = list(slots(day_span(wanted.first, wanted.last), one.cadence))
        instants = np.array([seconds(slot) for slot in found], dtype=np.int64)
        if one.role is Role.FORECAST:
            seen = to_local(instants) < horizon(now)
        else:
            seen = published_at(SEED, one.field, region, instants) <= seconds(now)
        model = np.where(seen, TRUTH.values(one.field, region, instants), np.nan)
        for slot, value, lost in zip(found, model.tolist(), second_pass(instants).tolist(), strict=True):
            given = None if np.isnan(value) else value
            wanted_later = one.future and given is not None
            if not lost and (wanted_later if slot > now else one.history is History.FULL):
                values[one.field, slot] = given
    return values


class InterfaceContract(SourceContract):
    """The contract of a source for one interface of EirGrid alone, and what it makes of each fault."""

    entry = SOURCE
    interface: ClassVar[str]
    empty_when_in_error = False
    """Whether it knows no error form: an error is an answer without rows."""

    @pytest.fixture(autouse=True)
    def _upstream(self, wide: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("random.uniform", lambda *_: 0.0)
        self.upstream = wide
        self.upstream.recover()
        self.upstream.forget()

    def published(self, wanted: Unit, now: datetime) -> tuple[Source, Values]:
        return self.source(now), simulated(wanted, now)

    def source(self, now: datetime, **polite: Any) -> EirGridSource:
        """The source that knows no other interface."""
        route = Route(live=(self.interface,), elapsed=(self.interface,))
        areas = [replace(area, series=tuple(replace(one, route=route) for one in area.series)) for area in AREAS]
        self.upstream.set_clock(now)
        politeness = Politeness(user_agent="tests (tests@example.org)", **({"max_retries": RETRIES} | polite))
        client = HttpClient(politeness, clock=lambda: now, feed="simulated")
        return EirGridSource(client, Hosts.below(self.upstream.url), clock=lambda: now, areas=areas)

    def unit(self, case: Case | None = None) -> Unit:
        return unit_of(SOURCE, *(case or self.cases[0]), DAY)

    def asked(self) -> int:
        return len(self.upstream.asked())

    def failing(self, *, wanted: Unit | None = None, **polite: Any) -> tuple[list[Setback], GridError, int]:
        """Fetch a unit that cannot be had: its setbacks, its error, and how many requests one question made."""
        wanted = wanted or self.unit()
        events: list[DataChunk | Setback] = []
        with pytest.raises(GridError) as caught:
            events.extend(self.source(NOW, **polite).fetch(wanted))
        assert all(isinstance(event, Setback) for event in events), "no reading of a unit that cannot be had"
        setbacks = [event for event in events if isinstance(event, Setback)]
        return setbacks, caught.value, self.asked() // max(1, len(setbacks))

    @pytest.mark.parametrize("fault", [Fault.HTML_503, Fault.HTML_200, Fault.TORN_BODY, Fault.RESET])
    @pytest.mark.parametrize("declared", ["full", "short"])
    def test_what_may_pass_is_asked_again(self, fault: Fault, declared: str) -> None:
        self.upstream.fail({"fault": fault, "declared": declared})
        setbacks, error, requests_made = self.failing()
        assert type(error) is Transient
        assert requests_made == RETRIES + 1
        assert {one.error.interface for one in setbacks} == {self.interface}

    @pytest.mark.parametrize("fault", [Fault.HTML_503, Fault.HTML_200, Fault.TORN_BODY, Fault.RESET])
    def test_a_fault_that_passes_is_not_noticed(self, fault: Fault, case: Case) -> None:
        self.upstream.fail({"fault": fault, "rate": 0.5}, seed=3)
        assert fetch(self.source(NOW, max_retries=20), self.unit(case)) == simulated(self.unit(case), NOW)

    def test_a_slow_answer_is_a_time_out(self) -> None:
        self.upstream.fail({"fault": Fault.SLOW, "delay_seconds": 1.0})
        _, error, _ = self.failing(timeout=0.2, max_retries=0)
        assert type(error) is Transient
        self.upstream.fail({"fault": Fault.SLOW, "delay_seconds": 0.1})
        assert fetch(self.source(NOW), self.unit()) == simulated(self.unit(), NOW)

    def test_an_answer_without_rows_is_asked_for_once_more(self) -> None:
        self.upstream.fail({"fault": Fault.EMPTY_ROWS})
        _, error, requests_made = self.failing()
        assert type(error) is EmptyAnswer
        assert requests_made == 2

    def test_a_refusal_is_asked_once(self) -> None:
        self.upstream.fail({"fault": Fault.HTTP_403})
        _, error, requests_made = self.failing()
        assert type(error) is Unsupported
        assert requests_made == 1

    def test_an_error_status_is_asked_once(self) -> None:
        self.upstream.fail({"fault": Fault.STATUS_ERROR})
        _, error, requests_made = self.failing()
        assert isinstance(error, EmptyAnswer if self.empty_when_in_error else Permanent)
        assert requests_made == (2 if self.empty_when_in_error else 1)

    def test_numbers_as_strings_are_numbers(self, case: Case) -> None:
        self.upstream.fail({"fault": Fault.STRINGS})
        assert fetch(self.source(NOW), self.unit(case)) == simulated(self.unit(case), NOW)

    def test_frozen_values_are_kept_as_they_were_sent(self, case: Case) -> None:
        frozen = (f"{DAY}T10:00:00Z", f"{DAY}T12:00:00Z")
        self.upstream.fail({"fault": Fault.FROZEN, "slots": frozen})
        found, model = fetch(self.source(NOW), self.unit(case)), simulated(self.unit(case), NOW)
        first, last = (datetime.fromisoformat(one) for one in frozen)
        stuck = {key for key, value in model.items() if first <= key[1] < last and value is not None}
        assert {key: value for key, value in found.items() if key not in stuck} == {
            key: value for key, value in model.items() if key not in stuck
        }
        for name in {name for name, _ in stuck}:
            assert len({found[key] for key in stuck if key[0] == name}) == 1

    def test_withheld_values_are_nulls(self, case: Case) -> None:
        self.upstream.fail({"fault": Fault.WITHHELD})
        model = simulated(self.unit(case), NOW)
        expected = {key: None if key[0] == "CO2_EMISSIONS" else value for key, value in model.items()}
        assert fetch(self.source(NOW), self.unit(case)) == expected

    def test_a_value_that_moves_is_what_it_was_when_asked(self, case: Case) -> None:
        self.upstream.fail({"fault": Fault.REVISE, "offset": 2, "settle_minutes": 24 * 60})
        wanted = self.unit(case)
        now = day_span(wanted.first).end + timedelta(hours=1)
        early, late = fetch(self.source(now), wanted), fetch(self.source(now + timedelta(days=2)), wanted)
        assert late == simulated(wanted, now + timedelta(days=2))
        measured = {one.field for one in SOURCE.area(case[0]).series if one.role is not Role.FORECAST}
        fresh = [
            key
            for key, value in early.items()
            if value is not None and key[0] in measured and key[1] > now - timedelta(1)
        ]
        assert fresh
        assert all(early[key] == pytest.approx((late[key] or 0.0) + 2) for key in fresh)

    def test_every_fault_of_the_stand_in_is_met_above(self) -> None:
        assert set(Fault) == {
            Fault.HTML_503, Fault.HTML_200, Fault.TORN_BODY, Fault.RESET, Fault.SLOW, Fault.EMPTY_ROWS, Fault.HTTP_403,
            Fault.STATUS_ERROR, Fault.STRINGS, Fault.FROZEN, Fault.WITHHELD, Fault.REVISE,
        }  # fmt: skip

    def test_a_range_longer_than_upstream_serves_is_asked_in_parts(self, case: Case) -> None:
        last = "2026-02-18" if SOURCE.area(case[0]).partitioned_by_day else "2026-04-12"
        wanted = unit_of(SOURCE, *case, DAY, last)
        now = datetime.fromisoformat("2026-04-14T12:07:00Z")
        assert fetch(self.source(now), wanted) == simulated(wanted, now)

    @pytest.mark.parametrize(
        ("keys", "wrong"),
        [
            pytest.param(keys, wrong, id=f"{keys[0]}-{place}")
            for keys, never in NEVER.items()
            for place, wrong in enumerate(never)
        ],
    )
    def test_one_malformed_row_spoils_the_answer(self, keys: tuple[str, ...], wrong: object, case: Case) -> None:
        source, harmed = self.source(NOW), Harm(keys, wrong)
        source.client.session.hooks["response"].append(harmed)
        with pytest.raises(ContractBroken) as caught:
            chunks_of(source, self.unit(case))
        assert harmed.done
        assert caught.value.sample[:1] == b"{"
        assert len(caught.value.sample) <= SAMPLE_BYTES
        assert "\n" not in str(caught.value)

    def test_an_unknown_field_is_left_out_and_named(self, case: Case) -> None:
        source, harmed = self.source(NOW), Harm(("FieldName", "Field_Name"), "TIDAL")
        source.client.session.hooks["response"].append(harmed)
        chunks = chunks_of(source, self.unit(case))
        found, model = values_of(chunks), simulated(self.unit(case), NOW)
        warned = [warning for chunk in chunks for warning in chunk.warnings]
        assert warned == ["unknown field 'TIDAL' left out (1 rows)"] * harmed.done
        assert found.keys() == model.keys()
        assert sum(value != model[key] for key, value in found.items()) <= harmed.done


@dataclass
class Harm:
    """A hook that spoils one row of each answer whose rows have one of the keys."""

    keys: tuple[str, ...]
    wrong: object
    done: int = 0

    def __call__(self, response: requests.Response, **_: Any) -> requests.Response:
        payload = response.json()
        row = payload["Rows"][len(payload["Rows"]) // 2]
        for key in row.keys() & set(self.keys):
            self.done += 1
            if self.wrong is REMOVED:
                del row[key]
            else:
                row[key] = self.wrong
        give_back(response, json.dumps(payload).encode())
        return response


class TestDashboardService(InterfaceContract):
    interface = "dashboardservice"
    cases: ClassVar = [
        ("demand", "ROI"),
        ("wind", "NI"),
        ("interconnection", "ALL"),
        ("interconnection", "ROI"),
        ("co2", "NI"),
        ("snsp", "ALL"),
        ("system_generation", "ALL"),
        ("frequency", "ROI"),
    ]


class TestChart(InterfaceContract):
    interface = "chart"
    empty_when_in_error = True
    cases: ClassVar = [
        ("solar", "ROI"),
        ("wind", "ALL"),
        ("demand", "NI"),
        ("interconnection", "NI"),
        ("co2", "ROI"),
        ("snsp", "ALL"),
        ("frequency", "ROI"),
    ]


class TestVargenWide(InterfaceContract):
    interface = "vargen"
    cases: ClassVar = [("wind", "ROI"), ("solar", "ALL")]


class TestVargenLong(InterfaceContract):
    interface = "vargen"
    cases: ClassVar = [("wind", "NI"), ("solar", "ROI")]

    @pytest.fixture(autouse=True)
    def _long_rows(self, _upstream: None, long: StandIn) -> None:
        self.upstream = long
        self.upstream.recover()
        self.upstream.forget()


class TestInterconn(InterfaceContract):
    interface = "interconn"
    cases: ClassVar = [("interconnection", "ALL")]


def test_every_interface_keeps_the_contract() -> None:
    kept = {one.interface for one in InterfaceContract.__subclasses__()}
    asked = {name for area in AREAS for one in area.series for name in (*one.route.live, *one.route.elapsed)}
    assert kept == asked
