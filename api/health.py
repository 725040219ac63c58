"""What `/health` tells: the truth, per area."""

from datetime import datetime
from typing import Any

from api.summaries import Body, Summaries
from include.domain.series import Role


def health(summaries: Summaries, *, now: datetime) -> dict[str, Any]:
    """Status of the service and of each area.

    `ok`, `late` (a newer value is due) or `down` (past the alert threshold, or nothing at all). Points to come never
    count. `degraded` when the store cannot be read and the answer is from memory.
    """
    loaded = summaries.loaded
    areas = {name: _area(summaries.get(name), now=now) for name in summaries.areas}
    states = {one["status"] for one in areas.values()}
    worst = next((state for state in ("down", "late") if state in states), "ok")
    current = summaries.get("current")
    return {
        "status": "degraded" if loaded.error else worst,
        "feed": current.feed if current else None,
        "cached_at": loaded.cached_at.isoformat() if loaded.cached_at else None,
        "areas_loaded": sum(1 for name in areas if summaries.get(name)),
        "store": loaded.error or "ok",
        "areas": areas,
    }


def _area(body: Body | None, *, now: datetime) -> dict[str, Any]:
    document = body.document() if body else {"readings": []}
    measured = [one for one in document["readings"] if one["role"] != Role.FORECAST.value]
    if not measured:
        return {"status": "down", "newest": None, "expected_by": None}
    newest = max(measured, key=lambda one: one["timestamp"])
    age = now - datetime.fromisoformat(newest["timestamp"])
    due = datetime.fromisoformat(newest["stale_after"])
    status = "down" if age.total_seconds() > document["alert_after_s"] else "late" if now > due else "ok"
    return {"status": status, "newest": newest["timestamp"], "expected_by": newest["stale_after"]}
