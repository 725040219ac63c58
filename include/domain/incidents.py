"""Incidents: from what each cycle found wrong to two messages, one when it opens and one when it is over."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
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
        """Good cycles in a row until it is over: what comes and goes is one incident. A day's check counts at once."""
        return 1 if self is Cause.GAP_CHECK_FAILED else 2


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A trouble that goes on, told or not yet told."""

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
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """(source, area, cause): one incident each at a time."""
        return (self.source, self.area, self.cause.value)


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


def advance(
    known: Collection[Incident],
    troubles: Iterable[Trouble],
    *,
    source: str,
    judged: Collection[tuple[str, Cause]],
    run_after: datetime,
) -> tuple[list[Incident], list[Notice]]:
    """The incidents after one cycle of a source, and what to tell.

    `judged` are the areas and causes of which the cycle could see whether all is well: other incidents stay as they
    are, and so do those that have counted this cycle, or a later one.
    """
    found = {(source, one.area, one.cause.value): one for one in troubles}
    after: list[Incident] = []
    notices: list[Notice] = []
    for incident in known:
        trouble = found.pop(incident.key, None)
        if incident.source != source or run_after <= incident.counted:
            after.append(incident)
            continue
        if trouble is not None:
            now = replace(incident, failed=incident.failed + 1, good=0, counted=run_after, reason=trouble.reason)
        elif (incident.area, incident.cause) in judged:
            now = replace(incident, good=incident.good + 1, counted=run_after)
        else:
            now = incident
        _settle(now, trouble, after, notices)
    for trouble in found.values():
        begun = Incident(
            source=source,
            area=trouble.area,
            cause=trouble.cause,
            since=run_after,
            counted=run_after,
            failed=1,
            reason=trouble.reason,
        )
        _settle(begun, trouble, after, notices)
    return after, notices


def _settle(incident: Incident, trouble: Trouble | None, after: list[Incident], notices: list[Notice]) -> None:
    """Open it, close it, or keep counting."""
    units, of = (trouble.units, trouble.of) if trouble else (0, 0)
    if not incident.opened and incident.good:
        return
    if not incident.opened and incident.failed >= incident.cause.opens_after:
        incident = replace(incident, opened=True)
        notices.append(Notice(Event.OPENED, incident, incident.counted, units, of))
    if incident.opened and incident.good >= incident.cause.closes_after:
        notices.append(Notice(Event.CLOSED, incident, incident.counted))
        return
    after.append(incident)
