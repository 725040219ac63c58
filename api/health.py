"""What `/health` tells: the truth, per area."""

from datetime import datetime
from typing import Any

from api.summaries import Summaries
from include.domain.catalogue import AREAS
from include.domain.series import Area, Role


def health(summaries: Summaries, *, now: datetime) -> dict[str, Any]:
    """Status of the service and of each area.

    `ok`, `late` (a newer value is due) or `down` (past the alert threshold, or nothing at all). Points to come never
    count. `degraded` when the store cannot be read and the answer is from memory.
    """
    loaded = summaries.loaded
    areas = {area.name: _area(area, summaries, now=now) for area in AREAS}
    states = {one["status"] for one in areas.values()}
    worst = next((state for state in ("down", "late") if state in states), "ok")
    current = summaries.get("current")
    return {
        "status": "degraded" if loaded.error else worst,
        "feed": current.feed if current else None,
        "cached_at": loaded.cached_at.isoformat() if loaded.cached_at else None,
        "areas_loaded": sum(1 for area in AREAS if summaries.get(area.name)),
        "store": loaded.error or "ok",
        "areas": areas,
    }


def _area(area: Area, summaries: Summaries, *, now: datetime) -> dict[str, Any]:
    body = summaries.get(area.name)
    readings = body.document()["readings"] if body else []
    measured = [one for one in readings if one["role"] != Role.FORECAST.value]
    if not measured:
        return {"status": "down", "newest": None, "expected_by": None}
    newest = max(measured, key=lambda one: one["timestamp"])
    slot = datetime.fromisoformat(newest["timestamp"])
    due = datetime.fromisoformat(newest["stale_after"])
    status = "down" if now - slot > area.alert_after else "late" if now > due else "ok"
    return {"status": status, "newest": newest["timestamp"], "expected_by": newest["stale_after"]}
