"""How a summary or a problem becomes an HTTP answer: ETag and 304, gzip, caching, RFC 9457."""

from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from api.summaries import Body

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
CACHING: Final = "public, max-age=15, stale-while-revalidate=60, stale-if-error=86400"


def summary_answer(request: Request, body: Body) -> Response:
    """The bytes of a summary, compressed when the client reads gzip; 304 when it has them already."""
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    etag = body.gzipped_etag if zipped else body.etag
    headers = {
        "ETag": etag,
        "Cache-Control": CACHING,
        "Vary": "Accept-Encoding",
        "X-Data-Feed": body.feed,
    }
    if _has(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    if zipped:
        return Response(body.gzipped, media_type=JSON, headers=headers | {"Content-Encoding": "gzip"})
    return Response(body.data, media_type=JSON, headers=headers)


def problem(status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    """An RFC 9457 problem document."""
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, **more},
        status_code=status,
        media_type=PROBLEM,
        headers={"Cache-Control": "no-store"},
    )


def _has(condition: str, etag: str) -> bool:
    given = [part.strip().removeprefix("W/") for part in condition.split(",")]
    return etag in given or "*" in given
