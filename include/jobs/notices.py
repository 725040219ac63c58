"""The words of the alerts: what failed, since when, what to do, and where to look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from include.domain.calendar import IRELAND
from include.domain.incidents import ALL, QUIET, Cause, Event, Notice
from include.domain.readings import Feed
from include.storage.alerts import Message

SUBJECT_LENGTH: Final = 100
"""SNS takes no longer subject, and nothing but ASCII in it."""
REASON_LENGTH: Final = 600

_WHAT: Final = {
    Cause.CONTRACT_BROKEN: "upstream gave an answer of a shape that it never used before; nothing of it was stored",
    Cause.OUR_ERROR: "tasks failed for a reason of ours: the store, a setting, the code, or a worker that was lost",
    Cause.UPSTREAM_UNAVAILABLE: "upstream answered none of the requests, with every retry, for an hour",
    Cause.NOTHING_NEW: "upstream answers, but has given nothing new for longer than the alert threshold",
    Cause.EXPORT_FAILED: "the summaries that the API serves could not be written; it goes on serving the last ones",
    Cause.GAP_CHECK_FAILED: "the daily check for missing slots did not get through",
}
_WHAT_TO_DO: Final = {
    Cause.CONTRACT_BROKEN: "Look at the sample in the log of the failed task. Once the code knows the new shape, clear"
    " the failed tasks of the run: the same days are fetched again.",
    Cause.OUR_ERROR: "Read the log of the failed task, mend what it names, then clear the failed tasks of the run.",
    Cause.UPSTREAM_UNAVAILABLE: "Usually nothing: the cycles go on, and the gap check fetches what was missed. To try"
    " at once, clear the run.",
    Cause.NOTHING_NEW: "Compare with upstream's own page. What comes late is fetched by the next cycle; a hole that"
    " stays is asked for again by the gap check.",
    Cause.EXPORT_FAILED: "Read the log of the failed task, mend what it names, then clear it with downstream, or"
    " trigger the DAG export.",
    Cause.GAP_CHECK_FAILED: "Read the log of the failed task, mend what it names, then clear the run. Nothing is lost:"
    " the ledger keeps what was under way.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the run is that found it, and where a person can look."""

    dag_id: str
    run_id: str
    run_url: str = ""
    site: str = ""
    """Address of dashboard and guide."""
    feed: Feed = Feed.EIRGRID


def messages_of(notices: Iterable[Notice], place: Place, *, written: datetime, remark: str = "") -> list[Message]:
    """One message per event and cause: an outage of several areas at once is one piece of news."""
    grouped: dict[tuple[Event, Cause], list[Notice]] = {}
    for notice in notices:
        grouped.setdefault((notice.event, notice.incident.cause), []).append(notice)
    return [_message(together, place, written, remark) for together in grouped.values()]


def _message(together: Sequence[Notice], place: Place, written: datetime, remark: str) -> Message:
    first = together[0]
    names = sorted(notice.incident.area for notice in together)
    told = "; ".join(
        [first.event, first.incident.source, first.incident.cause, f"{first.at:%Y-%m-%dT%H:%M:%S}", *names]
    )
    named = first.incident.source if names == [ALL] else f"{first.incident.source} {', '.join(names)}"
    body = (_opened if first.event is Event.OPENED else _closed)(together, named, place)
    lines = [*body, *([remark] if remark else []), "", *_links(first.incident.cause, place)]
    return Message(told, written, _subject(first, named, place), "\n".join(lines))


def _subject(first: Notice, named: str, place: Place) -> str:
    marked = "" if place.feed is Feed.EIRGRID else f" ({place.feed.value} data)"
    over = "over: " if first.event is Event.CLOSED else ""
    subject = f"[grid]{marked} {over}{first.incident.cause.value.replace('-', ' ')}: {named}"
    plain = subject.encode("ascii", "replace").decode()
    return plain if len(plain) <= SUBJECT_LENGTH else plain[: SUBJECT_LENGTH - 3] + "..."


def _opened(together: Sequence[Notice], named: str, place: Place) -> list[str]:
    first = together[0].incident
    since = min(notice.incident.since for notice in together)
    return [
        f"{named}: {_WHAT[first.cause]}.",
        "",
        *(_failed(notice) for notice in together),
        "",
        f"Since:      {_time(since)}",
        f"What to do: {_WHAT_TO_DO[first.cause]}",
        f"Run:        {place.dag_id}, {place.run_id}",
        "",
        "This is sent once. Another message says when it is over.",
        *([f"It comes and goes: it is over once {QUIET} cycles in a row have gone well."] if first.closed else []),
    ]


def _failed(notice: Notice) -> str:
    counted = f"{notice.units} of {notice.of} units; " if notice.of else ""
    where = "" if notice.incident.area == ALL else f"{notice.incident.area}: "
    return f"  {where}{counted}{notice.incident.reason[:REASON_LENGTH]}"


def _closed(together: Sequence[Notice], named: str, place: Place) -> list[str]:
    since = min(notice.incident.since for notice in together)
    cycles = max(notice.incident.failed for notice in together)
    return [
        f"Over: {named} ({together[0].incident.cause.value.replace('-', ' ')}).",
        "",
        f"From:       {_time(since)}",
        f"Until:      {_time(together[0].at)}, when {_good(together[0])} had gone well",
        f"Failed:     {cycles} {'cycle' if cycles == 1 else 'cycles'}",
        f"Run:        {place.dag_id}, {place.run_id}",
    ]


def _good(notice: Notice) -> str:
    count = notice.incident.good_enough
    return "one cycle" if count == 1 else f"{count} cycles in a row"


def _time(instant: datetime) -> str:
    local = instant.astimezone(IRELAND)
    return f"{instant:%Y-%m-%d %H:%M} UTC ({local:%Y-%m-%d %H:%M} Irish time, UTC+{local.utcoffset()!s:.4})"


def _links(cause: Cause, place: Place) -> list[str]:
    links = {"This run": place.run_url}
    if place.site:
        site = place.site.rstrip("/")
        links |= {"Runbook": f"{site}/guide/runbook/{cause.value}/", "Dashboard": f"{site}/ui/"}
        links |= {"Status": f"{site}/ui/status/", "Completeness": f"{site}/ui/completeness/"}
    return [f"{name + ':':<14}{url}" for name, url in links.items() if url]
