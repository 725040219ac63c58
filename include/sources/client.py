"""One polite HTTP client for all interfaces of a source: retries what may pass, never what will not."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception
from urllib3.exceptions import HTTPError

from include.domain.errors import ContractBroken, EmptyAnswer, Permanent, SettingInvalid, Transient, Unsupported
from include.sources.base import Clock

if TYPE_CHECKING:
    from include.settings import Settings

VERSION: Final = "0.1"
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 20.0
MOST_BYTES: Final = 32 * 2**20
"""A week of 5-second values is 12 MB of JSON; nothing longer was ever met."""
DATA_FEED: Final = "X-Data-Feed"
"""Header by which a stand-in upstream names its feed; EirGrid sends none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Politeness:
    """How hard upstream may be asked."""

    user_agent: str
    timeout: float = 30.0
    """Seconds to wait for a connection, and for each part of an answer."""
    max_retries: int = 5
    deadline: float = 300.0
    """Seconds after which a unit, with all its requests and their retries, is given up. Headers, and the bodies of
    redirects, are bounded by the time-out of each read only."""
    spacing: float = 0.0
    """Seconds between two requests to one host."""

    @classmethod
    def of(cls, settings: "Settings") -> "Politeness":
        """As the settings say; SettingInvalid when EirGrid would be asked without a contact."""
        contact = settings.require_contact()
        link = f"mailto:{contact}" if "@" in contact and "://" not in contact else contact
        return cls(
            user_agent=f"eirgrid-airflow/{VERSION} (+{link or 'stand-in upstream'})",
            timeout=settings.request_timeout,
            max_retries=settings.max_retries,
            deadline=settings.unit_deadline,
            # A stand-in on this machine needs no sparing.
            spacing=settings.request_spacing if settings.upstream is None else 0.0,
        )


@dataclass(frozen=True)
class Answer:
    """An answer and when it came."""

    body: bytes
    fetched_at: datetime
    interface: str
    status: int

    @cached_property
    def payload(self) -> Any:
        """What its JSON says; Transient when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            seen = "HTML" if self.body.lstrip()[:1] == b"<" else "a torn or foreign body"
            raise Transient(
                f"{self.interface}: {seen} in place of JSON (HTTP {self.status})",
                interface=self.interface,
                sample=self.body,
            ) from error


class HttpClient:
    """One session for all requests of a source; every error is one of `domain.errors`."""

    def __init__(self, politeness: Politeness, *, clock: Clock, feed: str | None = None) -> None:
        self.politeness = politeness
        self.clock = clock
        self.feed = feed
        self.session = requests.Session()
        self.session.max_redirects = 3
        self.session.headers.update(
            {"User-Agent": politeness.user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=16))
        self._next_at: dict[str, float] = {}
        self._quiet_until: dict[str, float] = {}

    def ask[T](
        self,
        url: str,
        params: Mapping[str, str],
        *,
        interface: str,
        read: Callable[[Answer], T],
        until: float | None = None,
    ) -> T:
        """GET and read an answer, again while the error may pass and time is left.

        `until` is an instant of `time.monotonic`; without it, the deadline counts from now.
        """
        end = time.monotonic() + self.politeness.deadline if until is None else until
        empty = 0

        def give_up(state: RetryCallState) -> bool:
            nonlocal empty
            error = state.outcome.exception() if state.outcome else None
            empty += isinstance(error, EmptyAnswer)
            late = time.monotonic() + state.upcoming_sleep >= end
            return empty > 1 or state.attempt_number > self.politeness.max_retries or late

        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, Transient)),
            wait=self._wait,
            stop=give_up,
            reraise=True,
        )
        return attempts(lambda: read(self._get(url, params, interface=interface, until=end)))

    def _wait(self, state: RetryCallState) -> float:
        # Full jitter: siblings that failed together must not come back together.
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None) or 0.0
        ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2**state.attempt_number)
        return max(float(asked), random.uniform(0, ceiling))  # noqa: S311  not a secret

    def _get(self, url: str, params: Mapping[str, str], *, interface: str, until: float) -> Answer:
        self._keep_distance(url, interface=interface, until=until)
        left = until - time.monotonic()
        if left <= 0:
            raise Transient(f"{interface}: not asked, the time for this unit is up", interface=interface)
        timeout = min(self.politeness.timeout, left)
        try:
            with self.session.get(url, params=dict(params), timeout=timeout, stream=True) as response:
                body = _body(response, interface=interface, until=until)
        # A redirect to what is no address is a ValueError.
        except (requests.RequestException, HTTPError, ValueError) as error:
            raise Transient(f"{interface}: {type(error).__name__}: {error}", interface=interface) from error
        _check_status(response, body, interface, retry_after=self._heed(response, interface))
        self._check_feed(response)
        return Answer(body, self.clock(), interface, response.status_code)

    def _keep_distance(self, url: str, *, interface: str, until: float) -> None:
        host, now = urlsplit(url).netloc, time.monotonic()
        free = max(self._next_at.get(host, 0.0), self._quiet_until.get(interface, 0.0))
        if free >= until > now:
            raise Transient(f"{interface}: not asked, it wants to be left alone for longer", interface=interface)
        if free > now:
            time.sleep(free - now)
        self._next_at[host] = time.monotonic() + self.politeness.spacing

    def _heed(self, response: requests.Response, interface: str) -> float | None:
        """Retry-After binds every later request to an interface, not only the next try of this one."""
        asked = _retry_after(response.headers.get("Retry-After"))
        if asked is not None and response.status_code >= 400:
            self._quiet_until[interface] = time.monotonic() + asked
        return asked

    def _check_feed(self, response: requests.Response) -> None:
        seen = response.headers.get(DATA_FEED, "eirgrid")
        if self.feed is not None and seen != self.feed:
            raise SettingInvalid(
                f"GRID_FEED: got {self.feed!r}, but the upstream that answers serves {seen!r} data; "
                "set GRID_FEED and GRID_UPSTREAM to match"
            )


def _body(response: requests.Response, *, interface: str, until: float) -> bytes:
    """The whole body; a server that drips it is left when time is up, and one that does not end when it is too long."""
    parts, length = [], 0
    part, read = b"", -1
    # `iter_content` waits until a whole block is there, however slowly it comes. A compressed body may be read and give
    # nothing yet, or give something of what was read before: it is over when a read does neither.
    while part or read != response.raw.tell():
        read = response.raw.tell()
        part = response.raw.read1(1 << 16, decode_content=True)
        parts.append(part)
        length += len(part)
        if time.monotonic() > until:
            raise Transient(f"{interface}: still sending when the time for this unit was up", interface=interface)
        if length > MOST_BYTES:
            raise ContractBroken(
                f"{interface}: an answer longer than {MOST_BYTES:,} bytes", interface=interface, sample=b"".join(parts)
            )
    return b"".join(parts)


def _check_status(response: requests.Response, body: bytes, interface: str, *, retry_after: float | None) -> None:
    status = response.status_code
    if status < 400:
        return
    message = f"{interface}: HTTP {status} for {response.url}"
    if status == 403:
        raise Unsupported(message, interface=interface, sample=body)
    if status >= 500 or status == 429:
        error = Transient(message, interface=interface, sample=body)
        error.retry_after = retry_after
        raise error
    raise Permanent(message, interface=interface, sample=body)


def _retry_after(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
