"""What is wrong with a request, in one line and in RFC 9457's form: what was seen, what is allowed, what to do."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

MEDIA_TYPE: Final = "application/problem+json"
SHOWN: Final = 60
"""How much of a wrong value is repeated."""


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self, status: int, title: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.more = more
        self.headers = headers or {}

    @classmethod
    def parameter(cls, name: str, value: str, allowed: str | Iterable[str], *, status: int = 400) -> "Problem":
        """A parameter has a value that is not allowed."""
        names = [] if isinstance(allowed, str) else list(allowed)
        text = allowed if isinstance(allowed, str) else ", ".join(names)
        seen = value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
        detail = f"{name}: got {seen!r}; allowed: {text}"
        problem = cls(status, "Value not allowed", detail, parameter=name, value=seen, allowed=text)
        if names:
            problem.more["allowed_values"] = names
        return problem

    def document(self) -> dict[str, Any]:
        """The problem document."""
        head = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        return head | self.more

    def response(self) -> Response:
        """The answer that tells it; never cached."""
        body = json.dumps(self.document(), ensure_ascii=True).encode()
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(body, status_code=self.status, media_type=MEDIA_TYPE, headers=headers)


def of_status(status: int) -> Problem:
    """A problem of which nothing more can be said than its status."""
    title = HTTPStatus(status).phrase
    return Problem(status, title, "The paths and their parameters are listed at /docs.")
