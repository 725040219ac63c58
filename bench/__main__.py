"""`make bench`: each figure beside the least that could be done, and beside what one would write first."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

import typer

from bench import (
    airflow_run,
    api,
    browser,
    cycle,
    export,
    fetch,
    freshness,
    gap_scan,
    load,
    merge,
    parse,
    ranges,
    report,
)
from bench import growth as growing
from bench.figures import MEMORY, Figure
from bench.showcase import NOW, build
from bench.showcase import export as export_all
from bench.store import LAST, MONTH, fill
from dev.stack import ROOT

OUT: Final = ROOT / ".local" / "bench"
SLACK: Final = 3.0
"""How much more generous the floors of a quick run are than the goals: it shares its machine."""
SLOWED: Final = frozenset({"merge", "cycle"})
"""What `--slowed` slows down."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    years: int
    fine_days: int
    rounds: int
    seconds: int
    """Of each server under load."""


FULL: Final = Size(years=10, fine_days=31, rounds=5, seconds=4)
QUICK: Final = Size(years=1, fine_days=5, rounds=2, seconds=1)


@dataclass(frozen=True)
class Bench:
    """The stores that are measured, filled when one is first needed, and the measurements by name."""

    folder: Path
    size: Size
    slowed: bool = False

    @cached_property
    def large(self) -> Path:
        """Years of all series; when quick, 31 days of frequency."""
        fine_since = None if self.size == FULL else MONTH
        return self._filled(f"{self.size.years}-years", date(LAST.year - self.size.years, 11, 1), fine_since=fine_since)

    @cached_property
    def small(self) -> Path:
        """31 days of all series."""
        return self._filled("31-days", MONTH)

    @cached_property
    def served(self) -> Path:
        """Years of the 15- and 30-minute series, 31 days of frequency, and all summaries."""
        store = self._filled(
            f"served-{self.size.years}-years", date(LAST.year - self.size.years, 11, 1), fine_since=MONTH
        )
        export_all(store, now=NOW)
        return store

    @cached_property
    def shown(self) -> Path:
        """What the dashboard is measured over: the same with a few holes."""
        store = self.folder / f"shown-{self.size.years}-years"
        build(store, first=date(LAST.year - self.size.years, 11, 1))
        return store

    def works(self) -> dict[str, Callable[[], list[Figure]]]:
        """The measurements, in the order in which they run."""
        size = self.size
        whole = self.size == FULL
        first = date(LAST.year, LAST.month, 1) if whole else LAST
        found: dict[str, Callable[[], list[Figure]]] = {
            "merge": lambda: merge.measure(self.small, rounds=size.rounds, slowed=self.slowed),
            "fetch": lambda: fetch.measure(first, LAST, rounds=size.rounds),
            "load": lambda: load.measure(years=size.years, fine_days=size.fine_days),
            "cycle": lambda: cycle.measure(rounds=size.rounds, slowed=self.slowed),
            "gap-scan": lambda: gap_scan.measure(self.large, self.small, years=size.years, rounds=size.rounds),
            "export": lambda: export.measure(self.large, self.small, years=size.years, rounds=size.rounds),
            "ranges": lambda: ranges.measure(self.served, years=size.years, rounds=size.rounds),
        }
        if whole:
            found |= {
                "parse": lambda: parse.measure(rounds=size.rounds),
                "api": lambda: api.measure(self.served, rounds=size.rounds, seconds=size.seconds),
                "freshness": freshness.measure,
                "browser": lambda: browser.measure(self.shown, rounds=size.rounds),
                "airflow": lambda: airflow_run.measure(rounds=2),
            }
        return found

    def _filled(self, name: str, first: date, *, fine_since: date | None = None) -> Path:
        print(f"filling {name} from the simulated feed …", flush=True)
        store = self.folder / name
        fill(store, first, LAST, fine_since=fine_since)
        return store


def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="A smaller size, held against floors more generous.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only these measurements.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the stores are kept between two runs.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for benchmarks.md and benchmarks.json.")] = OUT,
    growth: Annotated[bool, typer.Option("--growth", help="Only the pictures of how it grows; five minutes.")] = False,
    slowed: Annotated[bool, typer.Option("--slowed", help="Read each partition again, to see it caught.")] = False,
) -> None:
    """Measure, print, write the table; ends with 1 when a goal (or, when quick, a floor) is missed."""
    if growth and (quick or only or slowed):
        raise typer.BadParameter("goes with --folder and --out alone", param_hint="--growth")
    if slowed and only and not SLOWED & set(only):
        raise typer.BadParameter(f"only {' and '.join(sorted(SLOWED))} would see it", param_hint="--slowed")
    for hint, one in (("--folder", folder), ("--out", out)):
        _make(one, hint)
    with _kept(folder) as place:
        if growth:
            growing.run(place, out)
            return
        works = Bench(place, QUICK if quick else FULL, slowed).works()
        if wrong := sorted(set(only or ()) - works.keys()):
            raise typer.BadParameter(f"{', '.join(wrong)}; allowed: {', '.join(works)}", param_hint="--only")
        chosen = {name: work for name, work in works.items() if name in (only or works)}
        command = _command(quick=quick, only=only or (), slowed=slowed)
        figures: list[Figure] = []
        try:
            figures.extend(_measured(chosen, quick=quick))
        except BaseException:
            # What was measured before is not lost; where the page of a whole run lies it has no place.
            _written(figures, OUT, command=f"{command} (not finished)", quick=quick)
            raise
    missed = _written(figures, out, command=command, quick=quick)
    if missed:
        print("MISSED\n  " + "\n  ".join(missed))
        raise typer.Exit(1)


def _command(*, quick: bool, only: Iterable[str], slowed: bool) -> str:
    """What one types for this run."""
    more = [*(f"--only {name}" for name in only), *(["--slowed"] if slowed else [])]
    if more:
        return " ".join(["python -m bench", *(["--quick"] if quick else []), *more])
    return "make bench-quick" if quick else "make bench"


def _make(folder: Path | None, hint: str) -> None:
    """A folder, or why it cannot be had, before anything is measured in vain."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{folder} is no folder that can be made: {error.strerror}", param_hint=hint) from None


def _written(figures: list[Figure], out: Path, *, command: str, quick: bool) -> list[str]:
    """Write the table; what was missed."""
    slack = SLACK if quick else 1.0
    out.mkdir(parents=True, exist_ok=True)
    # Once: the first file that is written changes what git says of the commit.
    about = report.about_now(command)
    (out / "benchmarks.md").write_text(report.markdown(figures, about=about, slack=slack), encoding="utf-8")
    (out / "benchmarks.json").write_text(report.as_json(report.document(figures, about=about)), encoding="utf-8")
    print(f"in {out}: benchmarks.md, benchmarks.json")
    missed = [(one.work, goal) for one in figures for goal in one.goals if not goal.met(slack)]
    return [": ".join(filter(None, (work, goal.name))) for work, goal in missed]


def _measured(works: dict[str, Callable[[], list[Figure]]], *, quick: bool) -> Iterator[Figure]:
    for name, work in works.items():
        started = time.monotonic()
        for figure in work():
            print(report.printed(figure, slack=SLACK if quick else 1.0), flush=True)
            yield figure
        print(f"-- {name}: {time.monotonic() - started:.0f} s\n", flush=True)


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


if __name__ == "__main__":
    typer.run(main)
