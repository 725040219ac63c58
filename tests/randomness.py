"""Random numbers for tests: the same in each `make test`, different in each `make test-all`, which prints its seed."""

import os
import random
from typing import Final

SEED_VARIABLE: Final = "GRID_TEST_SEED"
"""Set by `make test-all`; `make test-all SEED=…` repeats a run."""


def run_seed() -> int | None:
    """The seed of this run; None where random tests repeat themselves."""
    text = os.environ.get(SEED_VARIABLE, "")
    return int(text) if text else None


def random_of(number: int) -> random.Random:
    """A generator of its own for each number: always the same one, or one of this run's seed."""
    seed = run_seed()
    return random.Random(number if seed is None else f"{seed} {number}")
