"""The HTTP application: which path is answered by what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from api.answers import Answer, Body, answer
from api.edge import Edge
from api.policy import page_headers
from api.problems import Problem, of_status
from api.query import only_known, read_question
from api.service import TITLE, VERSION, Service
from api.settings import ApiSettings, load_settings

NEVER_KEPT: Final = "no-store"


def create_app(settings: ApiSettings | None = None) -> FastAPI:
    """The application over the store that the settings name. SettingInvalid when it cannot be used."""
    service = Service.of(settings or load_settings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.summaries.refresh()
        service.summaries.warm()
        service.summaries.start(every=service.settings.cache_ttl_seconds)
        yield
        service.summaries.stop()

    app = FastAPIOffline(title=TITLE, version=VERSION, lifespan=lifespan, redirect_slashes=False)
    app.state.service = service
    app.state.summaries = service.summaries
    _add_data_routes(app, service)
    _add_pages(app, service)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(Problem, _problem)
    app.add_middleware(Edge, ready=service.ready)
    return app


def _add_data_routes(app: FastAPI, service: Service) -> None:
    for name in ("current", "recent", "snapshot", "catalogue"):
        app.get(f"/api/{name}")(_summary_route(service, name))

    @app.get("/api/gaps")
    def gaps(request: Request) -> Response:
        given = request.query_params.multi_items()
        return _sent(request, service, service.gaps(given))

    @app.get("/api/status")
    async def status(request: Request) -> Response:
        return _told(request, service, service.status)

    @app.get("/health")
    async def health(request: Request) -> Response:
        return _told(request, service, service.health)

    @app.get("/api/files")
    def files(request: Request) -> Response:
        return _sent(request, service, service.files(request.query_params.multi_items()))

    # Paths are read from the request: for a parameter of its own, FastAPI would load pydantic's first version, 20 ms.
    @app.get("/api/files/{key:path}")
    def file(request: Request) -> Response:
        body, cache = service.file(request.path_params["key"], request.query_params.multi_items())
        return _sent(request, service, body, cache=cache)

    @app.get("/api/{area}")
    def area(request: Request) -> Response:
        name, given = request.path_params["area"], request.query_params.multi_items()
        if not given:
            if name not in service.summaries.areas:
                raise service.unknown_area(name)
            return _sent(request, service, service.summary(name).body)
        question = read_question(service.area(name), given, now=service.summaries.clock())
        return _sent(request, service, service.range(question))


def _summary_route(service: Service, name: str) -> Any:
    async def summary(request: Request) -> Response:
        only_known(request.query_params.multi_items(), ())
        return _sent(request, service, service.summary(name).body)

    return summary


def _add_pages(app: FastAPI, service: Service) -> None:
    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse("ui/")

    for path in ("dashboard", "completeness", "status"):
        app.get("/ui/" if path == "dashboard" else f"/ui/{path}/", include_in_schema=False)(_page(service, path))
    for path in ("/ui", "/ui/completeness", "/ui/status"):
        app.get(path, include_in_schema=False)(_with_slash(path.rpartition("/")[2]))


def _page(service: Service, name: str) -> Any:
    def page(request: Request) -> Response:
        service.freshen()
        html = getattr(service.pages, name)(request.query_params.multi_items()).encode()
        headers = page_headers(html, request.url.path, request.url.query.encode())
        body = Body(html, service.summaries.feed or "none", media_type="text/html; charset=utf-8", headers=headers)
        return _sent(request, service, body, cache="no-cache")

    return page


def _with_slash(name: str) -> Any:
    async def to_folder(request: Request) -> Response:
        query = request.url.query
        return RedirectResponse(f"{name}/" + (f"?{query}" if query else ""))

    return to_folder


def _sent(request: Request, service: Service, body: Body, *, cache: str | None = None) -> Response:
    return _response(answer(body, request.headers, now=service.summaries.clock(), cache=cache))


def _told(request: Request, service: Service, tell: Any) -> Response:
    """What is true of this moment only."""
    only_known(request.query_params.multi_items(), ())
    service.freshen()
    return _sent(request, service, Body.of(tell(), feed=service.summaries.feed or "none"), cache=NEVER_KEPT)


def _response(found: Answer) -> Response:
    response = Response(found.body, status_code=found.status)
    response.raw_headers = found.headers
    return response


async def _http_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return of_status(error.status_code).response()


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()
