"""The table of a run: on the console, as JSON and as Markdown."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.figures import LIMIT, OURS, PLAIN, Figure, Goal
from dev.stack import ROOT

HEADS: Final = ("Work", "Ours", "Limit", "Plain", "Ratio or figure", "Goal", "")
LEGEND: Final = (
    "Each figure stands beside the least code that could do the job (*limit*) and, where there is one, beside what one"
    " would write first (*plain*); both are in `bench/`, and all are taken in turns in one run. Numbers are medians,"
    " least and most in brackets; a ratio is the median of the rounds' ratios."
    " All data are simulated. [Every sample](benchmarks.json)."
)
PACKAGES: Final = ("apache-airflow", "duckdb", "pyarrow", "pandas", "fastapi")


def rows(figure: Figure, *, slack: float = 1.0) -> list[list[str]]:
    """Lines of text: median (least–most) of each way, and each goal."""
    cells = [_spread(figure.samples.get(name, ())) for name in (OURS, LIMIT, PLAIN)]
    head = [f"{figure.work}, {figure.unit}" if any(cells) else figure.work, *cells]
    judged = [_judged(goal, slack) for goal in figure.goals] or [["", "", ""]]
    return [[*(head if number == 0 else [""] * len(head)), *cells] for number, cells in enumerate(judged)]


def printed(figure: Figure, *, slack: float) -> str:
    """A figure on the console."""
    lines = [figure.work]
    lines += [
        f"    {name:<6} {_spread(figure.samples[name])} {figure.unit}"
        for name in (OURS, LIMIT, PLAIN)
        if figure.samples.get(name)
    ]
    for goal in figure.goals:
        told, bound, verdict = _judged(goal, slack)
        lines.append(f"    {told}, goal {bound}: {verdict}")
    lines += [f"    {figure.note}"] if figure.note else []
    return "\n".join([*lines, *(f"      {name:<32} {_short(taken)}" for name, taken in figure.parts.items())])


def document(figures: Iterable[Figure], *, about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of a run: the machine, the versions, every sample."""
    return {**about, "figures": [figure.document() for figure in figures]}


def markdown(figures: Sequence[Figure], *, about: Mapping[str, Any], slack: float = 1.0) -> str:
    """A page with the table and the notes."""
    lines = [
        "# Benchmarks",
        "",
        f"`{about['command']}` on {about['measured_at'][:10]}, commit `{about['commit']}`, {about['machine']}; "
        + ", ".join(f"{name} {number}" for name, number in about["versions"].items())
        + ".",
        "",
        LEGEND,
        "",
        "| " + " | ".join(HEADS) + " |",
        "|" + "---|" * len(HEADS),
    ]
    lines += ["| " + " | ".join(cells) + " |" for figure in figures for cells in rows(figure, slack=slack)]
    notes = [f"- {figure.work}: {figure.note}." for figure in figures if figure.note]
    profiles = [line for figure in figures if figure.parts for line in _profile(figure)]
    return "\n".join([*lines, "", "## What was measured", "", *notes, *profiles, ""])


def _profile(figure: Figure) -> list[str]:
    """Where the time goes."""
    whole = sum(figure.parts.values())
    parts = [f"| {name} | {_short(taken)} | {100 * taken / whole:.0f} % |" for name, taken in figure.parts.items()]
    return [
        "",
        f"## Where the time goes: {figure.work}",
        "",
        f"| Part | {figure.unit} | Share |",
        "|---|---|---|",
        *parts,
    ]


def as_json(found: dict[str, Any]) -> str:
    """Indented, with a line's end."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _judged(goal: Goal, slack: float) -> list[str]:
    word, bound = ("≤", goal.most) if goal.most is not None else ("≥", goal.least)
    unit = {"×": " ×", "count": ""}.get(goal.unit, f" {goal.unit}".rstrip())
    values = _spread(goal.values, unit=unit)
    told = f"{goal.name}: {values}" if goal.unit == "count" else f"{values} {goal.name}".strip()
    verdict = "met" if goal.met() else "within the floor" if goal.met(slack) else "**missed**"
    return [told, f"{word} {_short(bound or 0)}{unit}", verdict]


def _spread(values: Sequence[float], *, unit: str = "") -> str:
    if not values:
        return ""
    middle = f"{_short(statistics.median(values))}{unit}"
    return middle if len(values) < 2 else f"{middle} ({_short(min(values))}–{_short(max(values))})"


def _short(value: float) -> str:
    """Three significant digits; from a thousand on, whole numbers with commas."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def about_now(command: str) -> dict[str, Any]:
    """What was run: when, of which commit, on which machine, with which versions."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    python = platform.python_version()
    return {
        "command": command,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() or "not known",
        "machine": f"{os.cpu_count()} cores, {_memory_gib():.0f} GiB, {_processor()}, Python {python}",
        "versions": {name: version(name) for name in PACKAGES},
    }


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
