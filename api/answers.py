"""How bytes become an HTTP answer: the encoding that the client reads best, a strong ETag, 304, how long they hold."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import brotli

from api.problems import Problem
from include.domain.catalogue import CYCLE, TICK_OFFSET

LARGEST: Final = 4_400_000
"""Bytes of an encoded body: what AWS Lambda hands on (6 MB) less base64. The same everywhere."""
TEXTS: Final = ("text/", "application/json", "application/x-ndjson", "application/xml", "image/svg")
LEAST_AGE: Final = 15
"""Seconds that an answer may be kept for at least."""
AT_WORK: Final = 240
"""Seconds after its start in which a live run and the export after it bring something new."""
STALE: Final = "stale-while-revalidate=60, stale-if-error=86400"
ENCODINGS: Final = ("br", "gzip", "identity")
"""Best first."""
EXPOSED: Final = "ETag, X-Data-Feed, X-Attribution, X-Schema-Version, X-Stale-After, Content-Disposition, Retry-After"


Headers = list[tuple[bytes, bytes]]


def compact(document: Any) -> str:
    """JSON without a blank that says nothing."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes to answer with, compressed once for each encoding that is asked for."""

    data: bytes
    feed: str
    """Where its numbers come from."""
    media_type: str = "application/json"
    keep: int | None = None
    """Seconds it may be kept for; None: until the next live run."""
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    """Of the plain bytes, without quotes."""
    points: int | None = None
    """How many slots or buckets it has, where that was asked for."""
    _encoded: dict[str, bytes] = field(default_factory=dict)
    _fixed: dict[str, tuple[Headers, Headers]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.etag:
            object.__setattr__(self, "etag", hashlib.sha256(self.data).hexdigest()[:32])

    @classmethod
    def of(cls, document: Mapping[str, Any], *, feed: str, keep: int | None = None) -> "Body":
        """A JSON document."""
        return cls(compact(document).encode(), feed, keep=keep)

    @property
    def compressible(self) -> bool:
        """Whether compressing makes it smaller: Parquet and pictures are compressed inside."""
        return self.media_type.startswith(TEXTS)

    def encoded(self, encoding: str) -> bytes:
        """The bytes as they are sent."""
        if encoding == "identity":
            return self.data
        if encoding not in self._encoded:
            compress = _brotli if encoding == "br" else _gzip
            self._encoded[encoding] = compress(self.data)
        return self._encoded[encoding]

    def fixed(self, encoding: str) -> tuple[Headers, Headers]:
        """Headers that are the same in every answer, of a 304 and of a 200: made once, as they are sent."""
        if encoding not in self._fixed:
            named = {"etag": self.tag(encoding), "vary": "Accept-Encoding", "x-data-feed": self.feed}
            length = str(len(self.encoded(encoding)))
            more = {"content-type": self.media_type, "content-length": length, **self.headers}
            coded = {} if encoding == "identity" else {"content-encoding": encoding}
            self._fixed[encoding] = (_raw(named), _raw({**named, **more, **coded}))
        return self._fixed[encoding]

    def tag(self, encoding: str) -> str:
        """The strong ETag of the bytes in this encoding, quoted."""
        return f'"{self.etag}"' if encoding == "identity" else f'"{self.etag}-{encoding}"'

    def max_age(self, now: datetime) -> int:
        """Seconds that it may be kept for."""
        return until_next_run(now) if self.keep is None else self.keep


def until_next_run(now: datetime) -> int:
    """Seconds until the next live run starts; while one is likely to be at work, few."""
    past = (now.timestamp() - TICK_OFFSET.total_seconds()) % CYCLE.total_seconds()
    return LEAST_AGE if past < AT_WORK else max(LEAST_AGE, int(CYCLE.total_seconds() - past))


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: status, headers and bytes."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def answer(body: Body, request: Mapping[str, str], *, now: datetime, cache: str | None = None) -> Answer:
    """The body for a client with these request headers (lower case); 304 when it has it already.

    Problem when it does not fit: 406 when a client that reads gzip could have it.
    """
    encoding = best_encoding(request.get("accept-encoding", "")) if body.compressible else "identity"
    etag = body.tag(encoding)
    kept = _cache_control(body.max_age(now)) if cache is None else (b"cache-control", cache.encode())
    if "if-none-match" in request and has(request["if-none-match"], etag):
        return Answer(304, [*body.fixed(encoding)[0], kept], b"")
    data = body.encoded(encoding)
    if len(data) > LARGEST:
        raise _too_large(body, encoding)
    return Answer(200, [*body.fixed(encoding)[1], kept], data)


@lru_cache(maxsize=1024)
def _cache_control(seconds: int) -> tuple[bytes, bytes]:
    return b"cache-control", f"public, max-age={seconds}, {STALE}".encode()


@lru_cache(maxsize=256)
def best_encoding(accepted: str) -> str:
    """The best of `ENCODINGS` that an Accept-Encoding header allows; `identity` where it is silent or allows none."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, rest = part.partition(";")
        if name := name.strip():
            weights[name] = _weight(rest)
    others = weights.get("*", 0.0)
    offered = {one: weights.get(one, others) for one in ENCODINGS}
    offered["identity"] = weights.get("identity", weights.get("*", 0.001) or 0.0)
    best = max(ENCODINGS, key=lambda one: offered[one])
    return best if offered[best] > 0 else "identity"


def _weight(rest: str) -> float:
    name, _, value = rest.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def has(condition: str, etag: str) -> bool:
    """Whether an If-None-Match header names this ETag."""
    given = [part.strip().removeprefix("W/") for part in condition.split(",")]
    return etag in given or "*" in given


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=6, mtime=0)


def _brotli(data: bytes) -> bytes:
    compressed: bytes = brotli.compress(data, quality=5)
    return compressed


def too_large(*, points: int | None, size: int | None = None, most: int = 0) -> Problem:
    """An answer that does not fit: how large it is, and how to get the numbers."""
    seen = [f"{points:,} points"] if points is not None else []
    seen += [f"{size / 1e6:.1f} MB compressed"] if size is not None else []
    allowed = f"{LARGEST / 1e6:.1f} MB compressed" if size is not None else f"{most:,} points"
    problem = Problem(
        413,
        "Answer too large",
        f"{', '.join(seen)}; allowed: {allowed}. Ask for a coarser resolution (such as 1h or 1d), a shorter range,"
        " fewer fields or regions, or format=columns (the smallest); or take the files that /api/files lists, where"
        " a deployment hands them out.",
        points=points,
    )
    if size is not None:
        problem.more |= {"bytes": size, "allowed_bytes": LARGEST}
    return problem


def _too_large(body: Body, encoding: str) -> Problem:
    sizes = [len(body.encoded(one)) for one in ENCODINGS] if body.compressible else [len(body.data)]
    if encoding == "identity" and min(sizes) <= LARGEST:
        return Problem(
            406,
            "Answer too large uncompressed",
            f"{len(body.data) / 1e6:.1f} MB; an answer may have {LARGEST / 1e6:.1f} MB;"
            f" send Accept-Encoding: gzip or br ({min(sizes) / 1e6:.1f} MB)",
            allowed_bytes=LARGEST,
        )
    return too_large(points=body.points, size=min(sizes))


def plain(status: int, headers: Iterable[tuple[str, str]], data: bytes = b"") -> Answer:
    """An answer that is no body of the store."""
    return Answer(status, _raw(dict(headers) | {"content-length": str(len(data))}), data)
