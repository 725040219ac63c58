"""Servers to measure the API against, for uvicorn: the least that could answer, and what one would write first.

`BENCH_BODY` names a file with the JSON that is to be answered.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
ZIPPED = gzip.compress(BODY, compresslevel=6)


async def _answer(_request: Request) -> Response:
    return Response(ZIPPED, media_type="application/json", headers={"Content-Encoding": "gzip"})


bare = Starlette(routes=[Route("/api/{name}", _answer)])
"""The same bytes, ready compressed."""

plain = FastAPI()
"""A dictionary, made into JSON for each request; nothing is compressed."""


@plain.get("/api/{name}")
def dictionary(name: str) -> dict[str, Any]:  # noqa: ARG001  the path's
    """The document as FastAPI serialises it."""
    loaded: dict[str, Any] = json.loads(BODY)
    return loaded
