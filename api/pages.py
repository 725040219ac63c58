"""The pages that people look at, rendered on the server: the dashboard, completeness and status."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, select_autoescape

from api.answers import Body
from api.completeness import Completeness
from api.mix import fuel_mix, mean_power, met_now, note_on_imports
from api.recent import Recent
from api.service import VERSION, Service
from api.tables import hours
from api.tiles import Tiles
from api.view import ERRORS, PANELS, REGIONS, View, utc
from include.domain.catalogue import AREAS

FOLDER: Final = Path(__file__).resolve().parent
ENTRY: Final = "src/main.ts"

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Built:
    """What Vite made of the dashboard: addresses below `/ui/`; empty when it has not been built."""

    script: str = ""
    styles: Sequence[str] = ()

    @classmethod
    def find(cls, folder: Path) -> "Built":
        """Read the manifest."""
        path = folder / ".vite" / "manifest.json"
        if not path.is_file():
            return cls()
        entry = json.loads(path.read_text(encoding="utf-8"))[ENTRY]
        return cls(entry["file"], tuple(entry.get("css", ())))


@dataclass(slots=True)
class Pages:
    """Renders each page from the summaries in memory."""

    service: Service
    built: Built = field(default_factory=lambda: Built.find(FOLDER / "dashboard" / "dist"))
    _kept: dict[str, tuple[Body, Any]] = field(default_factory=dict)
    """By summary: what it was parsed from, and what came of it."""

    def dashboard(self, given: Sequence[tuple[str, str]]) -> str:
        """The newest numbers of a region, and the places of the charts; one chart alone when it is embedded."""
        view, now = View.of(given), self._now()
        document = self._document("recent")
        recent = Recent(document) if document and document["current"]["as_of"] else None
        shown: dict[str, Any] = {"recent": recent, "panels": {view.embed: PANELS[view.embed]} if view.embed else PANELS}
        if recent and not view.embed:
            intensity = self._worked_out("co2", _intensities) or {}
            tiles = Tiles(recent, view, now, intensity.get(view.region, ()))
            shown |= {
                "tiles": tiles.all(),
                "met": met_now(tiles),
                "fuels": fuel_mix(recent, view.region),
                "hours": hours(recent, view, now),
                "completeness": document["gaps"].get("completeness") if document else None,
            }
        return self._render("embed.html" if view.embed else "dashboard.html", view, now, **shown)

    def completeness(self, given: Sequence[tuple[str, str]]) -> str:
        """The heat map of the last gap check, and the gaps of one day or series of it."""
        report = self._document("gaps")
        found = Completeness(report, dict(given)) if report else None
        return self._render("completeness.html", View.of(given), self._now(), found=found)

    def status(self, given: Sequence[tuple[str, str]]) -> str:
        """Per area the newest slot, when a newer one is due, and what the last live run did."""
        return self._render("status.html", View.of(given), self._now(), status=self.service.status())

    def _now(self) -> datetime:
        return self.service.summaries.clock()

    def _document(self, name: str) -> Mapping[str, Any] | None:
        """A summary, parsed."""
        document: Mapping[str, Any] | None = self._worked_out(name, lambda parsed: parsed)
        return document

    def _worked_out(self, name: str, work: Callable[[dict[str, Any]], Any]) -> Any:
        """What comes of a summary, worked out once for each time that it changes; None when there is none."""
        found = self.service.summaries.get(name)
        if found is None:
            return None
        kept = self._kept.get(name)
        if kept is None or kept[0] is not found.body:
            kept = self._kept[name] = (found.body, work(found.document()))
        return kept[1]

    def _render(self, template: str, view: View, now: datetime, **shown: Any) -> str:
        return _templates.get_template(template).render(
            view=view,
            now=now,
            feed=self.service.summaries.feed,
            error=self.service.summaries.loaded.error,
            cached_at=self.service.summaries.loaded.cached_at,
            built=self.built,
            version=VERSION,
            regions=REGIONS,
            errors=ERRORS,
            bounds=_bounds,
            instant=datetime.fromisoformat,
            mean_power=mean_power,
            note_on_imports=note_on_imports,
            root="../" if template in {"dashboard.html", "embed.html"} else "../../",
            irish=(irish := lambda instant: View().time(instant, now=now)),
            times={"irish": irish, "utc": utc},
            ago=_ago,
            **shown,
        )


def _intensities(document: dict[str, Any]) -> dict[str, list[float]]:
    """CO2 intensity of the last thirty days by region, in order of size."""
    return {
        block["region"]: sorted(point["value"] for point in block["points"] if point.get("value") is not None)
        for block in document["series"]
        if block["field"] == "CO2_INTENSITY"
    }


def _bounds(area: str) -> list[dict[str, Any]]:
    """The limits of what a chart shows, for the script to draw."""
    limits = {one.limit for found in AREAS if found.name == area for one in found.series if one.limit}
    return [
        {"value": value, "since": limit.since.isoformat()}
        for limit in limits
        for value in (limit.low, limit.high)
        if value is not None
    ]


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 48 * 60 else f"{minutes // 1440} days"
