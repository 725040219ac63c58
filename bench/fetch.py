"""Days of all areas from an upstream with a latency: the source's way, the bare requests, and one after another."""

import json
import logging
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import local
from typing import Any, Final

import requests

from bench.figures import LIMIT, OURS, PLAIN, Figure, by_limit, in_process, in_turns
from bench.upstream import upstream
from include.domain.readings import Unit
from include.jobs.plan import Selection, plan_days
from include.settings import load_settings
from include.sources import client
from include.sources.base import DataChunk, Source
from include.sources.registry import source

NOW: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATENCY: Final = 0.15
_mine = local()


def measure(first: date, last: date, *, rounds: int) -> list[Figure]:
    """All areas of these days."""
    with upstream(now=NOW, latency=LATENCY) as address:
        found = in_process("bench.fetch", first, last, rounds, environment={"GRID_UPSTREAM": address})
    samples = found["samples"]
    days = (last - first).days + 1
    return [
        Figure(
            f"fetch of {days} days, all areas, {LATENCY * 1000:.0f} ms latency",
            samples,
            unit="s",
            goals=(by_limit(samples, most=1.25),),
            note=f"{found['requests']} requests of {found['units']} units, {found['bytes'] / 1e6:.0f} MB, at most"
            f" {found['at_once']} at once; limit: the same requests, answers thrown away; plain: one after another",
        )
    ]


def main(first: date, last: date, rounds: int) -> dict[str, Any]:
    """In a process of its own, with as many workers as units may run at once."""
    settings = load_settings(store="unused", feed="simulated")
    entry = source("eirgrid")
    units = plan_days(entry, first, last, now=NOW, selection=Selection.of(entry))
    at_once = settings.max_concurrency
    asked = _asked(units)
    with (
        ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn")) as pool,
        ThreadPoolExecutor(at_once) as threads,
    ):
        ways: dict[str, Callable[[], float]] = {
            OURS: lambda: _timed(pool, _fetch, units),
            LIMIT: lambda: _timed(threads, _get, asked),
        }
        in_turns(ways, 1)
        samples = in_turns(ways, rounds)
    samples[PLAIN] = [_one_after_another(asked) for _ in range(rounds // 2)]
    length = sum(len(requests.get(url, timeout=60).content) for url in asked)
    return {"samples": samples, "requests": len(asked), "units": len(units), "bytes": length, "at_once": at_once}


def _asked(units: list[Unit]) -> list[str]:
    """The addresses that the source asks for these units, in the same order; upstream remembers the answers."""
    asked: list[str] = []
    get = client.HttpClient._get  # noqa: SLF001

    def noted(self: client.HttpClient, url: str, params: dict[str, str], **more: Any) -> client.Answer:
        asked.append(str(requests.Request("GET", url, params=params).prepare().url))
        return get(self, url, params, **more)

    client.HttpClient._get = noted  # type: ignore[method-assign,assignment]  # noqa: SLF001
    for unit in units:
        _fetch(unit)
    client.HttpClient._get = get  # type: ignore[method-assign]  # noqa: SLF001
    return asked


def _source() -> Source:
    if not hasattr(_mine, "source"):
        logging.disable(logging.WARNING)
        settings = load_settings(store="unused", feed="simulated")
        _mine.source = source("eirgrid").load().from_settings(settings, clock=lambda: NOW)
    found: Source = _mine.source
    return found


def _fetch(unit: Unit) -> int:
    return sum(len(event.readings) for event in _source().fetch(unit) if isinstance(event, DataChunk))


def _get(url: str) -> int:
    if not hasattr(_mine, "session"):
        _mine.session = requests.Session()
    return len(_mine.session.get(url, timeout=60).content)


def _timed[T](pool: Executor, work: Callable[[T], int], over: Iterable[T]) -> float:
    started = time.perf_counter()
    for _ in pool.map(work, over):
        pass
    return time.perf_counter() - started


def _one_after_another(asked: list[str]) -> float:
    started = time.perf_counter()
    for url in asked:
        _get(url)
    return time.perf_counter() - started


if __name__ == "__main__":
    json.dump(main(date.fromisoformat(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3])), sys.stdout)
