"""Hold what happened against what was planned."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.domain.calendar import DAY, midnight
from include.domain.readings import Outcome, Unit
from include.domain.series import Area
from include.jobs.result import UnitResult


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a run needs a person."""

    counts: dict[str, int]
    """How many units ended with each outcome."""
    faults: list[str]
    """What is wrong, a sentence each; empty: nothing."""


def reconcile(
    units: Sequence[Unit],
    results: Iterable[UnitResult],
    *,
    areas: Iterable[Area],
    now: datetime,
    strict: bool,
) -> Verdict:
    """Judge a run. A strict one must have had every answer; a live one may lose some to upstream."""
    by_label = {result.label: result for result in results}
    lost = [unit.label for unit in units if unit.label not in by_label]
    done = [by_label[unit.label] for unit in units if unit.label in by_label]
    faults = [f"{label}: its task ended without a result; see its log" for label in lost]
    bad = {Outcome.UPSTREAM_UNAVAILABLE} if strict else set()
    faults += [
        f"{result.label}: {result.outcome} ({result.message})"
        for result in done
        if result.outcome.is_ours or result.outcome in bad
    ]
    faults += _refused(areas, done) if strict else _silent(areas, units, done, now=now)
    counts = Counter(result.outcome.value for result in done) + Counter({"lost": len(lost)})
    return Verdict(dict(counts), faults)


def unanswered(units: Sequence[Unit], results: Iterable[UnitResult]) -> str:
    """`8 of 43 units unanswered: wind 6, demand NI 2`; empty when upstream answered for all."""
    silent = {result.label for result in results if result.outcome is Outcome.UPSTREAM_UNAVAILABLE}
    lacking = [unit.partition for unit in units if unit.label in silent]
    if not lacking:
        return ""
    parts = []
    for area in dict.fromkeys(partition.area for partition in lacking):
        planned = {unit.partition.region for unit in units if unit.partition.area == area}
        by_region = Counter(partition.region for partition in lacking if partition.area == area)
        if set(by_region) == planned:
            parts.append(f"{area} {by_region.total()}")
        else:
            parts += [f"{area} {region} {count}" for region, count in by_region.items()]
    return f"{len(lacking)} of {len(units)} units unanswered: {', '.join(parts)}"


def _refused(areas: Iterable[Area], done: list[UnitResult]) -> Iterable[str]:
    """Areas of which upstream refused every unit: each is served in some region, so it is us that it refuses."""
    for area in areas:
        own = [result for result in done if result.area == area.name]
        if own and all(result.outcome is Outcome.UNSUPPORTED for result in own):
            yield f"{area.name}: upstream refused every request ({own[0].message})"


def _silent(areas: Iterable[Area], units: Sequence[Unit], done: list[UnitResult], *, now: datetime) -> Iterable[str]:
    for area in areas:
        planned = [unit for unit in units if unit.partition.area == area.name]
        own = [result for result in done if result.area == area.name]
        if seen := silence(area, planned, own, now=now):
            yield f"{area.name}: {seen}"


def silence(area: Area, units: Sequence[Unit], done: Sequence[UnitResult], *, now: datetime) -> str:
    """What is said of an area with nothing new for longer than its alert threshold; empty while there is.

    Without any value within that, silence is counted from the run's first day, and a day of it is enough.
    """
    if not done:
        return ""
    newest = [datetime.fromisoformat(result.newest) for result in done if result.newest]
    last = max(newest, default=midnight(min(unit.first for unit in units)))
    if now - last <= (area.alert_after if newest else min(area.alert_after, DAY)):
        return ""
    seen = "nothing newer than" if newest else "no value since"
    return f"{seen} {last:%Y-%m-%d %H:%M} UTC; alert threshold {area.alert_after}"
