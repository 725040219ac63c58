"""The noise is what the model's statelessness rests on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dev.upstream.noise import hashed, normal, smooth, uniform

COUNTERS = np.arange(200_000, dtype=np.int64)


@given(st.integers(0, 10**6), st.integers(0, 2**40), st.integers(1, 50))
def test_a_number_depends_on_its_counter_alone(seed: int, first: int, length: int) -> None:
    counters = np.arange(first, first + length, dtype=np.int64)
    whole = hashed(seed, "stream", counters)
    apart = [hashed(seed, "stream", counters[place : place + 1])[0] for place in range(length)]
    assert whole.tolist() == apart


def test_uniform_fills_its_interval() -> None:
    drawn = uniform(1, "stream", COUNTERS)
    assert 0 <= drawn.min() < 0.001
    assert 0.999 < drawn.max() < 1
    assert abs(drawn.mean() - 0.5) < 0.005


def test_normal_and_smooth_have_mean_0_and_deviation_1() -> None:
    for drawn in (normal(1, "stream", COUNTERS), smooth(1, "stream", COUNTERS * 900, period=3600)):
        assert abs(drawn.mean()) < 0.02
        assert abs(drawn.std() - 1) < 0.02


def test_smooth_is_smooth() -> None:
    steps = np.diff(smooth(1, "stream", COUNTERS * 60, period=36_000))
    assert np.abs(steps).max() < 0.03


def test_seeds_and_streams_are_unrelated_even_a_few_steps_apart() -> None:
    base = normal(1, "stream", COUNTERS)
    for other in (normal(2, "stream", COUNTERS), normal(1, "other", COUNTERS)):
        for shift in range(-3, 4):
            assert abs(np.corrcoef(base, np.roll(other, shift))[0, 1]) < 0.02
