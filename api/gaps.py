"""`/api/gaps` with filters: the report as it was written, less what was not asked for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from api.problems import Problem
from api.query import instant, listed, only_known
from include.domain.calendar import irish_day
from include.domain.catalogue import AREAS
from include.domain.gaps import State, share

PARAMETERS: Final = ("area", "region", "state", "start", "end")
REGIONS: Final = ("ALL", "ROI", "NI")

Row = Mapping[str, Any]


def filtered(report: Row, given: Sequence[tuple[str, str]], *, now: datetime) -> dict[str, Any]:
    """The gaps of these areas, regions and states that touch the range; Problem when a filter is not allowed."""
    values = only_known(given, PARAMETERS)
    wanted = chosen(values, [row["area"] for row in report.get("series", [])])
    states = listed(values, "state", [state.value for state in State])
    start, end = limits(values, now=now)
    _inside(report.get("window"), start, end, values)

    def touches(gap: Row) -> bool:
        first, last = datetime.fromisoformat(gap["first"]), datetime.fromisoformat(gap["last"])
        return (end is None or first < end) and (start is None or last >= start)

    found = {**report, "filters": dict(values)}
    found["gaps"] = [gap for gap in report["gaps"] if wanted(gap) and gap["state"] in states and touches(gap)]
    if "series" in report:
        found["series"] = [row for row in report["series"] if wanted(row)]
        whole = start is None and end is None
        for name in ("expected", "known"):
            found[name] = sum(row[name] for row in found["series"]) if whole else None
        # Of a part of the window it stands in `days` only.
        found["completeness"] = share(found["known"], found["expected"]) if whole else None
    if "days" in report:
        found["days"] = _days(report["days"], wanted, start, end)
    return found


def chosen(values: Mapping[str, str], more: Sequence[str]) -> Callable[[Row], bool]:
    """Whether a row is of the areas and regions asked for; Problem when no area has any of the regions."""
    served = {area.name: area.regions for area in AREAS}
    areas = listed(values, "area", tuple(dict.fromkeys([*served, *more])))
    regions = listed(values, "region", REGIONS)
    if not any(set(served.get(name, REGIONS)) & set(regions) for name in areas):
        there = "; ".join(f"{name}: {', '.join(served[name])}" for name in areas)
        raise Problem.parameter("region", ",".join(regions), there, status=422)
    return lambda row: row["area"] in areas and row["region"] in regions


def limits(values: Mapping[str, str], *, now: datetime) -> tuple[datetime | None, datetime | None]:
    """`start` and `end`; Problem when the one is not before the other."""
    start = instant("start", values["start"], UTC, now=now) if "start" in values else None
    end = instant("end", values["end"], UTC, now=now) if "end" in values else None
    if start is not None and end is not None and end <= start:
        raise Problem.parameter("end", values["end"], f"an instant after start, {values['start']}", status=422)
    return start, end


def _inside(window: Row | None, start: datetime | None, end: datetime | None, values: Mapping[str, str]) -> None:
    """Problem when nothing of the range was checked: no gaps there would be no news."""
    if window is None:
        return
    first, last = (datetime.fromisoformat(window[name]) for name in ("start", "end"))
    allowed = f"the time that was checked, {window['start']} to {window['end']}"
    if start is not None and start >= last:
        raise Problem.parameter("start", values["start"], allowed, status=422)
    if end is not None and end <= first:
        raise Problem.parameter("end", values["end"], allowed, status=422)


def _days(days: Row, wanted: Callable[[Row], bool], start: datetime | None, end: datetime | None) -> dict[str, Any]:
    """The matrix, of the Irish days and series asked for."""
    first = irish_day(start).isoformat() if start else ""
    last = irish_day(end).isoformat() if end else "9"
    kept = [index for index, day in enumerate(days["dates"]) if first <= day <= last]
    rows = [
        {**row, "completeness": [row["completeness"][index] for index in kept]} for row in days["series"] if wanted(row)
    ]
    return {"dates": [days["dates"][index] for index in kept], "series": rows}
