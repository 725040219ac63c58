"""What upstream really gave: every whole answer read off the wire, by code that shares nothing with the product."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import numpy as np
import requests

from dev.upstream.irish_time import seconds, skipped, to_utc
from tests.standin import give_back

Key = tuple[str, str]
"""(region asked for, field)."""
FUEL: Final = "FUEL_"


@cache
def _stamp(text: str) -> int:
    named = text[3].isalpha()
    read = datetime.strptime(text, "%d-%b-%Y %H:%M:%S" if named else "%d-%m-%Y %H:%M:%S")  # noqa: DTZ007
    return int((read - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001


@cache
def _instants(stamp: int) -> tuple[int, ...]:
    """The UTC second at which Irish clocks show a stamp; none, one, or both passes of October's hour."""
    array = np.array([stamp], dtype=np.int64)
    if skipped(array)[0]:
        return ()
    first = int(to_utc(array)[0])
    after = int(to_utc(array + 3600)[0])
    return (first, first + 3600) if after - first > 3600 else (first,)


def _region(url: str) -> str:
    parts = urlsplit(url)
    asked = parse_qs(parts.query).get("region")
    return asked[0] if asked else next(one for one in parts.path.split("/") if one in {"ROI", "NI", "ALL"})


def _values(row: dict[str, Any], url: str) -> Iterator[tuple[str, str, Any]]:
    """(stamp, field, value) of a row of any shape."""
    if "MW_ACTUAL" in row:
        area = "WIND" if "/WIND" in url else "SOLAR"
        yield row["Effective_Date"], f"{area}_ACTUAL", row["MW_ACTUAL"]
        yield row["Effective_Date"], f"{area}_FCAST", row["MW_FORECAST"]
    elif "Field_Name" in row:
        yield row["Effective_Date"], row["Field_Name"], row["Value"]
    else:
        yield row["EffectiveTime"], row["FieldName"], row["Value"]


@dataclass
class Tap:
    """The last value that upstream gave of each slot."""

    clock: Callable[[], datetime]
    given: dict[Key, dict[int, float]] = field(default_factory=dict)
    """By series: UTC second of the slot to the newest value in a whole answer."""
    newest: dict[Key, int] = field(default_factory=dict)
    """By series: UTC second of the newest elapsed slot that was given."""
    answers: int = 0

    def listen(self, session: requests.Session) -> None:
        session.hooks["response"].append(self._hear)

    def _hear(self, response: requests.Response, **_: Any) -> None:
        # A torn body raises here as it would in the client, which asks again.
        body = response.content
        give_back(response, body)
        if response.status_code != 200:
            return
        try:
            rows = json.loads(body)["Rows"]
        except ValueError:
            return
        self.answers += 1
        self._take(rows, str(response.url), self.clock())

    def _take(self, rows: Iterable[dict[str, Any]], url: str, now: datetime) -> None:
        region = _region(url)
        for row in rows:
            for text, name, value in _values(row, url):
                if value is None:
                    continue
                passes = _instants(_stamp(text))
                if not passes:
                    continue
                slot = passes[0]
                if name.startswith(FUEL):
                    slot = min(passes, key=lambda one: abs(one - seconds(now)))
                self.given.setdefault((region, name), {})[slot] = float(value)
                if slot <= seconds(now):
                    self.newest[region, name] = max(slot, self.newest.get((region, name), 0))
