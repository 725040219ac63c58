"""Answers as they go over the wire, whole or broken."""

import socket
import struct

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

TRANSPORT = "dev.upstream.transport"
"""Scope key of the connection's transport, None in a test client."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def page(status: int) -> Response:
    """Give the HTML that stands where JSON should: a front end's error, or maintenance with status 200."""
    title = {200: "Scheduled maintenance", 403: "Access denied", 503: "Service unavailable"}[status]
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return HTMLResponse(html, status_code=status)


class TornResponse(Response):
    """Half of a JSON body.

    With `whole` the full length is promised and the connection closed before it has come; without it, the
    promise is kept and the JSON ends in the middle. With `reset` the connection is reset, not closed.
    """

    media_type = "application/json"

    def __init__(self, body: str, *, whole: bool, reset: bool = False) -> None:
        half = body.encode()[: len(body) // 2]
        super().__init__(half)
        self.reset = reset
        self.breaks = whole or reset
        if self.breaks:
            self.headers["content-length"] = str(len(body.encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the half, then break the connection where there is one to break."""
        if not self.breaks:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
        transport = scope.get(TRANSPORT)
        if transport is None:
            await send({"type": "http.response.body", "body": b""})
        else:
            if self.reset:
                held = transport.get_extra_info("socket")
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                transport.abort()
            else:
                transport.close()
            while (await receive())["type"] != "http.disconnect":
                pass
