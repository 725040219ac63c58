"""The parts of the data dictionary that are made from the code, between marks in the page."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from msgspec.structs import fields

from include.domain.catalogue import AREAS, area
from include.domain.readings import Outcome, Partition
from include.storage.keys import readings_key
from include.storage.outcomes import Failed, Try
from include.storage.parquet import SCHEMA

_DAY: Final = date(2026, 11, 22)
_MARKED: Final = re.compile(r"(<!-- made by `make reference`: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

_COLUMNS: Final = {
    "timestamp": "the slot",
    "field": "upstream's name, such as `WIND_ACTUAL`; [Series](series.md) has them all, with their units",
    "value": "MW, MWh, gCO2/kWh, tCO2/h, % or Hz; null: upstream had no value",
    "fetched_at": "when this value was first read",
}
_TYPES: Final = {"timestamp[us, tz=UTC]": "timestamp, UTC, µs"}
_KEYS: Final = {
    "source": "who published it",
    "area": "[Series](series.md) has them all",
    "region": "the region that was asked for",
    "year": "of the Irish calendar",
    "month": "of the Irish calendar, two digits",
    "day": "two digits; in `{daily}` only",
}
_OUTCOMES: Final = {
    Outcome.STORED: "upstream answered, and the partition was written",
    Outcome.UNCHANGED: "upstream answered, and nothing in it was new",
    Outcome.NOT_PUBLISHED: "nothing was due yet",
    Outcome.UPSTREAM_UNAVAILABLE: "no interface answered, after every retry",
    Outcome.UNSUPPORTED: "upstream refuses this area and region",
    Outcome.CONTRACT_BROKEN: "the answer was of a shape, a date or a magnitude that upstream never used; nothing was written",
    Outcome.OUR_ERROR: "an error of this project or its store; seen in Airflow only",
}
_FETCH: Final = {
    "at": "when, UTC",
    "outcome": "as above",
    "interface": "which answered, joined by `+`; which failed, where none did",
    "error": "class of the error, when the fetch failed",
    "message": "why it failed",
    "sha256": "digest of the day's rows as upstream gave them",
    "sample": "the first 2 KB of an answer that broke the contract",
    "failed": "interfaces that failed before another answered: {failed}",
    "flagged": "implausible values of the day, stored as sent: the first twenty, and how many more",
}


def data_page(page: str) -> str:
    """The page with its marked parts made anew."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{_PARTS[found[2]]()}\n\n{found[3]}", page)


def _columns() -> str:
    rows = [
        (f"`{one.name}`", _TYPES.get(str(one.type), str(one.type)), "yes" if one.nullable else "no", _COLUMNS[one.name])
        for one in SCHEMA
    ]
    return _table("Column", "Type", "Null", "Meaning", rows=rows)


def _keys() -> str:
    daily = [one.name for one in AREAS if one.partitioned_by_day]
    key = readings_key(Partition.holding("eirgrid", area(daily[0]), "ROI", _DAY))
    parts = dict(folder.split("=") for folder in key.split("/") if "=" in folder)
    rows = [(f"`{name}`", f"`{value}`", _KEYS[name].format(daily=", ".join(daily))) for name, value in parts.items()]
    monthly = readings_key(Partition.holding("eirgrid", area("wind"), "ROI", _DAY))
    return f"`{monthly}`\n\n{_table('Key', 'Such as', 'Meaning', rows=rows)}"


def _outcomes() -> str:
    return _table("Outcome", "Meaning", rows=[(f"`{one}`", _OUTCOMES[one]) for one in Outcome])


def _fetch() -> str:
    failed = ", ".join(f"`{one.name}`" for one in fields(Failed))
    rows = [(f"`{one.name}`", _FETCH[one.name].format(failed=failed)) for one in fields(Try)]
    return _table("Key of a fetch", "Meaning", rows=rows)


_PARTS: Final = {"columns": _columns, "keys": _keys, "outcomes": _outcomes, "fetch": _fetch}


def _table(*columns: str, rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in [columns, ["---"] * len(columns), *rows])
