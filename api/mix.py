"""Where the power comes from: how demand is met at the newest slot, and the fuel mix over the last 24 hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.health import state
from api.recent import Recent
from api.tiles import NET, Tiles
from api.trend import bar
from include.domain.catalogue import ALL, CYCLE, FUELS, NI, ROI, series

GREENLINK: Final = "All-island net import leaves out Greenlink, as EirGrid's fuel mix does."
TIE: Final = "Net import of a jurisdiction has the North-South tie in it, and leaves out Greenlink."
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mix."""

    key: str
    """What its colour hangs on."""
    name: str
    value: float
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Mix:
    """The parts of one moment, in the order in which they are drawn."""

    parts: Sequence[Part]
    slot: datetime
    unit: str
    stale_after: datetime
    down_after: datetime
    whole: float
    """What a part's share is of."""
    of: str
    """The same in words."""

    def state(self, now: datetime) -> str:
        """`ok`, `late` or `down`."""
        return state(now, stale_after=self.stale_after, down_after=self.down_after)

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """(key, start, width) in per cent of all that is above zero."""
        return bar((part.key, part.value) for part in self.parts)

    def share(self, part: Part) -> float | None:
        """Per cent of the whole; below zero for what flows out; None of nothing."""
        return part.value / self.whole * 100 if self.whole else None


def met_now(tiles: Tiles) -> Mix | None:
    """Demand of the newest slot that has all of them, by where it comes from; MW."""
    region = tiles.view.region
    net = tiles.recent.track("interconnection", region, NET[region])
    if net is None:
        return None
    for slot, found in reversed(tiles.common_slots):
        flow = net.at(slot)
        if flow is None:
            continue
        tie = tiles.north_south(slot)
        parts = [
            Part("wind", "Wind", found["wind"]),
            Part("solar", "Solar", found["solar"]),
            Part("import" if flow >= 0 else "export", "Net import" if flow >= 0 else "Net export", flow),
        ]
        name = "Remainder"
        if tie is not None:
            other = "Northern Ireland" if region == ROI else "the Republic"
            parts.append(Part("tie", f"{'From' if tie >= 0 else 'To'} {other}", tie, derived=True))
        elif region != ALL:
            name = "Remainder, and North-South"
        rest = found["demand"] - sum(part.value for part in parts)
        demand = series("demand", region, "SYSTEM_DEMAND")
        return Mix(
            [*parts, Part("rest", name, rest, derived=True)],
            slot,
            "MW",
            stale_after=demand.stale_after(slot, cycle=CYCLE),
            down_after=slot + tiles.recent.alert_after("demand"),
            whole=found["demand"],
            of="of demand",
        )
    return None


def fuel_mix(recent: Recent, region: str) -> Mix | None:
    """Energy by fuel over the 24 hours up to its time; MWh. A fuel that is absent is absent, not zero."""
    readings = recent.readings("generation", region)
    if not readings:
        return None
    by_field = {one["field"]: one for one in readings}
    order = ["FUEL_RENEW", "FUEL_NET_IMPORT", *sorted(set(FUELS) - {"FUEL_RENEW", "FUEL_NET_IMPORT"}, reverse=True)]
    parts = [
        Part(field.removeprefix("FUEL_").lower().replace("_", "-"), FUELS[field], by_field[field]["value"])
        for field in order
        if field in by_field
    ]
    stale = min(datetime.fromisoformat(one["stale_after"]) for one in readings)
    slot = datetime.fromisoformat(readings[0]["timestamp"])
    return Mix(
        parts,
        slot,
        "MWh",
        stale_after=stale,
        down_after=slot + recent.alert_after("generation"),
        whole=sum(part.value for part in parts if part.value > 0),
        of="of the sum",
    )


def note_on_imports(region: str) -> str:
    """What the fuel mix's net import has in it."""
    return {ALL: GREENLINK, ROI: TIE, NI: TIE}[region]


def mean_power(part: Part) -> float:
    """MW over the 24 hours."""
    return part.value / HOURS
