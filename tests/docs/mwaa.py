"""Amazon MWAA as far as the guide asks it: no local server knows it, so what it is asked is kept and looked at."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = {"Arn": "arn", "Environment": {"Status": "AVAILABLE"}, "RestApiStatusCode": 200, "RestApiResponse": {}}
"""Members of every answer: the CLI passes over those that are not of the call."""


@dataclass
class Mwaa:
    """The stub: its address, and what it was asked."""

    url: str
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """(method, path, body)."""


@contextmanager
def mwaa_stub() -> Iterator[Mwaa]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            pass

        def _keep(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            stub.asked.append((self.command, self.path, json.loads(body or b"{}")))
            told = json.dumps(ANSWER).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_PUT = do_POST = do_PATCH = _keep  # noqa: N815  the base class's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub = Mwaa(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
