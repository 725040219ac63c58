"""Waiting for a process on this machine, with an end to it."""

import time
from collections.abc import Callable

import requests


def until(reached: Callable[[], bool], what: str, *, seconds: float) -> None:
    """Return once `reached` is true; TimeoutError names `what` did not come. Answers that fail count as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if reached():
                return
        except (requests.RequestException, KeyError):
            pass
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
