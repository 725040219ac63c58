"""The HTTP application: every path, each answered from memory."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from api.answers import problem, summary_answer
from api.health import health
from api.pages import current_page
from api.settings import HERE, ApiSettings, load_settings
from api.summaries import Summaries
from include.domain.catalogue import ATTRIBUTION
from include.storage.location import open_store

log = logging.getLogger(__name__)

NO_GAP_CHECK: Final = {
    "schema_version": 1,
    "attribution": ATTRIBUTION,
    "checked_at": None,
    "note": "The gap check has not run on this store yet.",
    "gaps": [],
}

DESCRIPTION: Final = (
    "Irish grid data from EirGrid's Smart Grid Dashboard. Every value carries its own UTC timestamp and unit."
    f" {ATTRIBUTION}. Not affiliated with EirGrid or SONI; no warranty."
)


def create_app(settings: ApiSettings | None = None) -> FastAPI:
    """The application over the store that the settings name. SettingInvalid when it cannot be used."""
    settings = settings or load_settings()
    store = open_store(settings.location())
    store.check()
    summaries = Summaries(store, clock=settings.clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        summaries.refresh()
        summaries.start(every=settings.cache_ttl_seconds)
        yield
        summaries.stop()

    app = FastAPIOffline(title="Irish grid data", version="0.1.0", description=DESCRIPTION, lifespan=lifespan)
    app.state.summaries = summaries
    _add_data_routes(app, summaries)
    _add_pages(app, summaries, settings)
    app.add_exception_handler(HTTPException, _http_problem)
    app.middleware("http")(_headers)
    return app


def _add_data_routes(app: FastAPI, summaries: Summaries) -> None:
    @app.get("/api/current", summary="Newest reading of every series")
    def current(request: Request) -> Response:
        return _summary(request, summaries, "current")

    @app.get("/api/snapshot", summary="Current values, all series and gaps in one answer")
    def snapshot(request: Request) -> Response:
        return _summary(request, summaries, "snapshot")

    @app.get("/api/gaps", summary="Known gaps")
    def gaps(request: Request) -> Response:
        if summaries.get("gaps") is None:
            return JSONResponse(NO_GAP_CHECK | {"feed": _feed(summaries)}, headers={"Cache-Control": "no-store"})
        return _summary(request, summaries, "gaps")

    @app.get("/api/{area}", summary="Thirty days of one area")
    def area(request: Request, area: str) -> Response:
        if area not in summaries.areas:
            return problem(
                404,
                "Unknown area",
                f"area: got {area[:40]!r}; allowed: {', '.join(summaries.areas)}",
                areas=list(summaries.areas),
            )
        return _summary(request, summaries, area)

    @app.get("/health", summary="Whether the data are fresh, per area")
    def tell_health() -> dict[str, Any]:
        return health(summaries, now=summaries.clock())


def _add_pages(app: FastAPI, summaries: Summaries, settings: ApiSettings) -> None:
    @app.get("/", include_in_schema=False)
    def root() -> Response:
        return RedirectResponse("/ui/")

    @app.get("/ui/", include_in_schema=False)
    def ui() -> Response:
        body = summaries.get("current")
        document = body.document() if body else None
        has_data = document is not None and document["as_of"] is not None
        return HTMLResponse(current_page(document if has_data else None, now=summaries.clock()))

    app.mount("/static", StaticFiles(directory=HERE / "static"))
    if settings.grid_guide.is_dir():
        app.mount("/guide", StaticFiles(directory=settings.grid_guide, html=True))


def _summary(request: Request, summaries: Summaries, name: str) -> Response:
    body = summaries.get(name)
    if body is None:
        return problem(
            503,
            "No data yet",
            f"{name}: nothing has been exported to this store yet, or the store cannot be read; try again in a minute",
        )
    return summary_answer(request, body)


def _feed(summaries: Summaries) -> str:
    body = summaries.get("current")
    return body.feed if body else "unknown"


async def _http_problem(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    title = "Not found" if status == 404 else "Not allowed" if status == 405 else "Error"
    return problem(status, title, "The paths are listed at /docs.")


async def _headers(request: Request, call_next: Any) -> Response:
    response: Response = await call_next(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.url.path.startswith(("/api/", "/health")):
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response
