"""`make bench`: each figure beside the least that could be done, and beside the same done plainly or on less."""

import os
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bench import api, browser, freshness, showcase
from bench.store import fill

LAST = date(2026, 10, 31)
MONTH = LAST - timedelta(days=30)


def main(
    years: Annotated[int, typer.Option(help="How much history the large store has.")] = 10,
    repeats: Annotated[int, typer.Option(help="How often each figure is taken.")] = 5,
    folder: Annotated[Path | None, typer.Option(help="Where the stores are kept between two runs.")] = None,
) -> None:
    """Gap scans, the API and the dashboard; for a scan also the most memory of its process."""
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            _run(Path(made), years=years, repeats=repeats)
    else:
        _run(folder, years=years, repeats=repeats)


def _run(folder: Path, *, years: int, repeats: int) -> None:
    first = date(LAST.year - years, 11, 1)
    large, small = folder / f"{years}-years", folder / "31-days"
    print(f"filling {large.name} and {small.name} from the simulated feed …", flush=True)
    fill(large, first, LAST)
    fill(small, MONTH, LAST)
    asked = {
        "31 days, store of 31 days": ("scan", small, MONTH),
        f"31 days, store of {years} years": ("scan", large, MONTH),
        f"{years} years": ("scan", large, first),
        f"{years} years: count(*) over the same files": ("count", large, first),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
    for _ in range(repeats):
        for name, one in asked.items():
            taken[name].append(_once(*one))
    print(f"{'gap scan':<44} {'median s':>9} {'least':>7} {'most':>7} {'MB':>6}   ({os.cpu_count()} cores)")
    for name, figures in taken.items():
        seconds = [one for one, _ in figures]
        told = (statistics.median(seconds), min(seconds), max(seconds), max(memory for _, memory in figures))
        print(f"{name:<44} {told[0]:>9.2f} {told[1]:>7.2f} {told[2]:>7.2f} {told[3]:>6.0f}")
    medians = [statistics.median(one for one, _ in figures) for figures in taken.values()]
    print(f"31 days, by the size of the store: {medians[1] / medians[0]:.2f} x")
    print(f"{years} years, by the limit: {medians[2] / medians[3]:.1f} x")
    served = folder / f"{years}-years-served"
    fill(served, first, LAST, fine_since=MONTH)
    showcase.export(served, now=showcase.NOW)
    api.run(served, repeats=repeats)
    shown = folder / f"{years}-years-shown"
    showcase.build(shown, first=first)
    browser.run(shown, repeats=repeats)
    freshness.run()


def _once(what: str, store: Path, first: date) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.gap_scan", what, str(store), str(first), str(LAST)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


if __name__ == "__main__":
    typer.run(main)
