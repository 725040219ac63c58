"""`/api/gaps` with filters: the report as it was written, less what was not asked for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from api.query import instant, listed, only_known
from include.domain.catalogue import AREAS
from include.domain.gaps import State

PARAMETERS: Final = ("area", "region", "state", "start", "end")
REGIONS: Final = ("ALL", "ROI", "NI")


def filtered(report: dict[str, Any], given: Sequence[tuple[str, str]], *, now: datetime) -> dict[str, Any]:
    """The gaps of these areas, regions and states that touch the range; Problem when a filter is not allowed."""
    values = only_known(given, PARAMETERS)
    names = dict.fromkeys([*(area.name for area in AREAS), *(row["area"] for row in report.get("series", []))])
    areas = listed(values, "area", tuple(names))
    regions = listed(values, "region", REGIONS)
    states = listed(values, "state", [state.value for state in State])
    start = instant("start", values["start"], UTC, now=now) if "start" in values else None
    end = instant("end", values["end"], UTC, now=now) if "end" in values else None

    def wanted(row: dict[str, Any]) -> bool:
        return row["area"] in areas and row["region"] in regions

    def touches(gap: dict[str, Any]) -> bool:
        first, last = datetime.fromisoformat(gap["first"]), datetime.fromisoformat(gap["last"])
        return (end is None or first < end) and (start is None or last >= start)

    found = dict(report)
    found["filters"] = dict(values)
    found["gaps"] = [gap for gap in report["gaps"] if wanted(gap) and gap["state"] in states and touches(gap)]
    if "series" in report:
        found["series"] = [row for row in report["series"] if wanted(row)]
    if "days" in report:
        days = report["days"]
        found["days"] = days | {"series": [row for row in days["series"] if wanted(row)]}
    return found
