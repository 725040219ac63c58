"""The last 24 hours as a table, for who cannot or will not look at charts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.recent import Recent, Track
from api.tiles import NET
from api.view import View
from include.domain.calendar import floor_slot
from include.domain.catalogue import ALL, ROI
from include.domain.series import Role

HOUR: Final = timedelta(hours=1)
NO_VALUE: Final = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """A head of (name, unit), and a row of time and numbers for each hour, the newest first."""

    head: list[tuple[str, str]]
    rows: list[tuple[datetime, list[str]]]


def hours(recent: Recent, view: View, now: datetime) -> Table:
    """The values of the slots at each full hour of the last 24, as they are stored; no means."""
    region = view.region
    columns: list[tuple[str, str, Track | None]] = [
        ("Demand", "MW", recent.track("demand", region, "SYSTEM_DEMAND", role=Role.ACTUAL)),
        ("Wind", "MW", recent.track("wind", region, "WIND_ACTUAL", role=Role.ACTUAL)),
        ("Solar", "MW", recent.track("solar", region, "SOLAR_ACTUAL", role=Role.ACTUAL)),
        ("Net import", "MW", recent.track("interconnection", region, NET[region])),
        ("CO2 intensity", "gCO2/kWh", recent.track("co2", region, "CO2_INTENSITY")),
        ("CO2 emissions", "tCO2/h", recent.track("co2", region, "CO2_EMISSIONS")),
        ("SNSP, all-island", "%", recent.track("snsp", ALL, "SNSP_ALL")),
        ("Frequency, mean of 15 min", "Hz", recent.track("frequency", ROI, "SYS_FREQUENCY")),
    ]
    newest = floor_slot(now, HOUR)
    rows = []
    for back in range(24):
        slot = newest - back * HOUR
        values = [(track.at(slot) if track else None, unit, name) for name, unit, track in columns]
        cells = [
            NO_VALUE if value is None else view.number(value, unit, signed=name == "Net import")
            for value, unit, name in values
        ]
        rows.append((slot, cells))
    return Table([(name, view.shown_unit(unit)) for name, unit, _ in columns], rows)
