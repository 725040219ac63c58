"""System frequency in Hz at five-second instants: one synchronous system, so one series for every region."""

import numpy as np

from dev.upstream.noise import Floats, Ints, normal, smooth, uniform

STEP = 5


def frequency(seed: int, instants: Ints) -> Floats:
    """About 49.93 to 50.07 Hz; one value in some four thousand is missing, as in the published samples."""
    swing = (
        0.017 * smooth(seed, "frequency/minutes", instants, period=200)
        + 0.012 * smooth(seed, "frequency/swing", instants, period=35)
        + 0.004 * normal(seed, "frequency/sample", instants // STEP)
    )
    lost = uniform(seed, "frequency/lost", instants // STEP) < 0.00025
    return np.where(lost, np.nan, 50.0 + swing)
