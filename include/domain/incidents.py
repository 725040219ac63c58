"""Incidents: from what each cycle found wrong to two messages, one when it opens and one when it is over."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why somebody is told; each has a page of its own in the guide's runbook."""

    CONTRACT_BROKEN = "contract-broken"
    """An answer of a shape that upstream never used."""
    OUR_ERROR = "our-error"
    """A fault of the store, a setting, the code, or a task that was lost."""
    UPSTREAM_UNAVAILABLE = "upstream-unavailable"
    """No unit of the area had an answer."""
    NOTHING_NEW = "nothing-new"
    """Upstream answers, but gives nothing newer for longer than the area's alert threshold."""
    EXPORT_FAILED = "export-failed"
    """Summaries that the API serves could not be written."""
    GAP_CHECK_FAILED = "gap-check-failed"
    """The daily check for holes did not get through."""

    @property
    def opens_after(self) -> int:
        """Failed cycles in a row until somebody is told."""
        return 4 if self is Cause.UPSTREAM_UNAVAILABLE else 1

    @property
    def closes_after(self) -> int:
        """Good cycles in a row until it is over. A day's check counts at once."""
        return 1 if self is Cause.GAP_CHECK_FAILED else 2


COMES_BACK: Final = timedelta(hours=6)
"""What opens again within this long of being over comes and goes: it is then over only after `QUIET` good cycles."""
QUIET: Final = 24


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one cycle found wrong in one area."""

    area: str
    cause: Cause
    reason: str
    """What was seen, a sentence."""
    units: int = 0
    """How many units failed for it."""
    of: int = 0
    """How many units of the area there were."""
    regions: tuple[str, ...] = ()
    """Those of the units that failed; none: the area as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A trouble that goes on, told or not yet told, or that was over a short while ago."""

    source: str
    area: str
    cause: Cause
    since: datetime
    """`run_after` of the first cycle that had it."""
    counted: datetime
    """`run_after` of the newest cycle that was counted: a cleared run counts once."""
    failed: int
    """Failed cycles in a row; once it is open, in all."""
    good: int = 0
    """Good cycles since the newest failed one."""
    opened: bool = False
    closed: datetime | None = None
    """When the one before this was over, if that was a short while ago."""
    reason: str = ""
    regions: tuple[str, ...] = ()
    """Every one must be seen to be well before it is over; none: the area as a whole."""

    @property
    def key(self) -> tuple[str, str, str]:
        """(source, area, cause): one incident each at a time."""
        return (self.source, self.area, self.cause.value)

    @property
    def good_enough(self) -> int:
        """Good cycles in a row until it is over."""
        return QUIET if self.closed is not None else self.cause.closes_after


class Event(StrEnum):
    """What a message is about."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to be sent."""

    event: Event
    incident: Incident
    at: datetime
    """`run_after` of the cycle that decided it."""
    units: int = 0
    of: int = 0


ALL: Final = "all"
"""In the place of an area, for what concerns every one."""


Seen = Mapping[tuple[str, Cause], Collection[str]]
"""By area and cause of which a cycle could see whether all is well: the regions that it saw."""


def advance(
    known: Collection[Incident], troubles: Iterable[Trouble], *, source: str, seen: Seen, run_after: datetime
) -> tuple[list[Incident], list[Notice]]:
    """The incidents after one cycle of a source, and what to tell.

    Incidents that the cycle could not see stay as they are, and so do those that have counted it, or a later one.
    """
    found = {(source, one.area, one.cause.value): one for one in troubles}
    after: list[Incident] = []
    notices: list[Notice] = []
    for incident in known:
        trouble = found.pop(incident.key, None)
        if incident.source != source or run_after <= incident.counted:
            after.append(incident)
        else:
            _settle(_counted(incident, trouble, seen, run_after=run_after), trouble, after, notices)
    for trouble in found.values():
        begun = Incident(
            source=source, area=trouble.area, cause=trouble.cause, since=run_after, counted=run_after, failed=0
        )
        _settle(_counted(begun, trouble, seen, run_after=run_after), trouble, after, notices)
    return after, notices


def _counted(incident: Incident, trouble: Trouble | None, seen: Seen, *, run_after: datetime) -> Incident:
    """The incident with one more cycle."""
    if trouble is not None:
        anew = not incident.opened and not incident.failed
        return replace(
            incident,
            since=run_after if anew else incident.since,
            counted=run_after,
            failed=incident.failed + 1,
            good=0,
            reason=trouble.reason,
            regions=tuple(sorted({*incident.regions, *trouble.regions})),
            closed=None if anew and not _lately(incident, run_after) else incident.closed,
        )
    regions = seen.get((incident.area, incident.cause))
    if regions is None or not set(incident.regions) <= set(regions):
        return incident
    return replace(incident, good=incident.good + 1, counted=run_after)


def _settle(incident: Incident, trouble: Trouble | None, after: list[Incident], notices: list[Notice]) -> None:
    """Open it, close it, forget it, or keep counting."""
    units, of = (trouble.units, trouble.of) if trouble else (0, 0)
    if not incident.opened and incident.good:
        incident = replace(incident, failed=0, regions=())
    if not incident.opened and incident.failed >= incident.cause.opens_after:
        incident = replace(incident, opened=True)
        notices.append(Notice(Event.OPENED, incident, incident.counted, units, of))
    if incident.opened and incident.good >= incident.good_enough:
        notices.append(Notice(Event.CLOSED, incident, incident.counted))
        incident = replace(incident, opened=False, failed=0, good=0, regions=(), closed=incident.counted)
    if incident.opened or incident.failed or _lately(incident, incident.counted):
        after.append(incident)


def _lately(incident: Incident, now: datetime) -> bool:
    """Whether it was over so short a while ago that it comes and goes."""
    return incident.closed is not None and now - incident.closed < COMES_BACK
