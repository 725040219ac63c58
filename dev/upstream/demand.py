"""Demand of both jurisdictions, in MW, for UTC instants: growth, season, week, day and weather."""

import numpy as np

from dev.upstream.irish_time import HOUR, to_local
from dev.upstream.noise import Floats, Ints, smooth
from dev.upstream.weather import Pair, winter, years

_HOURS = (0, 2, 4, 5.5, 7, 8.5, 10, 13, 15.5, 17.5, 19.5, 22, 24)
_DAY_SHAPE = (0.88, 0.81, 0.785, 0.80, 0.94, 1.08, 1.12, 1.12, 1.10, 1.19, 1.14, 1.02, 0.88)
_WEEK_HOURS = (0, 6, 18, 114, 126, 138, 150, 162, 168)
"""Hours since Monday 00:00; the weekend sets in through Saturday's small hours and ends through Monday's."""
_WEEK_SHAPE = (0.95, 1.02, 1.02, 1.02, 0.97, 0.96, 0.93, 0.93, 0.95)


def _hour_of_week(stamps: Ints) -> Floats:
    return np.asarray((stamps + 72 * HOUR) % (168 * HOUR) / HOUR, dtype=np.float64)


def _shape(instants: Ints, *, swing: float) -> Floats:
    """Relative to the mean: people follow the clock on the wall, and winter evenings are the peak."""
    week = _hour_of_week(to_local(instants))
    hour = week % 24
    season = winter(instants)
    evening = 0.06 * np.clip(season, 0, None) * np.exp(-(((hour - 18) / 1.6) ** 2))
    day = 1 + swing * (np.interp(hour, _HOURS, _DAY_SHAPE) - 1 + evening)
    weekly = 1 + swing * (np.interp(week, _WEEK_HOURS, _WEEK_SHAPE) - 1)
    return np.asarray(day * weekly * (1 + 0.085 * swing * season), dtype=np.float64)


def demand(seed: int, instants: Ints) -> Pair:
    """MW. The Republic grows by some 75 MW a year; the North stands still and swings more over a day."""
    cold = 0.02 * smooth(seed, "demand/weather", instants, period=70 * HOUR)

    def jitter(region: str) -> Floats:
        return 0.007 * smooth(seed, f"demand/{region}/hours", instants, period=3 * HOUR) + 0.003 * smooth(
            seed, f"demand/{region}/slot", instants, period=900
        )

    roi = np.interp(years(instants), [2014, 2027], [2980, 3960])
    return Pair(
        roi * _shape(instants, swing=1.0) * (1 + cold + jitter("roi")),
        830 * _shape(instants, swing=1.5) * (1 + cold + 1.5 * jitter("ni")),
    )
