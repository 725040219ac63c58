"""What a measurement gives: samples taken in turns, ratios between them, and the goals they are held against."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

OURS: Final = "ours"
LIMIT: Final = "limit"
PLAIN: Final = "plain"
MEMORY: Final = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
"""Where stores are measured, since a disk's own time is nobody's; None: where temporary folders are made."""


@dataclass(frozen=True)
class Goal:
    """Some values, one a round, whose median must lie within a bound."""

    name: str
    values: Sequence[float]
    most: float | None = None
    least: float | None = None
    unit: str = "×"

    @property
    def median(self) -> float:
        """The value that is judged."""
        return statistics.median(self.values)

    def bound(self, slack: float = 1.0) -> float:
        """The bound, this many times more generous."""
        return self.most * slack if self.most is not None else (self.least or 0.0) / slack

    def met(self, slack: float = 1.0) -> bool:
        """Whether the median lies within the bound. A count is exact: it has no slack."""
        if self.most is not None:
            return self.median <= self.bound(1.0 if self.unit == "count" else slack)
        return self.median >= self.bound(slack)


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was done, the samples of each way to do it, and the goals."""

    work: str
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By way (`ours`, `limit`, `plain`): a value for each round, in the same order."""
    unit: str = "ms"
    goals: tuple[Goal, ...] = ()
    note: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Where the time of one of ours goes, in the figure's unit."""

    def document(self) -> dict[str, Any]:
        """For the JSON file."""
        return {
            "work": self.work,
            "unit": self.unit,
            "samples": {name: list(values) for name, values in self.samples.items()},
            "goals": [
                {
                    "name": goal.name,
                    "unit": goal.unit,
                    "values": list(goal.values),
                    "median": goal.median,
                    "most": goal.most,
                    "least": goal.least,
                    "met": goal.met(),
                }
                for goal in self.goals
            ],
            "note": self.note,
            "parts": dict(self.parts),
        }


def by_limit(samples: Mapping[str, Sequence[float]], *, most: float) -> Goal:
    """At most so many times the limit."""
    return Goal("of the limit", ratios(samples[OURS], samples[LIMIT]), most=most)


def faster_than_plain(samples: Mapping[str, Sequence[float]], *, least: float) -> Goal:
    """At least so many times as fast as the plain version."""
    return Goal("faster than plain", ratios(samples[PLAIN], samples[OURS]), least=least)


def spelled(years: int) -> str:
    """A number of years, as one says it."""
    return "1 year" if years == 1 else f"{years} years"


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Of each round."""
    return [one / other for one, other in zip(above, below, strict=True)]


def in_turns[T](ways: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Each way once a round, one after the other, so that what the machine does besides meets all of them."""
    taken: dict[str, list[T]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            taken[name].append(way())
    return taken


def in_process(module: str, *arguments: object, environment: Mapping[str, str] | None = None) -> Any:
    """What `python -m module …` prints, as JSON: memory and imports of one measurement are not another's."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=os.environ | dict(environment or {}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def most_memory() -> float:
    """The most memory that this process has had so far, in MB.

    Linux only: `getrusage` gives a child what its parent had before it started it.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024
