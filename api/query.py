"""What `/api/{area}` is asked for: parameters become a checked question, or a problem that says what is allowed.

400 for what can never be right, 422 for what is well formed but lies outside of the data, or does not go together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from api.problems import Problem
from include.domain.calendar import DAY, IRELAND, Interval
from include.domain.catalogue import HISTORY_START
from include.domain.series import Area, Role, Series

ZONES: Final[dict[str, tzinfo]] = {"UTC": UTC, "Europe/Dublin": IRELAND}
DEFAULT_DAYS: Final = 30
AHEAD: Final = timedelta(days=400)
"""How far to come `end` may lie: whoever wants all of a year asks for the first day of the next."""
NATIVE_FINE: Final = timedelta(hours=25)
"""The longest range of 5-second values: an Irish day, also in October."""
FINE: Final = timedelta(minutes=1)


class Format(StrEnum):
    """How the answer is written."""

    JSON = "json"
    COLUMNS = "columns"
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


class Resolution(StrEnum):
    """How long the buckets are that values are put together in."""

    NATIVE = "native"
    QUARTER = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1M"

    @property
    def width(self) -> timedelta | None:
        """The length of its buckets; None for slots as they are, and for those that follow the calendar."""
        return _WIDTHS.get(self)


_WIDTHS: Final = {
    Resolution.QUARTER: timedelta(minutes=15),
    Resolution.HALF_HOUR: timedelta(minutes=30),
    Resolution.HOUR: timedelta(hours=1),
}

PARAMETERS: Final = ("region", "start", "end", "resolution", "fields", "format", "tz", "derived")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A range of some series of one area."""

    area: Area
    series: tuple[Series, ...]
    span: Interval
    resolution: Resolution
    format: Format
    tz: str
    derive: bool
    """Whether withheld and missing values are worked out from other series."""

    @property
    def zone(self) -> tzinfo:
        """The zone that times are written in, and that days, weeks and months follow."""
        return ZONES[self.tz]

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions asked for."""
        return tuple(dict.fromkeys(one.region for one in self.series))


def read_question(area: Area, given: Sequence[tuple[str, str]], *, now: datetime) -> Question:
    """The question that these query parameters put; Problem when one of them is not allowed."""
    values = only_known(given, PARAMETERS)
    tz = choice(values, "tz", ZONES, default="UTC")
    chosen = tuple(_series(area, values))
    span = _span(values, ZONES[tz], now=now)
    return Question(
        area=area,
        series=chosen,
        span=span,
        resolution=_resolution(values, chosen, span),
        format=Format(choice(values, "format", list(Format), default=Format.JSON)),
        tz=tz,
        derive=choice(values, "derived", ("true", "false"), default="true") == "true",
    )


def only_known(given: Sequence[tuple[str, str]], known: Sequence[str]) -> dict[str, str]:
    """Parameters by name; lists given more than once are joined. Problem for one that there is not."""
    values: dict[str, str] = {}
    for name, value in given:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise Problem(
                400,
                "Unknown parameter",
                f"{name[:40]!r} is no parameter of this path; allowed: {allowed}",
                parameter=name[:40],
                value=value[:60],
                allowed_values=list(known),
            )
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def choice(values: Mapping[str, str], name: str, allowed: Sequence[str] | Mapping[str, object], *, default: str) -> str:
    """One of a few values."""
    value = values.get(name, default)
    if value not in allowed:
        raise Problem.parameter(name, value, [str(one) for one in allowed])
    return value


def listed(values: Mapping[str, str], name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """Some of several values, separated by commas, in any case; all of them when none is given."""
    if name not in values:
        return tuple(allowed)
    by_case = {one.casefold(): one for one in allowed}
    asked = [one.strip() for one in values[name].split(",")]
    for one in asked:
        if one.casefold() not in by_case:
            raise Problem.parameter(name, one, allowed)
    return tuple(dict.fromkeys(by_case[one.casefold()] for one in asked))


def instant(name: str, text: str, zone: tzinfo, *, now: datetime) -> datetime:
    """A date, or an RFC 3339 instant with its offset, in the time that this API knows of; a date is its midnight."""
    first, last = datetime(HISTORY_START.year, 1, 1, tzinfo=UTC), now + AHEAD
    allowed = (
        "a date such as 2026-11-25 or an instant with its offset, such as 2026-11-25T12:00:00Z,"
        f" {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    )
    try:
        # In a query string a plus is a blank.
        found = _parsed(text.upper().replace(" ", "+", 1) if "T" in text.upper() else text, zone)
    except (ValueError, OverflowError):
        raise Problem.parameter(name, text, allowed) from None
    if not first - DAY <= found <= last:
        raise Problem.parameter(name, text, allowed, status=422)
    return found


def _parsed(text: str, zone: tzinfo) -> datetime:
    if len(text) == len("2026-11-25"):
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no offset")
    return found.astimezone(UTC)


def _span(values: Mapping[str, str], zone: tzinfo, *, now: datetime) -> Interval:
    """Half-open; by default thirty days, with tomorrow's forecasts."""
    today = now.astimezone(zone).date()
    end = instant("end", values.get("end", (today + 2 * DAY).isoformat()), zone, now=now)
    before = (end.astimezone(zone) - DEFAULT_DAYS * DAY).date()
    usual = min(before, today - (DEFAULT_DAYS - 1) * DAY) if "end" not in values else before
    start = instant("start", values.get("start", usual.isoformat()), zone, now=now)
    if end <= start:
        shown = values.get("end") or f"{end:%Y-%m-%d} (its default)"
        allowed = f"an instant after start, {start:%Y-%m-%dT%H:%M:%SZ}; the range ends before it"
        raise Problem.parameter("end", shown, allowed, status=422)
    return Interval(start, end)


def _series(area: Area, values: Mapping[str, str]) -> list[Series]:
    regions = listed(values, "region", area.regions)
    mine = [one for one in area.series if one.region in regions]
    roles = [role.value for role in (Role.ACTUAL, Role.FORECAST) if any(one.role is role for one in area.series)]
    fields = listed(values, "fields", [*dict.fromkeys(one.field for one in area.series), *roles])
    for name in fields if "fields" in values else ():
        if not any(name in {one.field, one.role.value} for one in mine):
            held = dict.fromkeys(one.field for one in mine)
            raise Problem.parameter("fields", name, f"of {', '.join(regions)}: {', '.join(held)}", status=422)
    return [one for one in mine if one.field in fields or one.role.value in fields]


def _resolution(values: Mapping[str, str], series: Sequence[Series], span: Interval) -> Resolution:
    fine = any(one.cadence < FINE for one in series)
    usual = Resolution.QUARTER if fine else Resolution.NATIVE
    found = Resolution(choice(values, "resolution", list(Resolution), default=usual))
    if found is Resolution.NATIVE and fine and span.end - span.start > NATIVE_FINE:
        others = ", ".join(one for one in Resolution if one is not Resolution.NATIVE)
        allowed = f"{others}; native (5-second values) for a range of up to a day"
        raise Problem.parameter("resolution", "native", allowed, status=422)
    return found
