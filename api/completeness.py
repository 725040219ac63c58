"""The gap report as a heat map, day by series, and the gaps behind one of its cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from include.domain.calendar import irish_day

STEPS: Final = (1.0, 0.99, 0.9, 0.5, 0.0)
"""The least share of each colour, the best first."""
WORDS: Final = {
    "ok": "stored",
    "pending": "not due yet",
    "late": "not published yet",
    "not_fetched": "never fetched",
    "missing_upstream": "EirGrid sent no value",
    "withheld": "withheld by EirGrid (low emissions); derived from intensity",
    "dst_lost": "lost at the clock change",
    "frozen": "frozen: the value did not move",
    "repairing": "being repaired",
    "permanent": "given up",
}
"""What a person reads in place of a state's name."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of one series."""

    day: date
    share: float | None
    link: str
    chosen: bool

    @property
    def level(self) -> str:
        """The name of its colour."""
        if self.share is None:
            return "none"
        return str(next(index for index, least in enumerate(STEPS) if self.share >= least))

    @property
    def text(self) -> str:
        """`99.7 %`; never rounded up to a hundred."""
        if self.share is None:
            return "nothing was due"
        return "100 %" if self.share >= 1 else f"{min(self.share * 100, 99.9):.1f} %"


@dataclass(frozen=True, slots=True)
class Row:
    """One series over all days."""

    area: str
    region: str
    field: str
    name: str
    link: str
    chosen: bool
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Completeness:
    """A report, and what is chosen of it by the query: `day`, and `area`, `region` and `field` of a series."""

    report: Mapping[str, Any]
    asked: Mapping[str, str]

    @property
    def checked_at(self) -> datetime:
        """When the report was made."""
        return datetime.fromisoformat(self.report["checked_at"])

    @property
    def dates(self) -> list[date]:
        """The Irish days of the columns."""
        return [date.fromisoformat(one) for one in self.report["days"]["dates"]]

    @property
    def rows(self) -> list[Row]:
        """A row for each series that has a past."""
        return [self._row(one) for one in self.report["days"]["series"]]

    def day_link(self, day: date) -> str:
        """The query that lists the gaps of a day."""
        return "?" + urlencode({"day": day.isoformat()}) + "#gaps"

    @property
    def chosen(self) -> str:
        """What the list of gaps is of, in words; empty when nothing is chosen."""
        series = " · ".join(self.asked[name] for name in ("area", "region", "field") if self.asked.get(name))
        parts = [part for part in (series, self.asked.get("day", "")) if part]
        return ", ".join(parts)

    @property
    def gaps(self) -> list[dict[str, Any]]:
        """The gaps of what is chosen, the newest first."""
        found = [
            gap | {"word": WORDS.get(gap["state"], gap["state"])} for gap in self.report["gaps"] if self._is_of(gap)
        ]
        return sorted(found, key=lambda gap: str(gap["first"]), reverse=True)

    @property
    def states(self) -> list[tuple[str, str]]:
        """Each state's name in words, and what it means."""
        return [(WORDS.get(name, name), meaning) for name, meaning in self.report["states"].items()]

    def _is_of(self, gap: Mapping[str, Any]) -> bool:
        if any(self.asked.get(name) and gap[name] != self.asked[name] for name in ("area", "region", "field")):
            return False
        day = self.asked.get("day")
        first, last = (irish_day(datetime.fromisoformat(gap[end])).isoformat() for end in ("first", "last"))
        return not day or first <= day <= last

    def _row(self, row: Mapping[str, Any]) -> Row:
        series = {name: row[name] for name in ("area", "region", "field")}
        is_chosen = all(self.asked.get(name) == value for name, value in series.items())
        cells = [
            Cell(
                day,
                share,
                "?" + urlencode({"day": day.isoformat(), **series}) + "#gaps",
                is_chosen and self.asked.get("day") == day.isoformat(),
            )
            for day, share in zip(self.dates, row["completeness"], strict=True)
        ]
        link = "?" + urlencode(series) + "#gaps"
        return Row(
            row["area"], row["region"], row["field"], row["name"], link, is_chosen and not self.asked.get("day"), cells
        )
