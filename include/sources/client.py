"""One polite HTTP client for all interfaces of a source: retries what may pass, never what will not."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception

from include.domain.errors import EmptyAnswer, Permanent, SettingInvalid, Transient, Unsupported
from include.sources.base import Clock

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 20.0
DATA_FEED: Final = "X-Data-Feed"
"""Header by which a stand-in upstream names its feed; EirGrid sends none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Politeness:
    """How hard upstream may be asked."""

    user_agent: str
    timeout: float = 30.0
    """Seconds to wait for a connection, and for each part of an answer."""
    max_retries: int = 5
    deadline: float = 180.0
    """Seconds after which one request, its retries included, is given up."""
    spacing: float = 0.0
    """Seconds between two requests to one host."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer and when it came."""

    payload: Any
    body: bytes
    fetched_at: datetime


class HttpClient:
    """One session for all requests of a source; every error is one of `domain.errors`."""

    def __init__(self, politeness: Politeness, *, clock: Clock, feed: str | None = None) -> None:
        self.politeness = politeness
        self.clock = clock
        self.feed = feed
        self.session = requests.Session()
        self.session.headers.update(
            {"User-Agent": politeness.user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=16))
        self._next_at: dict[str, float] = {}

    def ask[T](self, url: str, params: Mapping[str, str], *, interface: str, read: Callable[[Answer], T]) -> T:
        """GET and read a JSON answer, again while the error may pass and time is left."""
        started = time.monotonic()
        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, Transient)),
            wait=self._wait,
            stop=lambda state: self._give_up(state, started),
            reraise=True,
        )
        return attempts(lambda: read(self._get(url, params, interface=interface)))

    def _wait(self, state: RetryCallState) -> float:
        # Full jitter: siblings that failed together must not come back together.
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None) or 0.0
        ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2**state.attempt_number)
        return max(float(asked), random.uniform(0, ceiling))  # noqa: S311  not a secret

    def _give_up(self, state: RetryCallState, started: float) -> bool:
        error = state.outcome.exception() if state.outcome else None
        most = 2 if isinstance(error, EmptyAnswer) else self.politeness.max_retries + 1
        late = time.monotonic() - started + state.upcoming_sleep >= self.politeness.deadline
        return state.attempt_number >= most or late

    def _get(self, url: str, params: Mapping[str, str], *, interface: str) -> Answer:
        self._keep_distance(url)
        try:
            response = self.session.get(url, params=dict(params), timeout=self.politeness.timeout)
        except requests.RequestException as error:
            raise Transient(f"{interface}: {type(error).__name__}: {error}", interface=interface) from error
        _check_status(response, interface)
        self._check_feed(response)
        try:
            payload = json.loads(response.content)
        except ValueError as error:
            seen = "HTML" if response.content.lstrip()[:1] == b"<" else "a torn or foreign body"
            raise Transient(
                f"{interface}: {seen} in place of JSON (HTTP {response.status_code})",
                interface=interface,
                sample=response.content,
            ) from error
        return Answer(payload, response.content, self.clock())

    def _keep_distance(self, url: str) -> None:
        host = urlsplit(url).netloc
        pause = self._next_at.get(host, 0.0) - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self._next_at[host] = time.monotonic() + self.politeness.spacing

    def _check_feed(self, response: requests.Response) -> None:
        seen = response.headers.get(DATA_FEED, "eirgrid")
        if self.feed is not None and seen != self.feed:
            raise SettingInvalid(
                f"GRID_FEED: got {self.feed!r}, but the upstream that answers serves {seen!r} data; "
                "set GRID_FEED and GRID_UPSTREAM to match"
            )


def _check_status(response: requests.Response, interface: str) -> None:
    status = response.status_code
    if status < 400:
        return
    message = f"{interface}: HTTP {status} for {response.url}"
    if status == 403:
        raise Unsupported(message, interface=interface, sample=response.content)
    if status >= 500 or status == 429:
        error = Transient(message, interface=interface, sample=response.content)
        error.retry_after = _retry_after(response.headers.get("Retry-After"))
        raise error
    raise Permanent(message, interface=interface, sample=response.content)


def _retry_after(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
