"""The page of current values, rendered on the server."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, select_autoescape

from include.domain.calendar import to_local

FOLDER: Final = Path(__file__).resolve().parent / "templates"
REGIONS: Final = {"ALL": "All-island", "ROI": "Republic of Ireland", "NI": "Northern Ireland"}
TILES: Final = (
    ("Demand", "demand", "SYSTEM_DEMAND"),
    ("Wind", "wind", "WIND_ACTUAL"),
    ("Solar", "solar", "SOLAR_ACTUAL"),
    ("Net import", "interconnection", "INTER_NET"),
    ("CO2 intensity", "co2", "CO2_INTENSITY"),
    ("CO2 emissions", "co2", "CO2_EMISSIONS"),
    ("SNSP", "snsp", "SNSP_ALL"),
    ("Frequency", "frequency", "SYS_FREQUENCY"),
)

_templates = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(), trim_blocks=True)


def current_page(document: dict[str, Any] | None, *, now: datetime) -> str:
    """HTML of the newest readings; says so when there are none yet."""
    readings = document["readings"] if document else []
    return _templates.get_template("current.html").render(
        document=document,
        regions=REGIONS,
        tiles=[_tile(title, area, field, readings) for title, area, field in TILES],
        fuels=[one for one in readings if one["area"] == "generation"],
        now=now,
        stale=lambda reading: datetime.fromisoformat(reading["stale_after"]) < now,
        irish=_irish,
        number=_number,
    )


def _tile(title: str, area: str, field: str, readings: list[dict[str, Any]]) -> dict[str, Any]:
    own = [one for one in readings if one["area"] == area and one["field"].startswith(field)]
    return {"title": title, "readings": {one["region"]: one for one in own}}


def _irish(timestamp: str) -> str:
    """Irish wall-clock time with its zone: `21:45 GMT`."""
    local = to_local(datetime.fromisoformat(timestamp))
    return f"{local:%H:%M} {local.tzname()}"


def _number(value: float, unit: str) -> str:
    return f"{value:,.2f}" if unit == "Hz" else f"{value:,.1f}" if unit == "%" else f"{value:,.0f}"
