"""The server: upstream's hosts as path prefixes, faults on the way, and the control endpoints.

    /www/DashboardService.svc/data?…      /www/api/chart/?…      /www/api/average-fuel-mix/?…
    /vargen/api/export/{start}/{end}/{region}/{area}      /interconn/api/Interconnector/{start}/{end}/{region}

Every answer carries `X-Data-Feed`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dev.upstream import questions, rows
from dev.upstream.answers import TRANSPORT, TornResponse, page
from dev.upstream.clock import Clock
from dev.upstream.control import Asked, Control
from dev.upstream.faults import Call, Fault, FaultPlan, Faults, Interface, Rule
from dev.upstream.feed import Feed
from dev.upstream.questions import HangingError, Moment

_PAGES = {Fault.HTML_503: 503, Fault.HTML_200: 200, Fault.HTTP_403: 403}
_ANSWERS = {
    Interface.DASHBOARD: questions.dashboard,
    Interface.CHART: questions.chart,
    Interface.AVERAGE_FUEL_MIX: questions.average_fuel_mix,
    Interface.VARGEN: questions.vargen,
    Interface.INTERCONN: questions.interconn,
}
_PATHS = {
    "/www/DashboardService.svc/data": Interface.DASHBOARD,
    "/www/api/chart": Interface.CHART,
    "/www/api/chart/": Interface.CHART,
    "/www/api/average-fuel-mix": Interface.AVERAGE_FUEL_MIX,
    "/www/api/average-fuel-mix/": Interface.AVERAGE_FUEL_MIX,
    "/vargen/api/export/{start}/{end}/{region}/{area}": Interface.VARGEN,
    "/interconn/api/Interconnector/{start}/{end}/{region}": Interface.INTERCONN,
}


@dataclass(frozen=True)
class Options:
    """What upstream might do either way, or takes its time over."""

    vargen_shape: str = "wide"
    """`wide` or `long` (API.md 4.4)."""
    hang_seconds: float = 1.0
    """How long a month of frequency keeps the client waiting before its 503."""


class Upstream(Starlette):
    """Starlette that lets an answer reach its connection, so that it can break it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the transport of uvicorn's request cycle, where there is one."""
        scope[TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


@dataclass(frozen=True)
class Desk:
    """Answers one request after the other."""

    feed: Feed
    control: Control
    options: Options

    def route(self, path: str, interface: Interface) -> Route:
        """Build the route of one interface."""

        async def answer(request: Request) -> Response:
            words = request.path_params if "{" in path else request.query_params
            return await self.answer(request, _call(interface, words), words)

        return Route(path, answer, methods=["GET"])

    async def answer(self, request: Request, call: Call, words: Mapping[str, str]) -> Response:
        """Decide what goes wrong, answer accordingly, and keep a note of it."""
        now = self.control.clock()
        struck = self.control.faults.firing(call, now)
        # The list as it is now: when it is emptied meanwhile, this answer belongs to the test before.
        asked = self.control.requests
        response = await self._respond(call, words, Moment(self.feed, now, struck, self.options.vargen_shape))
        response.headers["X-Data-Feed"] = self.feed.name
        asked.append(
            Asked(
                time=self.control.now(),
                interface=call.interface,
                path=request.url.path,
                query=request.url.query,
                areas=call.areas,
                region=call.region,
                status=response.status_code,
                faults=tuple(rule.fault for rule in struck),
            )
        )
        return response

    async def _respond(self, call: Call, words: Mapping[str, str], moment: Moment) -> Response:
        for rule in moment.rules:
            if rule.fault is Fault.SLOW:
                await asyncio.sleep(rule.delay_seconds)
        replaced = _replacement(call, moment.rules)
        if replaced is not None:
            return replaced
        try:
            text = _ANSWERS[call.interface](words, moment)
        except HangingError:
            await asyncio.sleep(self.options.hang_seconds)
            return page(503)
        for rule in moment.rules:
            if rule.fault in {Fault.TORN_BODY, Fault.RESET}:
                return TornResponse(text, whole=rule.declared == "full", reset=rule.fault is Fault.RESET)
        return _json(text)


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")


def _replacement(call: Call, rules: Sequence[Rule]) -> Response | None:
    """Give what the first fault puts in the answer's place; None when the answer itself is sent."""
    for rule in rules:
        if rule.fault in _PAGES:
            return page(_PAGES[rule.fault])
        if rule.fault in {Fault.TORN_BODY, Fault.RESET}:
            return None
        if rule.fault is Fault.STATUS_ERROR and call.interface is not Interface.CHART:
            return _json(rows.error("No data returned"))
        if rule.fault in {Fault.EMPTY_ROWS, Fault.STATUS_ERROR}:
            return _json(_empty(call.interface))
    return None


def _empty(interface: Interface) -> str:
    if interface is Interface.CHART:
        return rows.bare([])
    if interface in {Interface.VARGEN, Interface.INTERCONN}:
        return rows.export([])
    return rows.full([], updated=None)


def _call(interface: Interface, words: Mapping[str, str]) -> Call:
    asked = {name.lower(): text for name, text in words.items()}
    areas: tuple[str, ...] = (asked.get("area", "").lower(),)
    if interface is Interface.CHART:
        areas = questions.chart_areas(words)
    elif interface is Interface.INTERCONN:
        areas = ("interconnection",)
    elif interface is Interface.AVERAGE_FUEL_MIX:
        areas = ("fuelmix",)
    return Call(interface, areas, asked.get("region", "").upper())


def create_app(
    feed: Feed,
    *,
    clock: Clock | Callable[[], datetime] | None = None,
    faults: FaultPlan | None = None,
    options: Options | None = None,
) -> Starlette:
    """Build the server over one feed; `clock` gives aware datetimes and is the wall clock by default."""
    held = clock if isinstance(clock, Clock) else Clock(source=clock) if clock else Clock()
    control = Control(feed.name, held, Faults(faults or FaultPlan()))
    desk = Desk(feed, control, options or Options())
    data = [desk.route(path, interface) for path, interface in _PATHS.items()]
    return Upstream(routes=[*data, *control.routes()])
