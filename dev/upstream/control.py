"""The `/_control` endpoints: to set the clock and the faults, and to read what was asked."""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dev.upstream.clock import Clock, parse_instant
from dev.upstream.faults import FaultPlan, Faults

KEPT = 2_000


@dataclass(frozen=True)
class Asked:
    """One data request as it came in."""

    time: str
    """ISO, UTC, by the server's clock."""
    interface: str
    path: str
    query: str
    areas: tuple[str, ...]
    region: str
    status: int
    faults: tuple[str, ...]


@dataclass
class Control:
    """What the control endpoints read and change."""

    feed_name: str
    clock: Clock
    faults: Faults
    requests: deque[Asked] = field(default_factory=lambda: deque(maxlen=KEPT))
    """The newest data requests. Emptied by a new list, so that a slow answer is noted where it was asked."""

    def now(self) -> str:
        """ISO with Z."""
        return self.clock().isoformat().replace("+00:00", "Z")

    def routes(self) -> list[Route]:
        """All under `/_control`."""
        handlers: dict[str, tuple[Callable[[Request], Any], list[str]]] = {
            "health": (self.health, ["GET"]),
            "clock": (self.set_clock, ["POST"]),
            "faults": (self.rules, ["GET", "PUT", "DELETE"]),
            "requests": (self.log, ["GET", "DELETE"]),
        }
        return [Route(f"/_control/{name}", does, methods=verbs) for name, (does, verbs) in handlers.items()]

    async def health(self, _: Request) -> Response:
        """Feed and time."""
        return JSONResponse({"status": "ok", "feed": self.feed_name, "now": self.now()})

    async def set_clock(self, request: Request) -> Response:
        """`{"now": "2026-11-22T20:07:00Z"}` holds the clock, `{"now": null}` lets it run."""
        try:
            wanted = (await request.json())["now"]
            self.clock.fixed = None if wanted is None else parse_instant(wanted)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f'expected {{"now": ISO instant or null}}: {error}'}, status_code=400)
        return JSONResponse({"now": self.now()})

    async def rules(self, request: Request) -> Response:
        """Read, replace or clear the fault plan."""
        if request.method == "PUT":
            try:
                self.faults.replace(FaultPlan.model_validate_json(await request.body()))
            except ValidationError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        if request.method == "DELETE":
            self.faults.replace(FaultPlan())
        return JSONResponse(self.faults.plan.model_dump(mode="json"))

    async def log(self, request: Request) -> Response:
        """List the newest data requests, oldest first."""
        if request.method == "DELETE":
            self.requests = deque(maxlen=KEPT)
        return JSONResponse([asdict(asked) for asked in self.requests])
