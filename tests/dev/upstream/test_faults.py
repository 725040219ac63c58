"""Every kind of fault, and who is struck when."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from dev.upstream.faults import Call, Fault, FaultPlan, Faults, Interface, Rule
from dev.upstream.simulated import Simulated

Ask = Callable[..., dict[str, Any]]
Serve = Callable[..., Any]
DATA = "/www/DashboardService.svc/data?area={area}&region={region}&datefrom=22-Nov-2026&dateto=22-Nov-2026+23:59"
WIND = DATA.format(area="windactual", region="ALL")
PATHS = {
    Interface.DASHBOARD: WIND,
    Interface.CHART: "/www/api/chart/?region=ALL&areas=windactual&dateFrom=22-Nov-2026&dateTo=22-Nov-2026",
    Interface.AVERAGE_FUEL_MIX: "/www/api/average-fuel-mix/?area=fuelmix&region=ALL&dateRange=day",
    Interface.VARGEN: "/vargen/api/export/202611220000/202611222359/ALL/WIND?FORMAT=JSON",
    Interface.INTERCONN: "/interconn/api/Interconnector/202611220000/202611222359/ALL?format=json",
}
NOW = datetime(2026, 11, 22, 20, 7, tzinfo=UTC)
MORNING = ["2026-11-22T08:00:00Z", "2026-11-22T10:00:00Z"]


@pytest.mark.parametrize("interface", Interface)
@pytest.mark.parametrize(("fault", "status"), [("html_503", 503), ("html_200", 200), ("http_403", 403)])
def test_pages_stand_where_json_should(serve: Serve, interface: Interface, fault: str, status: int) -> None:
    answer = serve({"fault": fault, "interface": interface}).get(PATHS[interface])
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-data-feed"] == "simulated"
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("interface", Interface)
def test_empty_rows_keep_the_envelope(serve: Serve, interface: Interface) -> None:
    whole = serve().get(PATHS[interface]).json()
    empty = serve({"fault": "empty_rows"}).get(PATHS[interface]).json()
    assert empty["Rows"] == []
    assert list(empty) == list(whole)
    assert empty.get("Status", "Success") == "Success"


@pytest.mark.parametrize("interface", Interface)
def test_status_error(serve: Serve, interface: Interface) -> None:
    answer = serve({"fault": "status_error"}).get(PATHS[interface]).json()
    assert answer["Rows"] == []
    assert answer.get("Status") == (None if interface is Interface.CHART else "Error")


def test_torn_body_is_half_of_the_json(serve: Serve) -> None:
    whole = serve().get(WIND).content
    for declared, promised in (("full", len(whole)), ("short", len(whole) // 2)):
        torn = serve({"fault": "torn_body", "declared": declared}).get(WIND)
        assert torn.content == whole[: len(whole) // 2]
        assert int(torn.headers["content-length"]) == promised


def test_slow_waits_and_then_answers(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("dev.upstream.app.asyncio.sleep", note)
    answer = serve({"fault": "slow", "delay_seconds": 7}).get(WIND)
    assert waited == [7]
    assert answer.json()["Status"] == "Success"


def test_strings_quote_every_number(serve: Serve) -> None:
    plain = serve().get(WIND).json()["Rows"]
    quoted = serve({"fault": "strings"}).get(WIND).json()["Rows"]
    assert [row["Value"] for row in quoted] == [None if row["Value"] is None else str(row["Value"]) for row in plain]
    fuel = serve({"fault": "strings"}).get(PATHS[Interface.AVERAGE_FUEL_MIX]).json()["Rows"]
    assert all(isinstance(row["Value"], str) for row in fuel)


def test_frozen_repeats_the_first_value_wherever_the_range_begins(serve: Serve, ask: Ask, feed: Simulated) -> None:
    client = serve({"fault": "frozen", "area": "windactual", "slots": MORNING})
    stuck = feed.value("WIND_ACTUAL", "ALL", datetime(2026, 11, 22, 8, tzinfo=UTC))
    day = ask(client, "windactual", "ALL", "22-Nov-2026 07:45", "22-Nov-2026 10:00")["Rows"]
    assert [row["Value"] == stuck for row in day] == [False, *[True] * 8, False]
    part = ask(client, "windactual", "ALL", "22-Nov-2026 09:00", "22-Nov-2026 10:00")["Rows"]
    assert [row["Value"] for row in part] == [row["Value"] for row in day[5:]]
    other = ask(client, "demandactual", "ALL", "22-Nov-2026 08:00", "22-Nov-2026 09:45")["Rows"]
    assert len({row["Value"] for row in other}) > 1


def test_a_rule_about_one_area_of_several_leaves_the_others_alone(serve: Serve) -> None:
    path = "/www/api/chart/?region=ALL&areas=demandactual,windactual&dateFrom=22-Nov-2026&dateTo=22-Nov-2026"
    rows = serve({"fault": "strings", "area": "windactual"}).get(path).json()["Rows"]
    kinds = {(row["FieldName"], type(row["Value"])) for row in rows if row["Value"] is not None}
    assert kinds == {("SYSTEM_DEMAND", int), ("WIND_ACTUAL", str)}


def test_withheld_adds_nulls_to_emissions_only(serve: Serve, ask: Ask) -> None:
    half = serve({"fault": "withheld", "share": 0.5})
    span = ("15-Jan-2026", "15-Jan-2026 23:59")
    plain, fewer = (ask(c, "co2emission", "ALL", *span)["Rows"] for c in (serve(), half))
    lost = sum(a["Value"] is not None and b["Value"] is None for a, b in zip(plain, fewer, strict=True))
    assert 25 < lost < 70
    assert ask(half, "co2intensity", "ALL", *span) == ask(serve(), "co2intensity", "ALL", *span)


def test_revise_settles(serve: Serve, ask: Ask, feed: Simulated) -> None:
    rule = {"fault": "revise", "offset": 40, "settle_minutes": 60}
    slot = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    settled = feed.value("WIND_ACTUAL", "ALL", slot)
    assert settled is not None
    for minutes, expected in ((20, settled + 40), (59, settled + 40), (60, settled), (300, settled)):
        client = serve(rule, now=slot + timedelta(minutes=minutes))
        rows = ask(client, "windactual", "ALL", "22-Nov-2026 18:00", "22-Nov-2026 18:00")["Rows"]
        assert rows[0]["Value"] == expected


def test_rules_strike_only_whom_they_name(serve: Serve) -> None:
    client = serve({"fault": "html_503", "interface": "dashboard", "area": "windActual", "region": "NI"})
    struck = {
        (area, region): client.get(DATA.format(area=area, region=region)).status_code
        for area in ("windActual", "demandActual")
        for region in ("NI", "ALL")
    }
    assert [pair for pair, status in struck.items() if status == 503] == [("windActual", "NI")]
    assert client.get(PATHS[Interface.VARGEN]).status_code == 200


def test_a_span_is_half_open_in_the_servers_time(serve: Serve) -> None:
    rule = {"fault": "html_503", "span": ["2026-11-22T18:00:00Z", "2026-11-22T19:00:00Z"]}
    statuses = {
        hour: serve(rule, now=datetime(2026, 11, 22, hour, tzinfo=UTC)).get(WIND).status_code for hour in (17, 18, 19)
    }
    assert statuses == {17: 200, 18: 503, 19: 200}


def _draws(plan: FaultPlan, times: list[datetime], *, area: str = "windactual") -> list[bool]:
    faults = Faults(plan)
    return [bool(faults.firing(Call(Interface.CHART, (area,), "ALL"), now)) for now in times]


def test_the_rate_is_kept_and_the_draws_repeat() -> None:
    plan = FaultPlan(seed=3, rules=(Rule(fault=Fault.HTML_503, rate=0.3),))
    first = _draws(plan, [NOW] * 2_000)
    assert 0.27 < sum(first) / 2_000 < 0.33
    assert first == _draws(plan, [NOW] * 2_000)
    assert first != _draws(plan.model_copy(update={"seed": 4}), [NOW] * 2_000)


def test_a_spell_holds_for_its_area() -> None:
    plan = FaultPlan(rules=(Rule(fault=Fault.EMPTY_ROWS, rate=0.4, spell_minutes=30),))
    times = [datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=5 * place) for place in range(6 * 400)]
    wind = _draws(plan, times)
    spells = [wind[place : place + 6] for place in range(0, len(wind), 6)]
    assert all(len(set(spell)) == 1 for spell in spells)
    assert 0.3 < sum(spell[0] for spell in spells) / len(spells) < 0.5
    assert wind != _draws(plan, times, area="demandactual")


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "meteor"}, {"fault": "slow", "rate": 2}, {"fault": "slow", "often": 1}, {},
        {"fault": "slow", "span": ["2026-11-22T18:00:00", "2026-11-22T19:00:00"]},
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FaultPlan.model_validate({"rules": [rule]})
