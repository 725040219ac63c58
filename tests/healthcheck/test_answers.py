"""Every way to answer badly is DOWN, in time and in bounds."""

import json
import time
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from healthcheck_lambda import handler as health
from include.domain.catalogue import AREAS, area_names
from include.domain.series import History, Role
from tests.healthcheck.conftest import Aws
from tests.healthcheck.grid import (
    Grid,
    Misbehaviour,
    bomb,
    endless,
    hang_up,
    iso,
    listed,
    raw,
    send,
    serve,
    status,
    torn,
    trickle,
)

pytestmark = pytest.mark.server

HOUR = timedelta(hours=1)
SUMMARY = b'{"area": "wind", "series": []}'


def loop(to: Any) -> None:
    send(to, b"", 302, Location="/api/wind")


def longer_and_longer(to: Any) -> None:
    send(to, b"", 302, Location=f"/api/wind?{len(to.path)}")


DOWN: list[tuple[str, Misbehaviour, str]] = [
    ("not there", status(404), "HTTPError: HTTP Error 404: Not Found"),
    ("broken", status(500), "HTTPError: HTTP Error 500: Internal Server Error"),
    ("empty", status(204), "HTTP 204"),
    ("hangs up", hang_up, "RemoteDisconnected"),
    ("torn", torn, "the answer breaks off"),
    ("torn gzip", raw(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", Content_Encoding="gzip"), "the answer breaks off"),
    ("no gzip", raw(b"?" * 100, Content_Encoding="gzip"), "error: Error -3 while decompressing"),
    ("a page", raw(b"<html>", Content_Type="text/html"), "HTTP 200 with text/html, not 200 with JSON"),
    ("a page that says JSON", raw(b"<html>"), "malformed answer (JSONDecodeError"),
    ("no object", raw(b"[]"), "malformed answer (TypeError"),
    ("no series", raw(b'{"area": "wind"}'), "malformed answer (KeyError"),
    ("another area", raw(b'{"area": "solar", "series": []}'), "malformed answer (ValueError: this is 'solar')"),
    ("a deep answer", raw(b"[" * 1_000_000), "malformed answer (RecursionError"),
    ("no text", raw(b"\xff\xfe\xfa"), "malformed answer (UnicodeDecodeError"),
    ("endless", endless, "more than 6,291,456 bytes"),
    ("a gzip bomb", bomb(), "more than 6,291,456 bytes"),
    ("a loop", loop, "redirect"),
    ("redirects without end", longer_and_longer, "redirect"),
    ("to another host", status(302, Location="http://127.0.0.2/api/wind"), "redirects elsewhere, to http://127.0.0.2"),
    ("to a file", status(302, Location="file:///etc/passwd"), "file"),
    ("to another port", status(301, Location="http://127.0.0.1:1/api/wind"), "redirects elsewhere"),
]


@pytest.mark.parametrize(("bad", "why"), [pytest.param(bad, why, id=name) for name, bad, why in DOWN])
def test_an_unusable_answer_is_down(bad: Misbehaviour, why: str, grid: Grid, aws: Aws) -> None:
    grid.bad["wind"] = bad
    found = grid.run()
    assert found["areas"]["wind"]["state"] == "DOWN"
    assert why in found["areas"]["wind"]["why"]
    assert {one["state"] for name, one in found["areas"].items() if name != "wind"} == {"OK"}
    assert aws.subjects() == ["Grid data DOWN (suspect: API): wind"]


def test_nobody_there_is_down(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "http://127.0.0.1:1")
    found = grid.run()
    assert {one["state"] for one in found["areas"].values()} == {"DOWN"}
    assert "Connection refused" in found["areas"]["wind"]["why"]
    assert len(aws.mails()) == 1


def test_a_redirect_on_the_same_host_is_followed(grid: Grid, aws: Aws) -> None:
    with serve() as other:
        grid.bad["wind"] = lambda to: (
            send(to, json.dumps(grid.document("/api/wind")).encode())
            if "?moved" in to.path
            else send(to, b"", 307, Location="/api/wind?moved")
        )
        grid.bad["wind?moved"] = grid.bad["wind"]
        assert grid.run()["areas"]["wind"]["state"] == "OK"
        assert other.asked == {}


def test_a_redirects_body_is_not_read(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def heavy(to: Any) -> None:
        to.send_response(302)
        to.send_header("Location", "/api/wind?moved")
        to.send_header("Content-Length", str(10**12))
        to.end_headers()
        for _ in range(10**4):
            to.wfile.write(b" " * 100_000)

    grid.bad["wind"] = heavy
    grid.bad["wind?moved"] = lambda to: send(to, json.dumps(grid.document("/api/wind")).encode())
    assert grid.run()["areas"]["wind"]["state"] == "OK"


def test_what_is_compressed_is_understood(grid: Grid, aws: Aws) -> None:
    import gzip

    grid.bad["wind"] = lambda to: send(
        to, gzip.compress(json.dumps(grid.document("/api/wind")).encode()), Content_Encoding="gzip"
    )
    assert grid.run()["areas"]["wind"]["state"] == "OK"


def test_a_large_answer_takes_bounded_memory(grid: Grid, aws: Aws) -> None:
    grid.bad = dict.fromkeys(area_names(), bomb())
    tracemalloc.start()
    grid.run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200_000_000


@pytest.mark.parametrize("headers", [True, False])
def test_a_trickle_does_not_hold_it(headers: bool, grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them trickle; the time for all questions is shortened, and kept."""
    monkeypatch.setattr(health, "ASKING", 2.0)
    monkeypatch.setattr(health, "PAUSE", 0.0)
    grid.bad["*"] = trickle(0.05, headers=headers)
    started = time.monotonic()
    found = grid.run()
    assert time.monotonic() - started < 4
    assert {one["state"] for one in found["areas"].values()} == {"DOWN"}
    assert "no complete answer within" in found["areas"]["wind"]["why"]
    assert len(aws.mails()) == 1


def test_the_time_for_all_questions_is_shared_whatever_the_timeout() -> None:
    """Four rounds of 5 s and two pauses of 2 s are 24 s; a longer time-out makes them no longer."""
    assert (health.PROBES + 1) * 5 + (health.PROBES - 1) * health.PAUSE <= health.ASKING <= 25


def test_an_answer_in_time_is_waited_for(grid: Grid, aws: Aws) -> None:
    def slow(to: Any) -> None:
        time.sleep(0.3)
        send(to, json.dumps(grid.document("/api/wind")).encode())

    grid.bad["wind"] = slow
    assert grid.run()["areas"]["wind"]["state"] == "OK"
    found = grid.run({"timeout": 0.1})
    assert found["areas"]["wind"] == {"state": "DOWN", "why": "no complete answer within 0.1 s"}


def test_points_to_come_never_count(grid: Grid, aws: Aws) -> None:
    def future(found: Any) -> Any:
        for block in found["series"]:
            key = "actual" if found["area"] == "wind" else "value"
            block["points"] = [{"timestamp": iso(grid.now + timedelta(minutes=1)), key: 5}]
        return found

    grid.edit = {"wind": future, "snsp": future}
    found = grid.run()
    assert {found["areas"][name]["why"] for name in ("wind", "snsp")} == {
        "newest value never in the whole summary; threshold 3 h",
        "newest value never in the whole summary; threshold 6 h",
    }
    assert found["areas"]["wind"]["state"] == "STALE"


@pytest.mark.parametrize(("ahead", "state"), [(15, "OK"), (16, "STALE")])
def test_a_fuel_mix_one_slot_ahead_is_now(ahead: int, state: str, grid: Grid, aws: Aws) -> None:
    def moved(found: Any) -> Any:
        for block in found["series"]:
            block["points"] = [{"timestamp": iso(grid.now + timedelta(minutes=ahead)), "value": 5}]
        return found

    grid.edit["generation"] = moved
    found = grid.run()["areas"]["generation"]
    assert found["state"] == state
    if state == "OK":
        assert found["why"] == f"newest value {health.both(grid.now)}"


def test_a_fuel_that_does_not_run_is_no_hole(grid: Grid, aws: Aws) -> None:
    def without_coal(found: Any) -> Any:
        return found | {"series": [one for one in found["series"] if one["field"] != "FUEL_COAL"]}

    grid.edit["generation"] = without_coal
    assert grid.run()["areas"]["generation"]["state"] == "OK"


def test_co2_is_judged_by_its_intensity(grid: Grid, aws: Aws) -> None:
    def only(field: str) -> Any:
        def kept(found: Any) -> Any:
            for block in found["series"]:
                if block["field"] != field:
                    block["points"] = [{"timestamp": point["timestamp"], "value": None} for point in block["points"]]
            return found

        return kept

    grid.edit["co2"] = only("CO2_INTENSITY")
    assert grid.run()["areas"]["co2"]["state"] == "OK"
    grid.edit["co2"] = only("CO2_EMISSIONS")
    assert grid.run()["areas"]["co2"]["state"] == "STALE"


@pytest.mark.parametrize("value", [None, True, "5", float("nan"), float("inf"), [], {}])
def test_only_a_number_is_a_value(value: Any, grid: Grid, aws: Aws) -> None:
    def spoiled(found: Any) -> Any:
        for block in found["series"]:
            block["points"] = [point | {"value": value} for point in block["points"]]
        return found

    grid.edit["snsp"] = spoiled
    assert grid.run()["areas"]["snsp"]["state"] == "STALE"


@pytest.mark.parametrize(("minutes", "state"), [(180, "OK"), (181, "STALE")])
def test_the_threshold_itself_is_well(minutes: int, state: str, grid: Grid, aws: Aws) -> None:
    grid.now -= timedelta(minutes=7)
    grid.stopped["wind"] = grid.now - 3 * HOUR
    grid.now += timedelta(minutes=minutes - 180)
    assert grid.run()["areas"]["wind"]["state"] == state


def test_areas_of_other_sources_come_with_the_catalogue(grid: Grid, aws: Aws) -> None:
    new = {
        "area": "rooftop solar/é",
        "regions": ["ROI"],
        "alert_after_s": 48 * 3600,
        "series": [{"region": "ROI", "field": "P", "role": "value", "history": "full"}],
    }
    grid.edit["catalogue"] = lambda found: {"areas": [*found["areas"], new]}
    point = {"timestamp": iso(grid.now - 49 * HOUR), "value": 1}
    summary = {"area": new["area"], "series": [{"region": "ROI", "field": "P", "points": [point]}]}
    grid.bad["rooftop%20solar%2F%C3%A9"] = raw(json.dumps(summary).encode())
    found = grid.run()
    assert found["areas"]["rooftop solar/é"]["state"] == "STALE"
    assert aws.subjects() == ["Grid data STALE (suspect: unknown): rooftop solar/?"]


@pytest.mark.parametrize(
    "catalogue",
    [{}, {"areas": []}, {"areas": [{}]}, {"areas": [listed(AREAS[0]) | {"alert_after_s": -1}]}, {"areas": 5}, None],
)
def test_a_catalogue_that_makes_no_sense_is_replaced_by_the_built_in_list(catalogue: Any, grid: Grid, aws: Aws) -> None:
    grid.edit["catalogue"] = lambda _: catalogue
    found = grid.run()
    assert found["listed_by"].startswith("the built-in list")
    assert list(found["areas"]) == list(area_names())
    assert {one["state"] for one in found["areas"].values()} == {"OK"}


def test_an_area_that_the_catalogue_has_lost_is_asked_for_all_the_same(grid: Grid, aws: Aws) -> None:
    """A broken inventory must not switch the check off, nor tell that an area is well of which nobody asked."""
    grid.stopped = {"wind": grid.now - 4 * HOUR}
    grid.run()
    grid.edit["catalogue"] = lambda found: {"areas": [one for one in found["areas"] if one["area"] != "wind"]}
    found = grid.run()
    assert found["areas"]["wind"]["state"] == "STALE"
    assert len(aws.subjects()) == 1


def test_the_built_in_list_is_the_catalogue() -> None:
    assert health.read_catalogue({"areas": [listed(area) for area in AREAS]}) == health.BUILT_IN


def test_what_is_never_required_is_what_is_withheld() -> None:
    withheld = {one.field for area in AREAS for one in area.series if one.withholding is not None}
    assert withheld == health.WITHHELD
    snapshots = {one.field for area in AREAS for one in area.series if one.history is History.SNAPSHOT}
    assert {one.field for area in AREAS for one in area.series if one.optional} == snapshots == set(health.FUELS)
    assert max(area.alert_after for area in AREAS) == health.FOLLOWING
    assert {one.cadence for one in AREAS[7].series} == {health.SLOT}
    assert all(one.role is not Role.FORECAST for one in AREAS[7].series)
