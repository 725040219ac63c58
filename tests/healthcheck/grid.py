"""An API of the test's own making: summaries as of a clock that it sets, and every way to answer badly."""

import gzip
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from healthcheck_lambda import handler as health
from include.domain.catalogue import AREAS
from include.domain.series import Area, Role

NOW: Final = datetime(2026, 11, 10, 12, 7, tzinfo=UTC)
Misbehaviour = Callable[[BaseHTTPRequestHandler], None]


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Grid:
    """What the API says. `stopped`: since when an area, or `area region` of it, has had no new value."""

    address: str = ""
    now: datetime = NOW
    stopped: dict[str, datetime] = field(default_factory=dict)
    bad: dict[str, Misbehaviour] = field(default_factory=dict)
    """How paths misbehave; `*`: all of them."""
    edit: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    """What is changed in the documents of paths."""
    ended_at: datetime | None = None
    """When the last live run ended; None: three minutes ago."""
    outcomes: dict[str, dict[str, int]] = field(default_factory=dict)
    store: str = "ok"
    asked: Counter[str] = field(default_factory=Counter)

    def run(self, event: Any = None) -> dict[str, Any]:
        """One run of the health check at this moment, without its pauses."""
        return health.run(event or {}, clock=lambda: self.now, pause=lambda _seconds: None)

    def newest(self, area: str, region: str) -> datetime:
        stops = [at for key, at in self.stopped.items() if key in {area, f"{area} {region}"}]
        last = min([self.now - timedelta(minutes=20), *stops])
        return last - timedelta(minutes=last.minute % 15, seconds=last.second)

    def document(self, path: str) -> Any:
        name = path.removeprefix("/api/")
        if name == "catalogue":
            found: Any = {"areas": [listed(area) for area in AREAS]}
        elif name == "status":
            found = self.status()
        else:
            found = self.summary(next(area for area in AREAS if area.name == name))
        return self.edit.get(name, lambda document: document)(found)

    def summary(self, area: Area) -> dict[str, Any]:
        blocks = []
        for region in area.regions:
            newest = self.newest(area.name, region)
            for one in area.of_region(region):
                if one.role is Role.FORECAST:
                    continue
                key = "actual" if one.role is Role.ACTUAL else "value"
                points: list[dict[str, Any]] = [
                    {"timestamp": iso(newest - timedelta(minutes=15 * back)), key: 100 + back} for back in (2, 1, 0)
                ]
                if key == "actual":
                    points += [{"timestamp": iso(self.now + timedelta(hours=ahead)), "forecast": 1} for ahead in (1, 9)]
                blocks.append({"region": region, "field": one.field, "name": one.name, "unit": "x", "points": points})
        return {"area": area.name, "series": blocks}

    def status(self) -> dict[str, Any]:
        ended = self.ended_at or self.now - timedelta(minutes=3)
        areas = {one.name: {"last_cycle": self.outcomes.get(one.name, {"stored": 3})} for one in AREAS}
        return {"store": self.store, "areas": areas, "last_cycle": {"eirgrid": {"ended_at": iso(ended)}}}


def listed(area: Area) -> dict[str, Any]:
    """An area as `/api/catalogue` has it, less what nobody reads here."""
    return {
        "area": area.name,
        "regions": list(area.regions),
        "alert_after_s": int(area.alert_after.total_seconds()),
        "series": [
            {"region": one.region, "field": one.field, "role": one.role.value, "history": one.history.value}
            for one in area.series
        ],
    }


@contextmanager
def serve() -> Iterator[Grid]:
    grid = Grid()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            grid.asked[self.path] += 1
            name = self.path.removeprefix("/api/")
            if name not in grid.bad:
                name = name.partition("?")[0]
            with suppress(OSError):
                if found := grid.bad.get(name, grid.bad.get("*")):
                    found(self)
                else:
                    send(self, json.dumps(grid.document(self.path)).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as its base has it
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    grid.address = f"http://127.0.0.1:{server.server_port}"
    yield grid
    server.shutdown()
    thread.join()
    server.server_close()


class Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True


def send(to: BaseHTTPRequestHandler, body: bytes, code: int = 200, **headers: str) -> None:
    to.send_response(code)
    given = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    for name, value in (given | {name.replace("_", "-"): text for name, text in headers.items()}).items():
        to.send_header(name, value)
    to.end_headers()
    to.wfile.write(body)


def status(code: int, **headers: str) -> Misbehaviour:
    return raw(b'{"status": 0}', code, **headers)


def raw(body: bytes, code: int = 200, **headers: str) -> Misbehaviour:
    return lambda to: send(to, body, code, **headers)


def bomb() -> Misbehaviour:
    """A gigabyte of spaces in a megabyte."""
    packed = gzip.compress(b" " * 2**26, compresslevel=9)
    return lambda to: send(to, packed, Content_Encoding="gzip")


def endless(to: BaseHTTPRequestHandler) -> None:
    to.send_response(200)
    to.send_header("Content-Type", "application/json")
    to.end_headers()
    while True:
        to.wfile.write(b"[1," * 20_000)


def hang_up(to: BaseHTTPRequestHandler) -> None:
    to.connection.close()


def torn(to: BaseHTTPRequestHandler) -> None:
    to.send_response(200)
    to.send_header("Content-Type", "application/json")
    to.send_header("Content-Length", "1000000")
    to.end_headers()
    to.wfile.write(b'{"area": "wind", "series": []}')


def trickle(every: float, *, headers: bool) -> Misbehaviour:
    """A byte at a time, for as long as anybody listens, three seconds at most."""

    def slowly(to: BaseHTTPRequestHandler) -> None:
        if not headers:
            to.send_response(200)
            to.send_header("Content-Type", "application/json")
            to.send_header("Content-Length", "1000000")
            to.end_headers()
        stop = threading.Event()
        for byte in (b"HTTP/1.1 200 OK\r\nX-Slow: " if headers else b"{") + b" " * int(3 / every):
            to.wfile.write(bytes([byte]))
            to.wfile.flush()
            stop.wait(every)

    return slowly
