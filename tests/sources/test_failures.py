"""What goes wrong on the way: what is asked again, how often, after what wait, and who is asked next."""

import gzip
import json
import random
import socket
import string
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest
import requests
import responses
from responses.matchers import query_param_matcher

from include.domain.errors import (
    ContractBroken,
    EmptyAnswer,
    GridError,
    Permanent,
    SettingInvalid,
    StatusError,
    Transient,
    Unsupported,
)
from include.domain.readings import Unit
from include.sources.base import DataChunk
from include.sources.client import FIRST_WAIT, LONGEST_WAIT, HttpClient, Politeness
from tests.sources.asking import CHART, DATA, INTERCONN, VARGEN, at, eirgrid, full, readings, unit

NOW = "2026-02-10T00:05:00Z"
LATER = "2026-02-10T12:00:00Z"
GENERATION = unit("system_generation", "ROI", "2026-02-10")
GOOD = full(("10-Feb-2026 00:00:00", 3210), field="GEN_EXP")
MAINTENANCE = "<!DOCTYPE html><html><body>Service unavailable</body></html>"
HALF = '{"ErrorMessage": null, "Rows": [{"EffectiveTime": "10-Feb-20'

Upstream = responses.RequestsMock


def _fetch(
    wanted: Unit = GENERATION, *, now: str = NOW, **politeness: float
) -> tuple[list[DataChunk], GridError | None]:
    """Every chunk that came, and the error after them."""
    chunks: list[DataChunk] = []
    fetched = eirgrid(now, **politeness).fetch(wanted)  # type: ignore[arg-type]
    try:
        chunks.extend(event for event in fetched if isinstance(event, DataChunk))
    except GridError as error:
        return chunks, error
    return chunks, None


def _calls(upstream: Upstream, url: str) -> int:
    return sum(1 for call in upstream.calls if str(call.request.url).startswith(url))


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 503, "body": MAINTENANCE, "content_type": "text/html"},
        {"status": 500, "body": ""},
        {"status": 429, "body": ""},
        {"status": 200, "body": MAINTENANCE, "content_type": "text/html"},
        {"status": 200, "body": HALF},
        {"status": 200, "body": ""},
        {"body": requests.ConnectionError("connection reset by peer")},
        {"body": requests.exceptions.ChunkedEncodingError("connection broken: 12 bytes read")},
        {"body": requests.Timeout("read timed out")},
    ],
    ids=["503 HTML", "500", "429", "200 HTML", "torn", "no body", "reset", "torn on the way", "time-out"],
)
def test_what_may_pass_is_asked_again_and_then_left(broken: dict[str, object], upstream: Upstream) -> None:
    upstream.get(DATA, **broken)
    upstream.get(DATA, json=GOOD)
    chunks, error = _fetch()
    assert error is None
    assert readings(chunks) == [("2026-02-10T00:00:00Z", "GEN_EXP", 3210)]

    upstream.reset()
    for url in (DATA, CHART):
        upstream.get(url, **broken)
    chunks, error = _fetch(max_retries=2)
    assert not chunks
    assert isinstance(error, Transient)
    assert (_calls(upstream, DATA), _calls(upstream, CHART)) == (3, 3), "one try and two retries of each interface"


def test_waits_grow_with_full_jitter_under_a_ceiling(
    upstream: Upstream, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    lows: list[float] = []

    def longest(low: float, high: float) -> float:
        lows.append(low)
        return high

    monkeypatch.setattr("random.uniform", longest)
    upstream.get(DATA, status=503)
    upstream.get(CHART, json={"Rows": GOOD["Rows"]})
    _, error = _fetch(max_retries=7)
    assert error is None
    assert naps == [1, 2, 4, 8, 16, 20, 20]
    assert set(lows) == {0}
    assert (naps[0], naps[-1]) == (2 * FIRST_WAIT, LONGEST_WAIT)


def test_no_request_is_pursued_past_its_deadline(upstream: Upstream, naps: list[float]) -> None:
    upstream.get(DATA, status=503, headers={"Retry-After": "100"})
    upstream.get(CHART, json={"Rows": GOOD["Rows"]})
    chunks, error = _fetch(max_retries=9, deadline=99)
    assert (len(chunks), error, naps) == (1, None, []), "a wait that would end too late is not begun"
    assert _calls(upstream, DATA) == 1


def test_time_for_a_unit_is_shared_out_among_its_interfaces(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow interface must leave the next one the time to answer."""
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def slow(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        clock[0] += 70
        return 503, {}, ""

    upstream.add_callback(responses.GET, DATA, callback=slow)
    upstream.get(CHART, json={"Rows": GOOD["Rows"]})
    chunks, error = _fetch(max_retries=9, deadline=300)
    assert (len(chunks), error) == (1, None)
    assert _calls(upstream, DATA) == 3, "150 of 300 seconds: begun at 0, 70 and 140"


def test_a_unit_whose_time_is_up_asks_nobody(upstream: Upstream) -> None:
    chunks, error = _fetch(deadline=0)
    assert (chunks, type(error)) == ([], Transient)
    assert "not asked, the time for this unit is up" in str(error)
    assert len(upstream.calls) == 0


def test_an_endless_answer_is_left_and_its_start_kept(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.sources.client.MOST_BYTES", 100_000)
    upstream.get(DATA, body=b"[" + b"1," * 1_000_000)
    chunks, error = _fetch()
    assert (chunks, type(error)) == ([], ContractBroken)
    assert str(error) == "dashboardservice: an answer longer than 100,000 bytes"
    assert _calls(upstream, DATA) == 1


@pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 3_000_000])
@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
@pytest.mark.parametrize("letters", ["a", "random"])
def test_a_body_is_read_to_its_end(size: int, encoding: str | None, letters: str, upstream: Upstream) -> None:
    text = "a" * size if letters == "a" else "".join(random.Random(1).choices(string.ascii_letters, k=size))
    sent = json.dumps(text).encode()
    packed = {None: sent, "gzip": gzip.compress(sent), "deflate": zlib.compress(sent)}[encoding]
    upstream.get(DATA, body=packed, headers={"Content-Encoding": encoding} if encoding else {})
    client = HttpClient(Politeness(user_agent="tests", max_retries=0), clock=lambda: at(NOW))
    assert client.ask(DATA, {}, interface="api", read=lambda answer: answer.payload) == text


@pytest.mark.server
@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"Transfer-Encoding: chunked\r\n", b"1\r\n \r\n"),
        (b"Content-Length: 60000\r\n", b" "),
        (b"Connection: close\r\n", b" "),
    ],
    ids=["chunked", "with a length", "until it closes"],
)
def test_a_server_that_drips_is_left_when_time_is_up(head: bytes, part: bytes) -> None:
    """Each part comes within the time-out; the whole never would."""
    client = HttpClient(Politeness(user_agent="tests", timeout=5, max_retries=0), clock=lambda: at(NOW))
    with (
        dripping(head, part) as url,
        pytest.raises(Transient, match="api: still sending when the time for this unit was up"),
    ):
        client.ask(url, {}, interface="api", read=lambda answer: answer, until=time.monotonic() + 0.3)


@contextmanager
def dripping(head: bytes, part: bytes) -> Iterator[str]:
    """A server that sends a part every 50 ms for as long as somebody listens."""

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
            for _ in range(100):
                connection.sendall(part)
                Event().wait(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip, args=(listening,))
        thread.start()
        began = time.monotonic()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        assert time.monotonic() - began < 3
        thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("0", 0, 1), ("soon", 0, 1), ("-5", 0, 1), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 1)],
)
def test_retry_after_is_honoured(header: str, least: float, most: float, upstream: Upstream, naps: list[float]) -> None:
    upstream.get(DATA, status=503, headers={"Retry-After": header})
    upstream.get(DATA, json=GOOD)
    _, error = _fetch()
    assert error is None
    assert len(naps) == 1
    assert least <= naps[0] <= most


def test_retry_after_binds_every_request_to_the_interface(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    asked: list[tuple[str, float]] = []

    def busy(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked.append((str(request.url).partition("area")[2][1:9], clock[0] - 1000))
        return 503, {"Retry-After": "40"}, ""

    upstream.add_callback(responses.GET, DATA, callback=busy)
    upstream.get(CHART, status=404)
    _fetch(unit("co2", "ROI", "2026-02-10"), now=LATER, max_retries=1, deadline=200)
    assert asked == [("co2inten", 0), ("co2inten", 40), ("co2emiss", 80)], "and not before 40 s have passed each time"


def test_an_empty_answer_after_a_lost_one_is_asked_for_once_more(upstream: Upstream) -> None:
    upstream.get(DATA, status=503)
    upstream.get(DATA, json=full(field="GEN_EXP"))
    upstream.get(DATA, json=GOOD)
    chunks, error = _fetch(now=LATER, max_retries=5)
    assert (len(chunks), error) == (1, None)
    assert _calls(upstream, CHART) == 0


@pytest.mark.parametrize("date", ["Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "21 Oct 2026 07:28:00 +999999"])
def test_a_retry_after_beyond_all_calendars_is_none(date: str, upstream: Upstream) -> None:
    upstream.get(DATA, status=503, headers={"Retry-After": date})
    upstream.get(DATA, json=GOOD)
    assert _fetch()[1] is None


@pytest.mark.parametrize("location", ["http://[::1/", "/caf\u00e9", "ftp://example.org/", DATA])
def test_a_redirect_to_nowhere_may_pass(location: str, upstream: Upstream) -> None:
    upstream.get(DATA, status=302, headers={"Location": location})
    upstream.get(CHART, status=404)
    chunks, error = _fetch(max_retries=0)
    assert (chunks, type(error)) == ([], Transient)


def test_retry_after_may_be_a_date(upstream: Upstream, naps: list[float]) -> None:
    upstream.get(DATA, status=503, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"})
    upstream.get(DATA, json=GOOD)
    _fetch(deadline=1e12)
    assert naps[0] > 10**8


@pytest.mark.parametrize(("status", "kind"), [(403, Unsupported), (404, Permanent), (400, Permanent), (410, Permanent)])
def test_what_will_not_pass_is_asked_once(status: int, kind: type[GridError], upstream: Upstream) -> None:
    for url in (DATA, CHART):
        upstream.get(url, status=status, body="no")
    chunks, error = _fetch()
    assert not chunks
    assert type(error) is kind
    assert (_calls(upstream, DATA), _calls(upstream, CHART)) == (1, 1)


def test_status_error_is_final_for_its_interface(upstream: Upstream) -> None:
    upstream.get(DATA, json={"Status": "Error", "ErrorMessage": "No data returned", "LastUpdated": None, "Rows": []})
    upstream.get(CHART, json={"Rows": GOOD["Rows"]})
    chunks, error = _fetch()
    assert error is None
    assert [chunk.interface for chunk in chunks] == ["chart"]
    assert _calls(upstream, DATA) == 1


def test_status_error_everywhere_says_what_upstream_said(upstream: Upstream) -> None:
    solar = unit("solar", "ALL", "2026-02-09")
    upstream.get(f"{VARGEN}/202602090000/202602092359/ALL/SOLAR", json={"Status": "Error", "ErrorMessage": "too long"})
    upstream.get(CHART, status=404)
    _, error = _fetch(solar)
    assert isinstance(error, StatusError)
    assert "too long" in str(error)


def test_status_error_everywhere_is_no_failure_while_nothing_is_due(upstream: Upstream) -> None:
    for url in (DATA, CHART):
        upstream.get(url, json={"Status": "Error", "ErrorMessage": "No data returned", "Rows": []})
    assert _fetch(now="2026-02-10T00:29:59Z") == ([], None)
    _, error = _fetch(now="2026-02-10T00:30:00Z")
    assert isinstance(error, StatusError)


def test_no_rows_are_asked_for_once_more_and_then_elsewhere(upstream: Upstream, naps: list[float]) -> None:
    upstream.get(DATA, json=full(field="GEN_EXP"))
    upstream.get(CHART, json={"Rows": GOOD["Rows"]})
    chunks, error = _fetch(now=LATER, max_retries=5)
    assert error is None
    assert [chunk.interface for chunk in chunks] == ["chart"]
    assert _calls(upstream, DATA) == 2
    assert len(naps) == 1


def test_no_rows_anywhere_is_unknown_and_not_nothing(upstream: Upstream) -> None:
    upstream.get(DATA, json=full(field="GEN_EXP"))
    upstream.get(CHART, json={"Rows": []})
    chunks, error = _fetch(now=LATER)
    assert not chunks
    assert isinstance(error, EmptyAnswer)


@pytest.mark.parametrize(("now", "due"), [("2026-02-10T00:29:59Z", False), ("2026-02-10T00:30:00Z", True)])
def test_no_rows_are_no_failure_until_the_first_slot_is_due(now: str, due: bool, upstream: Upstream) -> None:
    """The first quarter-hour and the publication lag of 15 minutes."""
    upstream.get(DATA, json=full(field="GEN_EXP"))
    if due:
        upstream.get(CHART, json={"Rows": []})
    chunks, error = _fetch(now=now)
    assert not chunks
    assert isinstance(error, EmptyAnswer) is due
    assert _calls(upstream, DATA) == (2 if due else 1)


def test_one_failing_request_of_two_keeps_the_other(upstream: Upstream) -> None:
    co2 = unit("co2", "ROI", "2026-02-10")
    for url, area in ((DATA, "area"), (CHART, "areas")):
        upstream.get(url, status=403, match=[query_param_matcher({area: "co2emission"}, strict_match=False)])
    upstream.get(
        DATA,
        json=full(("10-Feb-2026 00:00:00", 231), field="CO2_INTENSITY"),
        match=[query_param_matcher({"area": "co2intensity"}, strict_match=False)],
    )
    chunks, error = _fetch(co2)
    assert readings(chunks) == [("2026-02-10T00:00:00Z", "CO2_INTENSITY", 231)]
    assert isinstance(error, Unsupported)


def test_only_what_is_still_open_is_asked_elsewhere(upstream: Upstream) -> None:
    wind = unit("wind", "ROI", "2026-02-10")
    upstream.get(
        CHART,
        json={"Rows": full(("10-Feb-2026 00:00:00", 990), field="WIND_ACTUAL")["Rows"]},
        match=[query_param_matcher({"areas": "windactual"}, strict_match=False)],
    )
    upstream.get(CHART, status=404, match=[query_param_matcher({"areas": "windforecast"}, strict_match=False)])
    upstream.get(
        DATA,
        json=full(("10-Feb-2026 00:00:00", 1010), field="WIND_FCAST"),
        match=[query_param_matcher({"area": "windforecast"}, strict_match=False)],
    )
    chunks, error = _fetch(wind)
    assert error is None
    assert [chunk.interface for chunk in chunks] == ["chart", "dashboardservice"]
    assert [(field, value) for _, field, value in readings(chunks)] == [("WIND_ACTUAL", 990), ("WIND_FCAST", 1010)]


@pytest.mark.parametrize(
    ("area", "region", "day", "order"),
    [
        ("wind", "ROI", "2026-02-10", [CHART, DATA, VARGEN]),
        ("wind", "ROI", "2026-02-09", [VARGEN, CHART, DATA]),
        ("solar", "NI", "2026-02-10", [CHART, VARGEN]),
        ("solar", "NI", "2026-02-09", [VARGEN, CHART]),
        ("interconnection", "ALL", "2026-02-10", [INTERCONN, DATA, CHART]),
        ("interconnection", "NI", "2026-02-10", [DATA, CHART]),
        ("demand", "ALL", "2026-02-09", [DATA, CHART]),
        ("snsp", "ALL", "2026-02-10", [DATA, CHART]),
        ("generation", "ALL", "2026-02-10", [DATA, CHART]),
    ],
)
def test_interfaces_are_asked_in_the_catalogues_order(
    area: str, region: str, day: str, order: list[str], naps: list[float]
) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as nowhere:
        _, error = _fetch(unit(area, region, day), now=LATER, max_retries=0)
        asked = [str(call.request.url) for call in nowhere.calls]
    hosts = [next(url for url in (DATA, CHART, VARGEN, INTERCONN) if one.startswith(url)) for one in asked]
    assert list(dict.fromkeys(hosts)) == order
    assert isinstance(error, Transient)


def test_what_may_pass_decides_over_what_will_not(upstream: Upstream) -> None:
    upstream.get(DATA, status=404)
    upstream.get(CHART, status=503)
    _, error = _fetch(max_retries=0)
    assert isinstance(error, Transient)


def test_a_refusal_decides_last(upstream: Upstream) -> None:
    upstream.get(DATA, status=403)
    upstream.get(CHART, status=404)
    _, error = _fetch()
    assert type(error) is Permanent


def test_a_foreign_feed_is_a_wrong_setting(naps: list[float]) -> None:
    source = eirgrid(NOW)
    source.client.feed = "eirgrid"
    with responses.RequestsMock() as upstream:
        upstream.get(DATA, json=GOOD, headers={"X-Data-Feed": "simulated"})
        with pytest.raises(SettingInvalid, match=r"GRID_FEED: got 'eirgrid', .* serves 'simulated' data"):
            list(source.fetch(GENERATION))


def test_requests_are_spaced_and_say_who_asks(upstream: Upstream, naps: list[float]) -> None:
    upstream.get(DATA, json=full(("10-Feb-2026 00:00:00", 231), field="CO2_INTENSITY"))
    upstream.get(DATA, json=full(("10-Feb-2026 00:00:00", 700), field="CO2_EMISSIONS"))
    _, error = _fetch(unit("co2", "ROI", "2026-02-10"), spacing=30)
    assert error is None
    assert len(naps) == 1
    assert 0 < naps[0] <= 30
    headers = upstream.calls[0].request.headers
    assert headers["User-Agent"] == "tests (tests@example.org)"
    assert headers["Accept"] == "application/json"


def test_the_answers_time_is_when_it_came(upstream: Upstream) -> None:
    upstream.get(DATA, json=GOOD)
    chunks, _ = _fetch()
    assert set(chunks[0].df["fetched_at"]) == {at(NOW)}
