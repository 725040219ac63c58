"""What a cycle found wrong in each area, for the alerts: from the results of its units."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.domain.incidents import Cause, Trouble
from include.domain.readings import Outcome, Unit
from include.domain.series import Area
from include.jobs.reconcile import silence
from include.jobs.result import UnitResult

_OURS = {Outcome.CONTRACT_BROKEN: Cause.CONTRACT_BROKEN, Outcome.OUR_ERROR: Cause.OUR_ERROR}


@dataclass(frozen=True, slots=True)
class Found:
    """What a cycle can say."""

    troubles: list[Trouble]
    seen: dict[tuple[str, Cause], set[str]]
    """By area and cause of which it could see whether all is well: the regions that answered."""


def troubles_of(units: Sequence[Unit], results: Iterable[UnitResult], *, areas: Iterable[Area], now: datetime) -> Found:
    """Judge every area that was planned. Upstream loses one request in nine: only an area without any answer counts."""
    by_label = {result.label: result for result in results}
    found = Found([], {})
    for area in areas:
        own = [unit for unit in units if unit.partition.area == area.name]
        done = [by_label[unit.label] for unit in own if unit.label in by_label]
        if not own:
            continue
        found.troubles.extend(_of_area(area, own, done, now=now))
        # What nobody answered for says nothing of what an answer would have shown.
        answered = {unit.partition.region for unit in own if _answered(by_label.get(unit.label))}
        if answered:
            found.seen.update(dict.fromkeys(((area.name, cause) for cause in Cause), answered))
    return found


def _answered(result: UnitResult | None) -> bool:
    return result is not None and result.outcome not in {Outcome.UPSTREAM_UNAVAILABLE, Outcome.OUR_ERROR}


def _of_area(area: Area, own: list[Unit], done: list[UnitResult], *, now: datetime) -> Iterator[Trouble]:
    for outcome, cause in _OURS.items():
        bad = [result for result in done if result.outcome is outcome]
        labels = {result.label for result in bad}
        if cause is Cause.OUR_ERROR:
            labels |= {unit.label for unit in own} - {result.label for result in done}
        if labels:
            told = f"{bad[0].label}: {bad[0].message}" if bad else "its task ended without a result; see its log"
            regions = tuple(sorted({unit.partition.region for unit in own if unit.label in labels}))
            yield Trouble(area.name, cause, told, len(labels), len(own), regions)
    gone = [result for result in done if result.outcome is Outcome.UPSTREAM_UNAVAILABLE]
    if gone and len(gone) == len(own):
        yield Trouble(area.name, Cause.UPSTREAM_UNAVAILABLE, f"{gone[0].label}: {gone[0].message}", len(gone), len(own))
    elif silent := silence(area, own, done, now=now):
        yield Trouble(area.name, Cause.NOTHING_NEW, silent, len(own), len(own))
