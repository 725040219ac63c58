"""The summary of the last days as slots: what the pages draw their numbers, trends and tables from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from include.domain.catalogue import CYCLE
from include.domain.series import Role


@dataclass(frozen=True, slots=True)
class Track:
    """One series of the summary: element k of `values` is of the slot `start` + k × `step`."""

    start: datetime
    step: timedelta
    values: list[float | None]

    def slots(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, float | None]]:
        """Slots and values of a half-open range; what lies outside of the track has no value."""
        offset = -((self.start - start) // self.step)
        slot = self.start + offset * self.step
        while slot < end:
            yield slot, self.at(slot)
            slot += self.step

    def at(self, slot: datetime) -> float | None:
        """The value of a slot; None when it has none."""
        index, rest = divmod(slot - self.start, self.step)
        return self.values[index] if not rest and 0 <= index < len(self.values) else None


@dataclass(frozen=True, slots=True)
class Recent:
    """The parsed summary `recent`."""

    document: Mapping[str, Any]

    @property
    def as_of(self) -> datetime | None:
        """The newest time of a reading."""
        newest = self.document["current"]["as_of"]
        return datetime.fromisoformat(newest) if newest else None

    def readings(self, area: str, region: str) -> list[dict[str, Any]]:
        """The newest readings of an area's region."""
        found = self.document["current"]["readings"]
        return [one for one in found if (one["area"], one["region"]) == (area, region)]

    def reading(self, area: str, region: str, field: str) -> dict[str, Any] | None:
        """The newest reading of a series."""
        return next((one for one in self.readings(area, region) if one["field"] == field), None)

    def track(self, area: str, region: str, field: str, *, role: Role = Role.VALUE) -> Track | None:
        """One series; None when the summary has no slot of it."""
        for block in self.document["areas"].get(area, {}).get("series", ()):
            if (block["region"], block["field"]) == (region, field) and block["start"]:
                values = block["columns"].get(role.value)
                if values is not None:
                    # A block of one slot says no step.
                    step = timedelta(seconds=block["step_s"]) if block["step_s"] else CYCLE
                    return Track(datetime.fromisoformat(block["start"]), step, values)
        return None

    def alert_after(self, area: str) -> timedelta:
        """How old the newest reading may be before the area is down."""
        return timedelta(seconds=self.document["areas"][area]["alert_after_s"])

    def gaps(self, area: str, region: str, field: str) -> list[dict[str, Any]]:
        """What the last gap check found of a series."""
        key = (area, region, field)
        return [gap for gap in self.document["gaps"]["gaps"] if (gap["area"], gap["region"], gap["field"]) == key]
