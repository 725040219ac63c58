"""The outermost layer: what holds for every path, and the paths that are answered from memory without any routing."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from api.answers import EXPOSED, Answer, has, plain
from api.policy import page_headers
from api.problems import Problem, of_status

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = dict[str, str]

LONGEST_QUERY: Final = 8192
"""Bytes of a query string: as API Gateway has it."""
SECURITY: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000"),
]
CORS: Final = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED.encode())]
PREFLIGHT: Final = [
    ("access-control-allow-methods", "GET, HEAD, OPTIONS"),
    ("access-control-allow-headers", "Accept, Accept-Encoding, If-None-Match, Content-Type"),
    ("access-control-max-age", "86400"),
    ("allow", "GET, HEAD, OPTIONS"),
]
EVERYWHERE: Final = [*SECURITY, *CORS]
ASKED: Final = {b"accept-encoding", b"if-none-match"}
METHODS: Final = {"GET", "HEAD", "OPTIONS"}


class Edge:
    """Wraps the application; `ready` answers a path from memory, or says None."""

    def __init__(self, app: App, *, ready: Callable[[str, Headers], Answer | None]) -> None:
        self.app = app
        self.ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"].endswith("/") and scope["path"].startswith("/api/"):
            scope = {**scope, "path": scope["path"].rstrip("/")}
        if await self._from_memory(scope, send):
            return
        sending = _Sending(send, scope)
        try:
            if (found := self._refused(scope)) is not None:
                await sending.answer(found)
                return
            # A copy: the server reads the method of its own.
            await self.app({**scope, "method": "GET"}, receive, sending)
        except Problem as problem:
            await sending.problem(problem)
        except Exception:
            log.exception("%s failed", scope["path"])
            if sending.started:
                raise
            await sending.problem(of_status(500))

    async def _from_memory(self, scope: Scope, send: Send) -> bool:
        """Answer what is ready, as directly as can be; pages go the long way, for their policy."""
        if scope["query_string"] or scope["method"] not in {"GET", "HEAD"} or _is_page(scope):
            return False
        try:
            found = self.ready(scope["path"], _headers(scope))
        except Problem as problem:
            await _Sending(send, scope).problem(problem)
            return True
        if found is None:
            return False
        await send({"type": "http.response.start", "status": found.status, "headers": [*found.headers, *EVERYWHERE]})
        body = b"" if scope["method"] == "HEAD" else found.body
        await send({"type": "http.response.body", "body": body})
        return True

    def _refused(self, scope: Scope) -> Answer | None:
        """The answer to what needs no path; Problem for what no path allows."""
        method = scope["method"]
        if method not in METHODS:
            raise Problem(
                405,
                "Method not allowed",
                f"got {method[:20]}; allowed: GET, HEAD, OPTIONS. This API is read-only.",
                headers={"Allow": "GET, HEAD, OPTIONS"},
            )
        if method == "OPTIONS":
            return plain(204, PREFLIGHT)
        query: bytes = scope["query_string"]
        if len(query) > LONGEST_QUERY:
            raise Problem(414, "Query too long", f"the query has {len(query):,} bytes; allowed: {LONGEST_QUERY:,}")
        # Everything else has been looked for in memory already.
        return self.ready(scope["path"], _headers(scope)) if not query and _is_page(scope) else None


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.endswith(("/", ".html"))


def _headers(scope: Scope) -> Headers:
    """The two request headers that an answer depends on."""
    return {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in ASKED}


class _Sending:
    """Adds what every answer carries, and leaves out the body of an answer to HEAD."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self.send = send
        self.path: str = scope["path"]
        self.head = scope["method"] == "HEAD"
        self.condition = _headers(scope).get("if-none-match", "")
        self.started = False
        self._page: Message | None = None
        """The start of a page, held back until its scripts have been seen."""
        self._html = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *EVERYWHERE]
            if any(name == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"]):
                self._page = message
                return
        elif message["type"] == "http.response.body" and self._page is not None:
            self._html += message.get("body", b"")
            if message.get("more_body"):
                return
            page, self._page = self._page, None
            message = {"type": "http.response.body", "body": self._finish(page)}
            await self._pass(page)
        await self._pass(message)

    def _finish(self, page: Message) -> bytes:
        """Give a page of FastAPI's its policy and ETag; ours have them. Returns what is sent of it."""
        if any(name == b"content-security-policy" for name, _ in page["headers"]):
            return self._html
        own = page_headers(self._html, self.path)
        page["headers"] += [(name.encode(), value.encode()) for name, value in own.items()]
        if page["status"] != 200:
            return self._html
        etag = f'"{hashlib.sha256(self._html).hexdigest()[:32]}"'
        page["headers"] += [(b"etag", etag.encode()), (b"cache-control", b"no-cache")]
        if not has(self.condition, etag):
            return self._html
        page["status"] = 304
        page["headers"] = [one for one in page["headers"] if one[0] not in {b"content-length", b"content-type"}]
        return b""

    async def _pass(self, message: Message) -> None:
        self.started = True
        if self.head and message["type"] == "http.response.body":
            message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await self.send(message)

    async def answer(self, found: Answer) -> None:
        await self({"type": "http.response.start", "status": found.status, "headers": found.headers})
        await self({"type": "http.response.body", "body": found.body})

    async def problem(self, problem: Problem) -> None:
        told = problem.response()
        await self({"type": "http.response.start", "status": told.status_code, "headers": told.raw_headers})
        await self({"type": "http.response.body", "body": told.body})
