"""The control endpoints."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from dev.upstream.app import create_app
from dev.upstream.clock import Clock
from dev.upstream.control import KEPT, Asked, Control
from dev.upstream.faults import Faults
from dev.upstream.simulated import Simulated

WIND = "/www/DashboardService.svc/data?area=windActual&region=ALL&datefrom=22-Nov-2026&dateto=22-Nov-2026+00:30"


def test_health_tells_feed_and_time(client: Any) -> None:
    assert client.get("/_control/health").json() == {
        "status": "ok", "feed": "simulated", "now": "2026-11-22T20:07:00Z",
    }  # fmt: skip


def test_the_clock_can_be_held_and_let_go(feed: Simulated) -> None:
    running = datetime(2026, 1, 1, tzinfo=UTC)
    client = TestClient(create_app(feed, clock=lambda: running))
    assert client.get("/_control/health").json()["now"] == "2026-01-01T00:00:00Z"
    assert client.post("/_control/clock", json={"now": "2026-11-22T21:00:00+01:00"}).json() == {
        "now": "2026-11-22T20:00:00Z"
    }
    assert client.post("/_control/clock", json={"now": None}).json() == {"now": "2026-01-01T00:00:00Z"}


def test_without_a_clock_it_is_now(feed: Simulated) -> None:
    told = datetime.fromisoformat(TestClient(create_app(feed)).get("/_control/health").json()["now"])
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)


def test_a_clock_without_an_offset_is_refused(client: Any) -> None:
    for body in ({"now": "2026-11-22T20:00:00"}, {"now": "noon"}, {}, {"now": 5}):
        assert client.post("/_control/clock", json=body).status_code == 400
    assert client.get("/_control/health").json()["now"] == "2026-11-22T20:07:00Z"


def test_faults_are_put_read_and_cleared(client: Any) -> None:
    put = client.put("/_control/faults", json={"seed": 9, "rules": [{"fault": "html_503", "area": "windactual"}]})
    assert put.status_code == 200
    assert client.get(WIND).status_code == 503
    plan = client.get("/_control/faults").json()
    assert (plan["seed"], plan["rules"][0]["fault"]) == (9, "html_503")
    assert client.delete("/_control/faults").json() == {"seed": 1, "rules": []}
    assert client.get(WIND).status_code == 200


def test_a_bad_plan_changes_nothing(client: Any) -> None:
    client.put("/_control/faults", json={"rules": [{"fault": "html_503"}]})
    answer = client.put("/_control/faults", json={"rules": [{"fault": "meteor"}]})
    assert answer.status_code == 400
    assert "meteor" in answer.json()["error"]
    assert client.get(WIND).status_code == 503


def test_requests_are_kept_with_their_faults(serve: Callable[..., Any]) -> None:
    client = serve({"fault": "html_503", "interface": "vargen"})
    client.get(WIND)
    client.get("/vargen/api/export/202611220000/202611222359/ROI/SOLAR")
    client.get("/_control/health")
    first, second = client.get("/_control/requests").json()
    assert first == {
        "time": "2026-11-22T20:07:00Z", "interface": "dashboard", "path": "/www/DashboardService.svc/data",
        "query": WIND.partition("?")[2],
        "areas": ["windactual"], "region": "ALL", "status": 200, "faults": [],
    }  # fmt: skip
    assert (second["areas"], second["region"], second["faults"]) == (["solar"], "ROI", ["html_503"])
    assert client.delete("/_control/requests").json() == []


def test_the_list_of_requests_is_bounded() -> None:
    control = Control("simulated", Clock(), Faults())
    asked = Asked("", "chart", "", "", (), "", 200, ())
    control.requests.extend([asked] * (KEPT + 5))
    assert len(control.requests) == KEPT


def test_an_answer_on_its_way_when_the_list_is_emptied_is_not_in_the_new_one(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve({"fault": "slow", "delay_seconds": 1})

    async def emptied_meanwhile(_: float) -> None:
        client.delete("/_control/requests")

    monkeypatch.setattr("dev.upstream.app.asyncio.sleep", emptied_meanwhile)
    assert client.get(WIND).status_code == 200
    assert client.get("/_control/requests").json() == []
