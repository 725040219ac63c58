"""The folder of CSV files that the shared deployment has as its second source."""

from datetime import datetime, timedelta
from typing import Final

SIMULATED_NOW: Final = "2026-11-22T20:07:00Z"
START: Final = datetime.fromisoformat("2026-11-21T00:00:00Z")
SLOTS: Final = [START + number * timedelta(minutes=15) for number in range(300)]
ELAPSED: Final = [slot for slot in SLOTS if slot <= datetime.fromisoformat(SIMULATED_NOW)]


def rows(first: int) -> list[tuple[object, ...]]:
    """ROI counts up from `first`; NI counts down, with a null in every fourth slot."""
    return [
        (slot.isoformat(), first + place, "" if place % 4 == 0 else first - place) for place, slot in enumerate(SLOTS)
    ]
