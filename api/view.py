"""What a page is asked to show: region, unit, time zone, and whether it stands in another site's page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from include.domain.calendar import to_local
from include.domain.catalogue import ALL, NI, ROI

REGIONS: Final = {ALL: "All-island", ROI: "Republic of Ireland", NI: "Northern Ireland"}
PANELS: Final = {
    "demand": "Demand",
    "wind": "Wind",
    "solar": "Solar",
    "met": "How demand is met",
    "interconnection": "Interconnectors",
    "co2": "CO2",
    "snsp": "SNSP",
    "frequency": "Frequency",
}
"""Charts, in the order in which they stand."""
ERRORS: Final = ("demand", "wind", "solar")
"""Those that show the error of their forecast below."""
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "region": tuple(REGIONS),
    "unit": ("MW", "GW"),
    "tz": ("Irish", "UTC"),
    "embed": tuple(PANELS),
}
MINUS: Final = "\N{MINUS SIGN}"


def utc(instant: datetime) -> str:
    """An instant as RFC 3339 text in UTC, to the second."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class View:
    """One page's choices; what is not allowed is named in `refused`, and the default stands."""

    region: str = ALL
    unit: str = "MW"
    tz: str = "Irish"
    embed: str | None = None
    given: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, given: Sequence[tuple[str, str]]) -> "View":
        """The view that a query asks for. Names that only the charts know are left to them."""
        chosen: dict[str, str] = {}
        refused = []
        for name, value in given:
            if name not in CHOICES:
                continue
            found = next((one for one in CHOICES[name] if one.lower() == value.lower()), None)
            if found is None:
                refused.append(f"{name}: got {value[:40]!r}; allowed: {', '.join(CHOICES[name])}")
            else:
                chosen[name] = found
        return cls(**chosen, given=tuple(given), refused=tuple(refused))

    def link(self, **changed: str) -> str:
        """The query of the same page with other choices."""
        kept = {name: value for name, value in self.given if name not in changed}
        return "?" + urlencode(kept | changed)

    def choices(self, name: str) -> list[tuple[str, str, bool]]:
        """(value, link, whether it is the chosen one)."""
        return [(one, self.link(**{name: one}), one == getattr(self, name)) for one in CHOICES[name]]

    @property
    def region_name(self) -> str:
        """What people call the region."""
        return REGIONS[self.region]

    def clock(self) -> Callable[[datetime], datetime]:
        """Puts an instant into the zone that times are shown in."""
        return (lambda instant: instant.astimezone(UTC)) if self.tz == "UTC" else to_local

    def time(self, instant: datetime, *, now: datetime) -> str:
        """`21:45 IST`, with the day in front of it when that is not today."""
        local, today = self.clock()(instant), self.clock()(now).date()
        year = "" if local.year == today.year else f" {local.year}"
        day = "" if local.date() == today else f"{local.day} {local:%b}{year}, "
        return f"{day}{local:%H:%M} {local.tzname()}"

    def number(self, value: float, unit: str, *, signed: bool = False) -> str:
        """A number as it is read, in the unit that `shown_unit` names."""
        if self._in_giga(unit):
            value, places = value / 1000, 2
        else:
            places = {"Hz": 2, "%": 1}.get(unit, 0)
        text = f"{abs(value):,.{places}f}"
        is_zero = not any(digit in "123456789" for digit in text)
        sign = "" if is_zero else MINUS if value < 0 else "+" if signed else ""
        return sign + text

    def shown_unit(self, unit: str) -> str:
        """The unit as it is shown: GW and GWh in place of MW and MWh where that is chosen."""
        words = {"gCO2/kWh": "g/kWh", "tCO2/h": "t/h"}
        return unit.replace("M", "G") if self._in_giga(unit) else words.get(unit, unit)

    def _in_giga(self, unit: str) -> bool:
        return self.unit == "GW" and unit in {"MW", "MWh"}
