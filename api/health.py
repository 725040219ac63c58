"""What `/health` and `/api/status` tell: the truth, per area."""

from datetime import datetime, timedelta
from typing import Any

from api.summaries import Summaries, Summary
from include.domain.catalogue import ATTRIBUTION
from include.domain.series import Role
from include.storage.keys import SCHEMA_VERSION


def health(summaries: Summaries, *, now: datetime) -> dict[str, Any]:
    """Status of the service and of each area.

    `ok`, `late` (a newer value is due) or `down` (past the alert threshold, or nothing at all). Points to come never
    count. `degraded` when the store cannot be read and the answer is from memory.
    """
    loaded = summaries.loaded
    areas = {name: _area(summaries.get(name), now=now) for name in summaries.areas}
    states = {one["status"] for one in areas.values()}
    worst = next((state for state in ("down", "late") if state in states), "ok")
    return {
        "schema_version": SCHEMA_VERSION,
        "attribution": ATTRIBUTION,
        "status": "degraded" if loaded.error and worst != "down" else worst,
        "feed": summaries.feed,
        "cached_at": loaded.cached_at.isoformat() if loaded.cached_at else None,
        "areas_loaded": sum(1 for name in areas if summaries.get(name)),
        "store": loaded.error or ("ok" if loaded.bodies else "nothing has been exported to it yet"),
        "areas": areas,
    }


def status(summaries: Summaries, *, now: datetime) -> dict[str, Any]:
    """`health`, with the age of each area's newest slot and what the last live run did for it."""
    found = health(summaries, now=now)
    cycles = summaries.loaded.cycles
    by_area = {name: one for cycle in cycles.values() for name, one in cycle["areas"].items()}
    for name, area in found["areas"].items():
        newest = area["newest"]
        area["age_s"] = int((now - datetime.fromisoformat(newest)).total_seconds()) if newest else None
        area["last_cycle"] = by_area.get(name)
    last = {source: {part: cycle[part] for part in ("run_after", "ended_at")} for source, cycle in cycles.items()}
    return {"now": now.isoformat(timespec="seconds"), **found, "last_cycle": last}


def state(now: datetime, *, stale_after: datetime, down_after: datetime) -> str:
    """`ok`; `late` once a newer value is due; `down` past the alert threshold."""
    return "down" if now > down_after else "late" if now > stale_after else "ok"


def _area(summary: Summary | None, *, now: datetime) -> dict[str, Any]:
    head = summary.head if summary else {"readings": []}
    measured = [one for one in head["readings"] if one["role"] != Role.FORECAST.value]
    if not measured:
        return {"status": "down", "newest": None, "expected_by": None}
    newest = max(measured, key=lambda one: one["timestamp"])
    down_after = datetime.fromisoformat(newest["timestamp"]) + timedelta(seconds=head["alert_after_s"])
    word = state(now, stale_after=datetime.fromisoformat(newest["stale_after"]), down_after=down_after)
    return {"status": word, "newest": newest["timestamp"], "expected_by": newest["stale_after"]}
