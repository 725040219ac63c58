"""When a slot's value appears upstream: a hashed lag, so that a slot is always as late (API.md 5.2)."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dev.upstream.irish_time import DAY, QUARTER, local_seconds, seconds
from dev.upstream.noise import Ints, uniform

_BATCH = 30


def published_at(seed: int, field: str, region: str, instants: Ints) -> Ints:
    """Epoch seconds at which each slot's value can first be read; later slots are never published earlier."""
    if field == "SYS_FREQUENCY":
        batch = instants // _BATCH
        late = 5 + 20 * uniform(seed, f"lag/{field}", batch)
        return np.asarray((batch + 1) * _BATCH + late, dtype=np.int64)
    # The links of one slot come together, whichever region is asked.
    stream = "interconnection" if field.startswith("INTER_") else f"{field}/{region}"
    lag = uniform(seed, f"lag/{stream}", instants // QUARTER)
    if field == "SNSP_ALL":
        return np.asarray(instants + 30 + lag * (2 * QUARTER - 60), dtype=np.int64)
    least = QUARTER if field.startswith("CO2") else 0
    return np.asarray(instants + least + 30 + lag * (QUARTER - 60), dtype=np.int64)


def horizon(now: datetime) -> int:
    """Wall-clock stamp of the midnight that ends tomorrow: forecasts stop before it."""
    return (local_seconds(now) // DAY + 2) * DAY


def is_published(seed: int, field: str, region: str, instants: Ints, now: datetime) -> NDArray[np.bool_]:
    """Whether each slot of an actual series can be read at `now`."""
    return np.asarray(published_at(seed, field, region, instants) <= seconds(now), dtype=np.bool_)
