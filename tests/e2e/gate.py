"""An S3 endpoint in front of the real one that can fail, or hold a PUT in mid-air so that its writer can be killed."""

import random
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import requests

HOP_BY_HOP = {"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive"}


@dataclass
class Hold:
    """One PUT to stop: who sent it, and whether it then reaches the store."""

    key: str
    forwarded: bool
    client_port: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class Gate:
    """Forwards everything to `target`; `hold` stops the next PUT whose path contains a key."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.holds: list[Hold] = []
        self.failing = 0.0
        """Share of requests that are answered with 503, or not at all."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def hold(self, key: str, *, forwarded: bool) -> Hold:
        held = Hold(key, forwarded)
        self.holds.append(held)
        return held

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(gate: Gate) -> type[BaseHTTPRequestHandler]:  # noqa: C901  one class
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            pass

        def _pass(self) -> None:
            if "100-continue" in self.headers.get("Expect", ""):
                self.send_response_only(100)
                self.end_headers()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if random.random() < gate.failing:
                self._fail()
                return
            held = self._held()
            if held is not None and not held.forwarded:
                self._wait(held)
                self.close_connection = True
                return
            answer = self._forward(body)
            if held is not None:
                self._wait(held)
                self.close_connection = True
                return
            self.send_response_only(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            length = answer.headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(answer.content))
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass  # noqa: N815  the base class's names

        def _fail(self) -> None:
            if random.random() < 0.5:
                self.send_response_only(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
            self.close_connection = True

        def _held(self) -> Hold | None:
            if self.command != "PUT":
                return None
            for held in gate.holds:
                if held.key in unquote(self.path):
                    gate.holds.remove(held)
                    return held
            return None

        def _wait(self, held: Hold) -> None:
            held.client_port = self.client_address[1]
            held.arrived.set()
            held.released.wait(60)

        def _forward(self, body: bytes) -> requests.Response:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            headers["Accept-Encoding"] = "identity"
            return requests.request(
                self.command, f"{gate.target}{self.path}", headers=headers, data=body, timeout=30, allow_redirects=False
            )

    return Handler
