"""The ledger of repairs: which days are being asked for again, how often that was done and when it is due again. Pure.

One JSON document per source, kept in an Airflow Variable. Days of which the same is to be said share an entry.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from include.domain.calendar import DAY, HOUR, days
from include.domain.errors import LedgerUnreadable

SCHEMA_VERSION: Final = 1
MAX_ENTRIES: Final = 2000
MAX_BYTES: Final = 256 * 1024
FIRST_COOLDOWN: Final = 6 * HOUR
LONGEST_COOLDOWN: Final = 2 * DAY
JITTER: Final = 0.2
"""A cooldown is up to this share shorter or longer, so that days that failed together do not come again together."""
LEAST_SPREAD: Final = 3 * DAY
"""Identical answers must lie this far apart before a day is given up."""


class DayKey(NamedTuple):
    """A day of an area and region."""

    area: str
    region: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What has been done about one day."""

    first_seen: datetime
    tries: int
    """DagRuns triggered for it."""
    run_id: str
    """The newest of them."""
    last_try: datetime
    next_try: datetime
    outcome: str = ""
    """What the newest came to; empty while that is not known."""
    answer: str = ""
    """What upstream last said, as an error class or the start of a digest; empty when it has said nothing."""
    same: int = 0
    """How many answers in a row were this one."""
    same_since: datetime | None = None

    @classmethod
    def asked(cls, known: "Entry | None", *, run_id: str, now: datetime) -> "Entry":
        """The entry once another DagRun is about to be triggered."""
        tries = known.tries + 1 if known else 1
        next_try = now + cooldown(run_id, tries)
        if known is None:
            return cls(first_seen=now, tries=1, run_id=run_id, last_try=now, next_try=next_try)
        return replace(known, tries=tries, run_id=run_id, last_try=now, next_try=next_try, outcome="")

    def found(self, outcome: str, *, answer: str | None, at: datetime) -> "Entry":
        """The entry once the outcome is known; `answer` is None when upstream did not answer."""
        if answer is None:
            return replace(self, outcome=outcome)
        if answer == self.answer:
            return replace(self, outcome=outcome, same=self.same + 1)
        return replace(self, outcome=outcome, answer=answer, same=1, same_since=at)

    def is_due(self, now: datetime) -> bool:
        """Whether it may be asked for again: the newest DagRun has ended and the cooldown has passed."""
        return bool(self.outcome) and now >= self.next_try

    def is_final(self, *, max_attempts: int) -> bool:
        """Whether upstream has said the same often enough, and for long enough, to be believed."""
        if self.same_since is None or self.same < max_attempts or not self.outcome:
            return False
        return self.last_try - self.same_since >= LEAST_SPREAD


Ledger = Mapping[DayKey, Entry]


def cooldown(run_id: str, tries: int) -> timedelta:
    """How long to wait after this many tries: doubled each time, up to two days; the jitter is the DagRun's own."""
    plain = min(FIRST_COOLDOWN * 2.0 ** min(tries - 1, 10), LONGEST_COOLDOWN)
    share = int.from_bytes(sha256(f"{run_id}/{tries}".encode()).digest()[:4], "big") / 2**32
    return plain * (1 + JITTER * (2 * share - 1))


def variable_name(source_id: str) -> str:
    """The Airflow Variable that holds a source's ledger."""
    return f"gap_ledger_{source_id}"


def fits(ledger: Ledger, source_id: str) -> bool:
    """Whether the text of the ledger keeps within its bounds."""
    entries = len(_joined(ledger))
    return entries <= MAX_ENTRIES and len(encode(ledger, source_id).encode()) <= MAX_BYTES


def encode(ledger: Ledger, source_id: str) -> str:
    """The text of the Variable: days in a row with equal entries share one."""
    opened = [
        {"area": key.area, "region": key.region, "first": str(key.day), "last": str(last), **_plain(entry)}
        for key, last, entry in _joined(ledger)
    ]
    # A line each, for the person who opens the Variable.
    lines = ",\n ".join(json.dumps(one) for one in opened)
    head = json.dumps({"gap_ledger": source_id, "schema_version": SCHEMA_VERSION})[:-1]
    return f'{head}, "open": [\n {lines}\n]}}' if opened else f'{head}, "open": []}}'


def decode(text: str | None, source_id: str) -> dict[DayKey, Entry]:
    """The ledger in the Variable; empty when there is none. LedgerUnreadable when it is no ledger of this source's."""
    if text is None:
        return {}
    try:
        document = json.loads(text)
        known = (document["gap_ledger"], document["schema_version"])
        opened = dict(_opened(document["open"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(text, source_id, f"{type(error).__name__}: {error}") from error
    if known != (source_id, SCHEMA_VERSION):
        raise _unreadable(text, source_id, f"gap_ledger {known[0]!r}, schema_version {known[1]!r}")
    return opened


def _unreadable(text: str, source_id: str, why: str) -> LedgerUnreadable:
    return LedgerUnreadable(
        f"Variable {variable_name(source_id)}: got {text[:60]!r} ({why}); allowed: what the gap check of {source_id}"
        " wrote there. Nothing was triggered and the Variable is as it was: mend it, or delete it to start with an"
        " empty ledger (guide: Repair a gap)"
    )


def _opened(listed: Any) -> Iterator[tuple[DayKey, Entry]]:
    if not isinstance(listed, list):
        raise TypeError(f"open is no list but {type(listed).__name__}")
    for one in listed:
        first, last = date.fromisoformat(one["first"]), date.fromisoformat(one["last"])
        if not timedelta() <= last - first < MAX_ENTRIES * DAY:
            raise ValueError(f"first {first}, last {last}")
        if not (isinstance(one["area"], str) and isinstance(one["region"], str)):
            raise TypeError(f"area {one['area']!r}, region {one['region']!r}")
        if int(one["tries"]) < 1 or int(one.get("same", 0)) < 0:
            raise ValueError(f"tries {one['tries']!r}, same {one.get('same')!r}")
        entry = Entry(
            first_seen=_instant(one["first_seen"]),
            tries=int(one["tries"]),
            run_id=str(one["run_id"]),
            last_try=_instant(one["last_try"]),
            next_try=_instant(one["next_try"]),
            outcome=str(one.get("outcome", "")),
            answer=str(one.get("answer", "")),
            same=int(one.get("same", 0)),
            same_since=_instant(one["same_since"]) if "same_since" in one else None,
        )
        for day in days(first, last):
            yield DayKey(one["area"], one["region"], day), entry


def _instant(text: str) -> datetime:
    # One without an offset is somebody's local time: astimezone would take it for this machine's.
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return instant


def _joined(ledger: Ledger) -> list[tuple[DayKey, date, Entry]]:
    """Days in a row of which the same is to be said: the first, the last day and what is to be said."""
    found: list[tuple[DayKey, date, Entry]] = []
    for key in sorted(ledger):
        entry = ledger[key]
        if found:
            first, last, known = found[-1]
            if key == first._replace(day=last + DAY) and entry == known:
                found[-1] = (first, key.day, known)
                continue
        found.append((key, key.day, entry))
    return found


def _plain(entry: Entry) -> dict[str, Any]:
    values = {one.name: getattr(entry, one.name) for one in fields(Entry)}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value not in (None, "", 0)
    }
