"""The independent health check: asks the public API for every area, and mails when one is stale, down or incomplete.

Standard library and boto3 alone, and nothing of the project, so that no broken build takes it along. A run reads which
incidents are open, asks for every area, asks again where the answer is news, writes what it decided with the mails it
is about to send, sends them, and writes that they are sent: a crash can make a mail come twice, and never loses one.
"""

import json
import math
import os
import re
import threading
import time
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

PROBES, PAUSE = 3, 2.0
"""What is news must be seen by two of three probes, so many seconds apart."""
ASKING: Final = 24.0
"""Seconds for all questions to the API, whatever it does; the rest of 30 s is for S3 and SNS."""
LARGEST: Final = 6 * 1024 * 1024
"""Bytes of an answer, unpacked: the largest summary has 1.3 MB, and a Lambda cannot answer with more than 6 MB."""
HOUR: Final = timedelta(hours=1)
CLAIM: Final = timedelta(minutes=2)
"""How long a mail is left to the run that is sending it: longer than a run can last."""
FOLLOWING: Final = 6 * HOUR
"""Within this, what hits every area has shown in every area: the longest threshold."""
WITHHELD: Final = {"CO2_EMISSIONS"}
"""Not sent when low, and so no sign of life: CO2 is judged by its intensity."""
SLOT: Final = timedelta(minutes=15)
"""How far the stamp of a snapshot (the fuel mix) may lie in the future and still mean now."""
MALFORMED: Final = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
TO_DO: Final = {
    "API": "see whether /health answers, then the API's log.",
    "pipeline": "see the last runs of the ingest and export DAGs in Airflow.",
    "upstream": "nothing, unless it lasts: the next run that gets an answer fetches what is missing.",
    "unknown": "open the dashboard, then Airflow.",
}


class Fault(Exception):
    """Why an answer cannot be used."""


@dataclass(frozen=True, slots=True)
class Need:
    """A region must have a recent value of one of these fields; a forecast is none."""

    region: str
    fields: tuple[str, ...]
    ahead: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Area:
    """One area of the catalogue."""

    name: str
    alert_after: timedelta
    needs: tuple[Need, ...]


def _area(name: str, hours: int, **fields: str) -> Area:
    return Area(
        name, hours * HOUR, tuple(Need(at, (one,)) for at, several in fields.items() for one in several.split())
    )


LINKS: Final = {
    "ALL": "INTER_EWIC INTER_GRNLK INTER_MOYLE INTER_NET",
    "ROI": "INTER_EWIC INTER_GRNLK INTER_NET_ROI",
    "NI": "INTER_MOYLE INTER_NET_NI",
}
FUELS: Final = ("FUEL_COAL", "FUEL_GAS", "FUEL_NET_IMPORT", "FUEL_OTHER_FOSSIL", "FUEL_RENEW")
BUILT_IN: Final = (
    _area("wind", 3, ALL="WIND_ACTUAL", ROI="WIND_ACTUAL", NI="WIND_ACTUAL"),
    _area("solar", 3, ALL="SOLAR_ACTUAL", ROI="SOLAR_ACTUAL", NI="SOLAR_ACTUAL"),
    _area("demand", 3, ALL="SYSTEM_DEMAND", ROI="SYSTEM_DEMAND", NI="SYSTEM_DEMAND"),
    _area("interconnection", 3, **LINKS),
    _area("co2", 6, ALL="CO2_INTENSITY", ROI="CO2_INTENSITY", NI="CO2_INTENSITY"),
    _area("frequency", 3, ROI="SYS_FREQUENCY"),
    _area("snsp", 6, ALL="SNSP_ALL"),
    Area("generation", 6 * HOUR, tuple(Need(region, FUELS, SLOT) for region in ("ALL", "ROI", "NI"))),
    _area("system_generation", 3, ALL="GEN_EXP", ROI="GEN_EXP", NI="GEN_EXP"),
)
"""What is asked for when the catalogue cannot be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one run was told. A drill (the event overrides something) mails what it finds and leaves the state alone."""

    base_url: str
    guide_url: str
    topic: str
    bucket: str
    key: str
    namespace: str
    timeout: float
    staleness: timedelta | None
    daily: bool
    drill: bool

    @property
    def dimensions(self) -> list[dict[str, str]]:
        """Of the metric: another deployment's "all is well" is not this one's."""
        return [{"Name": "Deployment", "Value": name}] if (name := os.environ.get("DEPLOYMENT")) else []


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of an area: OK, STALE, DOWN or INCOMPLETE."""

    area: str
    kind: str
    why: str
    keys: frozenset[str] = frozenset()
    """What incidents are made of: the area when it is out, else each series that has no recent value."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """Who is likely at fault (a key of TO_DO), why, and whether that hits every area sooner or later."""

    who: str
    why: str
    general: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that was told to be wrong and not yet told to be over."""

    opened: datetime
    keys: frozenset[str]
    """What is still wrong of it."""
    told: frozenset[str]
    """All that was ever wrong of it."""
    general: bool
    again: bool
    """It came back within an hour of being told over: it is over once all has been well for an hour."""
    well_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A message, and which run is sending it since when."""

    subject: str
    body: str
    by: str = ""
    claimed: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What one run leaves for the next; `closed`: what was told to be over within the last hour."""

    incidents: tuple[Incident, ...] = ()
    closed: dict[str, datetime] = field(default_factory=dict)
    outbox: tuple[Mail, ...] = ()
    afresh: bool = False
    """What lay there could not be understood, and is replaced."""

    @property
    def keys(self) -> frozenset[str]:
        """All that is told to be wrong."""
        return frozenset().union(*(one.keys for one in self.incidents))


def handler(event: object, _context: object) -> dict[str, Any]:
    """One run, as Lambda starts it. `{"daily": true}` also puts the metric AllWell."""
    return run(event, clock=lambda: datetime.now(UTC), pause=time.sleep)


def run(event: object, *, clock: Callable[[], datetime], pause: Callable[[float], None]) -> dict[str, Any]:
    """One run; returns what it found. RuntimeError when somebody had to be told and could not be."""
    settings, now = read_settings(event), clock()
    store, api = Store(settings), Api(settings, pause)
    known = frozenset() if settings.drill else store.read()[0].keys
    areas, listed_by, status = api.first()
    sight = Sight(settings, now, probe(api, areas, known=known, now=now), status, partial=areas is BUILT_IN)
    told = drill(sight) if settings.drill else tell(sight, store)
    if settings.daily:
        well = {"MetricName": "AllWell", "Dimensions": settings.dimensions, "Value": 0.0 if sight.keys else 1.0}
        client("cloudwatch").put_metric_data(Namespace=settings.namespace, MetricData=[well])
    found = {one.area: {"state": one.kind, "why": one.why} for one in sight.findings}
    return {
        "checked_at": now.isoformat(),
        "base_url": settings.base_url,
        "listed_by": listed_by,
        "areas": found,
        **told,
    }


def read_settings(event: object) -> Settings:
    """The event over the environment; ValueError names what is wrong in one line."""
    given = event if isinstance(event, dict) else {}
    base_url = str(given.get("base_url") or _setting("BASE_URL")).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", base_url):
        raise ValueError(f"BASE_URL: got {base_url!r}; allowed: the address of the API, https://…")
    hours = given.get("staleness_hours", os.environ.get("STALENESS_HOURS") or None)
    return Settings(
        base_url=base_url,
        guide_url=os.environ.get("GUIDE_URL", "").rstrip("/") or f"{base_url}/guide",
        topic=_setting("SNS_TOPIC_ARN"),
        bucket=_setting("STATE_BUCKET"),
        key=_setting("STATE_KEY"),
        namespace=os.environ.get("METRIC_NAMESPACE") or "EirgridAirflow",
        timeout=_number("TIMEOUT", given.get("timeout", os.environ.get("TIMEOUT") or 5)),
        staleness=None if hours is None else _number("STALENESS_HOURS", hours) * HOUR,
        daily=given.get("daily") is True,
        drill=not given.keys().isdisjoint({"base_url", "staleness_hours", "timeout"}),
    )


def _setting(name: str) -> str:
    if value := os.environ.get(name, "").strip():
        return value
    raise ValueError(f"{name} is not set: give it to the function as an environment variable")


def _number(name: str, value: object) -> float:
    with suppress(ValueError):
        if 0 < (number := float(str(value))) < 1e6:
            return number
    raise ValueError(f"{name}: got {value!r}; allowed: a number above 0")


class OnTheSameHost(HTTPRedirectHandler):
    """Follows redirects to the same address or its https, ten at most."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """The request to send next; Fault when it would leave the host."""
        # urllib would read the body, however long it is.
        fp.close()
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (new.scheme, new.netloc) not in {(old.scheme, old.netloc), ("https", old.hostname)}:
            raise Fault(f"redirects elsewhere, to {newurl[:100]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


OPENER: Final = build_opener(ProxyHandler({}), OnTheSameHost())
"""One for all: each would read the certificates of the system."""


class Question(threading.Thread):
    """One GET under way. A server that trickles is left behind with its thread: the answer is then that it was late."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(daemon=True)
        self.url, self.seconds, self.ends = url, seconds, time.monotonic() + seconds
        self.found: bytes | Fault = Fault(f"no complete answer within {seconds:.1f} s")
        self.start()

    def answer(self) -> bytes | Fault:
        """The body, or why there is none."""
        self.join(max(0.0, self.ends - time.monotonic()))
        return self.found

    def run(self) -> None:
        """Ask; whatever goes wrong is the answer."""
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "eirgrid-healthcheck"}
        try:
            with OPENER.open(Request(self.url, headers=headers), timeout=self.seconds) as response:  # noqa: S310
                self.found = self._body(response)
        except Fault as fault:
            self.found = fault
        except (OSError, ValueError, HTTPException, zlib.error) as error:
            if time.monotonic() < self.ends:
                self.found = Fault(f"{type(error).__name__}: {error}".splitlines()[0][:200])

    def _body(self, response: Any) -> bytes:
        media = response.headers.get("Content-Type", "nothing")
        if response.status != 200 or "json" not in media:
            raise Fault(f"HTTP {response.status} with {media[:50]}, not 200 with JSON")
        unpacker = zlib.decompressobj(wbits=31) if response.headers.get("Content-Encoding") == "gzip" else None
        body = bytearray()
        while chunk := response.read1(65536):
            body += unpacker.decompress(chunk, LARGEST + 1 - len(body)) if unpacker else chunk
            if len(body) > LARGEST:
                raise Fault(f"more than {LARGEST:,} bytes")
            if time.monotonic() > self.ends:
                raise TimeoutError
        if response.length or (unpacker and not unpacker.eof):
            raise Fault("the answer breaks off")
        return bytes(body)


class Api:
    """Asks the API several questions at once, within the time that there is for all of them."""

    def __init__(self, settings: Settings, pause: Callable[[float], None]) -> None:
        self.settings, self.pause, self.ends = settings, pause, time.monotonic() + ASKING

    def first(self) -> tuple[tuple[Area, ...], str, bytes | Fault]:
        """The areas, where the list of them is from, and the answer of `/api/status`."""
        listed, status = self.ask(["catalogue", "status"], rounds=PROBES + 1)
        try:
            return with_built_in(understood(read_catalogue, listed)), "/api/catalogue", status
        except Fault as fault:
            return BUILT_IN, f"the built-in list, for want of /api/catalogue: {fault}", status

    def ask(self, names: Iterable[str], *, rounds: int) -> list[bytes | Fault]:
        """The answers of these, in this order; the time that is left is shared among so many rounds."""
        left = (self.ends - time.monotonic() - PAUSE * (rounds - 1)) / rounds
        seconds = min(self.settings.timeout, max(0.1, left))
        asked = [Question(f"{self.settings.base_url}/api/{quote(name, safe='')}", seconds) for name in names]
        return [one.answer() for one in asked]


def understood[T](read: Callable[[Any], T], answer: bytes | Fault) -> T:
    """What an answer says; Fault when there is none or it is not what it should be."""
    if isinstance(answer, Fault):
        raise answer
    try:
        return read(json.loads(answer))
    except MALFORMED as error:
        raise Fault(f"malformed answer ({type(error).__name__}: {error})"[:150]) from error


def read_catalogue(document: Any) -> tuple[Area, ...]:
    """The areas of `/api/catalogue`, which are never none."""
    if areas := tuple(_listed(one) for one in document["areas"]):
        return areas
    raise ValueError("no areas")


def with_built_in(listed: tuple[Area, ...]) -> tuple[Area, ...]:
    """These, and what is built in and not among them: a catalogue that has lost an area must not hide its end."""
    names = {one.name for one in listed}
    return (*listed, *(one for one in BUILT_IN if one.name not in names))


def _listed(area: Any) -> Area:
    """Each measured series is needed; of a snapshot's fields (fuels) any one, since a fuel may not run."""
    measured = [one for one in area["series"] if one["role"] != "forecast" and one["field"] not in WITHHELD]
    needs = [Need(one["region"], (one["field"],)) for one in measured if one["history"] != "snapshot"]
    for region in area["regions"]:
        own = tuple(one["field"] for one in measured if one["region"] == region and one["history"] == "snapshot")
        needs += [Need(region, own, SLOT)] if own else []
    return Area(str(area["area"]), timedelta(seconds=_number("alert_after_s", area["alert_after_s"])), tuple(needs))


def newest_of(summary: Any, area: Area, *, now: datetime) -> dict[Need, datetime | None]:
    """The newest value of each need that is not in the future; ValueError when this is another area's summary."""
    if summary["area"] != area.name:
        raise ValueError(f"this is {summary['area']!r}")
    found: dict[Need, datetime | None] = dict.fromkeys(area.needs)
    for block in summary["series"]:
        for need in (one for one in area.needs if one.region == block["region"] and block["field"] in one.fields):
            stamps = (instant(point["timestamp"]) for point in block["points"] if is_value(point))
            past = [min(stamp, now) for stamp in stamps if stamp <= now + need.ahead]
            found[need] = max([*past, *filter(None, [found[need]])], default=None)
    return found


def is_value(point: Any) -> bool:
    """Whether a slot has a measured value: a forecast is none."""
    value = point.get("actual", point.get("value"))
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def judge(area: Area, answer: bytes | Fault, *, limit: timedelta, now: datetime) -> Finding:
    """What one answer says of an area. One without needs (forecasts alone) has only to answer."""
    out = frozenset({area.name})
    try:
        newest = understood(lambda summary: newest_of(summary, area, now=now), answer)
    except Fault as fault:
        return Finding(area.name, "DOWN", str(fault), out)
    last = max(filter(None, newest.values()), default=None)
    if newest and (last is None or now - last > limit):
        age = f", {span(now - last)} ago" if last else " in the whole summary"
        return Finding(area.name, "STALE", f"newest value {both(last)}{age}; threshold {span(limit)}", out)
    missing = {
        f"{need.region} {'/'.join(need.fields)}": seen
        for need, seen in newest.items()
        # An area that stops as a whole does so within the hour: it is STALE a little later, and told once.
        if last and (seen is None or (now - seen > limit and last - seen > HOUR))
    }
    if not missing:
        return Finding(area.name, "OK", f"newest value {both(last)}")
    told = "; ".join(f"newest value of {series} {both(seen)}" for series, seen in missing.items())
    keys = frozenset(f"{area.name} {series}" for series in missing)
    return Finding(area.name, "INCOMPLETE", f"{told}; of the area {both(last)}; threshold {span(limit)}", keys)


def probe(api: Api, areas: Iterable[Area], *, known: frozenset[str], now: datetime) -> list[Finding]:
    """Ask for every area at once, and up to twice more for those whose answer is news."""
    seen: dict[Area, list[Finding]] = {area: [] for area in areas}
    for number in range(PROBES):
        asked = [area for area, found in seen.items() if verdict(found, known) is None]
        if number and asked:
            api.pause(PAUSE)
        answers = api.ask([area.name for area in asked], rounds=PROBES - number)
        for area, answer in zip(asked, answers, strict=True):
            seen[area].append(judge(area, answer, limit=api.settings.staleness or area.alert_after, now=now))
    return [finding for found in seen.values() if (finding := verdict(found, known))]


def verdict(found: list[Finding], known: frozenset[str]) -> Finding | None:
    """The first probe when it says what is known, else what two of three say; None: ask again."""
    if len(found) == 1:
        own = frozenset(key for key in known if key.split()[0] == found[0].area)
        out = found[0].area in found[0].keys & own
        return found[0] if out or found[0].keys == own else None
    wrong, well = [one for one in found if one.keys], [one for one in found if not one.keys]
    return wrong[-1] if len(wrong) > 1 else well[-1] if len(well) > 1 else None


@dataclass(frozen=True, slots=True)
class Sight:
    """All that one run saw."""

    settings: Settings
    now: datetime
    findings: list[Finding]
    status: bytes | Fault
    partial: bool = False
    """Whether areas of other sources may be missing, since the list is the built-in one."""

    @property
    def keys(self) -> frozenset[str]:
        """All that is wrong."""
        return frozenset().union(*(one.keys for one in self.findings))

    def about(self, keys: frozenset[str]) -> list[Finding]:
        """The findings that these are of."""
        return [one for one in self.findings if one.keys & keys]

    def suspect(self, about: list[Finding]) -> Suspect:
        """Who is likely at fault for these."""
        down = [one for one in self.findings if one.kind == "DOWN"]
        if self._most(len(down)):
            return Suspect("API", f"{len(down)} of {len(self.findings)} areas: {down[0].why}", general=True)
        if any(one.kind == "DOWN" for one in about):
            return Suspect("API", "it answers for other areas")
        try:
            return understood(lambda status: self._by_status(status, about), self.status)
        except Fault as fault:
            return Suspect("unknown", f"/api/status: {fault}")

    def _by_status(self, status: Any, about: list[Finding]) -> Suspect:
        if status["store"] != "ok":
            return Suspect("API", f"it says of its store: {status['store']}", general=True)
        ended = max((instant(cycle["ended_at"]) for cycle in status["last_cycle"].values()), default=None)
        if ended is None or self.now - ended > HOUR:
            return Suspect("pipeline", f"its last live run ended {both(ended)}", general=True)
        outcomes = {name: Counter(area["last_cycle"] or {}) for name, area in status["areas"].items()}
        empty = [counts for counts in outcomes.values() if not counts["stored"]]
        general = 2 * len(empty) > len(outcomes)
        counts = sum(empty if general else [outcomes[one.area] for one in about], Counter())
        seen = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "not asked for"
        why = f"outcomes of the last live run, {'most areas' if general else 'these areas'}: {seen}"
        if self._most(sum(one.kind == "STALE" for one in self.findings)) and not general:
            return Suspect("pipeline", f"the summaries lack what live runs store ({why})", general=True)
        ours = not counts or counts.keys() & {"our_error", "contract_broken", "lost"}
        return Suspect("pipeline" if ours else "upstream", why, general=general)

    def _most(self, some: int) -> bool:
        return 2 * some > len(self.findings)

    def opening(self, keys: frozenset[str], suspect: Suspect, *, again: bool = False) -> Mail:
        """The mail on these being wrong."""
        about, to = self.about(keys), self.settings
        kinds = sorted({one.kind for one in about})
        lines = [
            *(["This is a drill: somebody started the health check with settings of their own.", ""] * to.drill),
            f"{len(about)} of {len(self.findings)} areas are not well:",
            *(f"  {one.area}: {one.kind}; {one.why}" for one in about),
            "",
            f"Seen: {both(self.now)}",
            f"Suspected cause: {suspect.who}; {suspect.why}",
            *(["This hits every area sooner or later; areas that follow are not told one by one."] * suspect.general),
            f"What to do: {TO_DO[suspect.who]}",
            *(f"  {to.guide_url}/runbook/area-{kind.lower()}/" for kind in kinds),
            f"Dashboard: {to.base_url}/ui/",
            *(["It came back within an hour; it is over once all has been well for an hour."] * again),
            *(["The next mail on this says that it is over."] * (not to.drill)),
        ]
        subject = f"{'DRILL: ' * to.drill}Grid data {'/'.join(kinds)} (suspect: {suspect.who}): "
        return Mail(one_line(subject + ", ".join(one.area for one in about)), "\n".join(lines))

    def closing(self, incident: Incident) -> Mail:
        """The mail on an incident being over."""
        ended = incident.well_since or self.now
        names = dict.fromkeys(key.split()[0] for key in sorted(incident.told))
        lines = [
            f"Well again: {', '.join(sorted(incident.told))}.",
            "",
            f"Told: {both(incident.opened)}",
            f"Well since: {both(ended)}, {span(ended - incident.opened)} later",
            f"What is missing of that time, and why: {self.settings.base_url}/ui/completeness/",
        ]
        return Mail(one_line(f"Grid data OK again: {', '.join(names)}"), "\n".join(lines))


def decide(before: State, sight: Sight, *, by: str) -> State:
    """What is open after this run, and the mails it sends. All that is newly wrong in one run is one incident."""
    now, wrong = sight.now, sight.keys
    # Of an area that is out or was not asked for nobody can say what is missing: it stays as it was.
    seen = {one.area for one in sight.findings}
    wrong |= {key for key in before.keys if (area := key.split()[0]) in wrong or (sight.partial and area not in seen)}
    followed = [follow(one, wrong, wrong - before.keys, now=now) for one in before.incidents]
    mails = [sight.closing(one) for one in followed if not one.keys]
    going = [one for one in followed if one.keys]
    closed = {key: at for key, at in before.closed.items() if now - at < HOUR}
    if opened := wrong.difference(*(one.keys for one in going)):
        suspect, again = sight.suspect(sight.about(opened)), not opened.isdisjoint(closed)
        going.append(Incident(opened=now, keys=opened, told=opened, general=suspect.general, again=again))
        mails.append(sight.opening(opened, suspect, again=again))
    if before.afresh:
        mails = mails or [Mail("Grid data OK", "Every area is well.")]
        told = "\n\nThe record of open incidents could not be read and has been started afresh."
        mails = [replace(mail, body=mail.body + told) for mail in mails]
    closed |= {key: now for one in followed if not one.keys for key in one.told}
    others = [mail for mail in before.outbox if mail.claimed and now - mail.claimed <= CLAIM]
    own = [replace(mail, by=by, claimed=now) for mail in [*before.outbox, *mails] if mail not in others]
    return State(tuple(going), closed, (*others, *own))


def follow(incident: Incident, wrong: frozenset[str], new: frozenset[str], *, now: datetime) -> Incident:
    """An open incident after this run, over when no key is left. A general one takes in what follows it."""
    follows = incident.general and now - incident.opened <= FOLLOWING
    keys = ((incident.keys | new) if follows else incident.keys) & wrong
    well_since = None if keys or not incident.again else incident.well_since or now
    if incident.again and (well_since is None or now - well_since < HOUR):
        keys |= incident.keys
    return replace(incident, keys=keys, told=incident.told | keys, well_since=well_since)


def tell(sight: Sight, store: "Store") -> dict[str, Any]:
    """Decide, keep that, send, keep that it is sent; RuntimeError when somebody is left untold."""
    by = uuid.uuid4().hex
    state = store.change(lambda before: decide(before, sight, by=by))
    own = [mail for mail in state.outbox if mail.by == by]
    note = f"\n\nThe record of open incidents {store.trouble}: until it can, every run mails again." * bool(
        store.trouble
    )
    failed = {mail: fault for mail in own if (fault := publish(sight.settings, mail, note))}
    if own and not store.trouble:
        store.change(lambda before: replace(before, outbox=unsent(before.outbox, by=by, failed=failed)))
    if failed or (store.trouble and not own):
        raise RuntimeError(next(iter(failed.values()), f"the record of open incidents {store.trouble}"))
    going = [sorted(one.keys) for one in state.incidents]
    return {"mails": [mail.subject for mail in own], "open": going, "record": store.trouble or "kept"}


def unsent(outbox: Iterable[Mail], *, by: str, failed: Iterable[Mail]) -> tuple[Mail, ...]:
    """What is left in the outbox: other runs' mails, and those that failed, for whoever comes next."""
    return tuple(
        replace(mail, claimed=None) if mail in failed else mail for mail in outbox if mail.by != by or mail in failed
    )


def drill(sight: Sight) -> dict[str, Any]:
    """Mail what is wrong, if anything is, as a drill."""
    mails = [sight.opening(sight.keys, sight.suspect(sight.about(sight.keys)))] if sight.keys else []
    for fault in [fault for mail in mails if (fault := publish(sight.settings, mail, ""))]:
        raise RuntimeError(fault)
    return {"mails": [mail.subject for mail in mails], "drill": True}


@cache
def client(service: str) -> Any:
    """boto3's client, which gives up after a few seconds: the run must end."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    limits = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2})
    return boto3.client(service, config=limits)  # type: ignore[call-overload]


def publish(settings: Settings, mail: Mail, note: str) -> str:
    """Hand a mail to SNS; returns why that failed."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client("sns").publish(TopicArn=settings.topic, Subject=mail.subject, Message=mail.body + note)
    except (BotoCoreError, ClientError) as error:
        return f"nobody could be told of {mail.subject!r}: {error}"
    return ""


class Store:
    """The state in its S3 object, changed only by whoever has seen what it replaces."""

    def __init__(self, settings: Settings) -> None:
        self.at, self.s3 = {"Bucket": settings.bucket, "Key": settings.key}, client("s3")
        self.trouble = ""
        """Why it cannot be read or written; the run goes on as if nothing were known."""

    def read(self) -> tuple[State, dict[str, str]]:
        """The state, and the condition under which it may be replaced."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        self.trouble = ""
        try:
            found = self.s3.get_object(**self.at)
            text, etag = found["Body"].read(), {"IfMatch": found["ETag"]}
        except self.s3.exceptions.NoSuchKey:
            return State(), {"IfNoneMatch": "*"}
        except (BotoCoreError, ClientError, OSError) as error:
            self.trouble = f"cannot be read ({error})"
            return State(), {}
        try:
            return loaded(json.loads(text)), etag
        except MALFORMED:
            return State(afresh=True), etag

    def change(self, step: Callable[[State], State]) -> State:
        """Replace the state by what a step makes of it; a run that comes second looks again, and decides again."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        for _ in range(5):
            before, condition = self.read()
            after = step(before)
            if self.trouble or after == before:
                return after
            try:
                self.s3.put_object(**self.at, **condition, Body=dumped(after), ContentType="application/json")
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] in {409, 412}:
                    continue
                self.trouble = f"cannot be written ({error})"
            except BotoCoreError as error:
                self.trouble = f"cannot be written ({error})"
            return after
        self.trouble = "cannot be written (five other runs were first)"
        return after


def dumped(state: State) -> bytes:
    """A state as JSON."""
    parts = {name: part for name, part in asdict(state).items() if name != "afresh"}
    return json.dumps(parts, default=lambda one: one.isoformat() if isinstance(one, datetime) else sorted(one)).encode()


def loaded(parts: Any) -> State:
    """A state from JSON; one of MALFORMED when it is none."""
    incidents = [
        Incident(
            **one
            | {name: frozenset(map(str, one[name])) for name in ("keys", "told")}
            | {"opened": instant(one["opened"]), "well_since": one["well_since"] and instant(one["well_since"])}
        )
        for one in parts["incidents"]
    ]
    closed = {key: instant(at) for key, at in parts["closed"].items()}
    outbox = [Mail(**one | {"claimed": one["claimed"] and instant(one["claimed"])}) for one in parts["outbox"]]
    return State(tuple(incidents), closed, tuple(outbox))


def instant(text: str) -> datetime:
    """A moment that names its offset, in UTC."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} names no offset")
    return found.astimezone(UTC)


def both(moment: datetime | None) -> str:
    """A moment in UTC and as Irish clocks show it: IST from 01:00 UTC of March's last Sunday to that of October's."""
    if moment is None:
        return "never"
    ends = [datetime(moment.year, month, 31, 1, tzinfo=UTC) for month in (3, 10)]
    begins, stops = (end - timedelta(days=(end.weekday() + 1) % 7) for end in ends)
    irish = f"{moment + HOUR:%H:%M} IST" if begins <= moment < stops else f"{moment:%H:%M} GMT"
    return f"{moment:%Y-%m-%d %H:%M} UTC ({irish})"


def span(length: timedelta) -> str:
    """A length of time in hours and minutes."""
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes % 60 else f"{minutes // 60} h"


def one_line(text: str) -> str:
    """A subject as SNS takes it: up to 100 printable ASCII characters."""
    plain = re.sub(r"[^ -~]", "?", text)
    return plain if len(plain) <= 100 else plain[:97] + "..."
