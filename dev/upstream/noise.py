"""Noise that is a function of (seed, stream, instant): asking twice gives the same number, in any order.

Hash: splitmix64 (Steele, Lea and Flood 2014) of a counter. A stream is a name; each has noise of its own.
"""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@cache
def _offset(seed: int, stream: str) -> int:
    """Where a stream begins; hashed, because neighbouring offsets would be one stream a step apart."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=8).digest())


def hashed(seed: int, stream: str, counters: Ints) -> NDArray[np.uint64]:
    """64 hashed bits for each counter."""
    x = counters.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(_offset(seed, stream))
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)


def uniform(seed: int, stream: str, counters: Ints) -> Floats:
    """Evenly spread over [0, 1)."""
    return np.asarray((hashed(seed, stream, counters) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def normal(seed: int, stream: str, counters: Ints) -> Floats:
    """Nearly normal, mean 0 and deviation 1: the sum of four 16-bit parts of one hash, within ±3.5."""
    bits = hashed(seed, stream, counters)
    total = np.zeros(len(counters))
    for shift in (0, 16, 32, 48):
        total += (bits >> np.uint64(shift)) & np.uint64(0xFFFF)
    return np.asarray((total / 65536.0 - 2.0) * np.sqrt(3.0), dtype=np.float64)


def smooth(seed: int, stream: str, instants: Ints, *, period: int) -> Floats:
    """Nearly normal noise that changes over `period` seconds: hashed knots, blended to a deviation of 1."""
    knot, rest = np.divmod(instants, period)
    share = rest / period
    weight = share * share * (3.0 - 2.0 * share)
    blend = normal(seed, stream, knot) * (1.0 - weight) + normal(seed, stream, knot + 1) * weight
    return np.asarray(blend / np.sqrt((1.0 - weight) ** 2 + weight**2), dtype=np.float64)
