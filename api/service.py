"""What the routes answer from: the summaries in memory, and range queries over the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import fastapi_offline

from api.answers import Answer, Body, answer, plain
from api.assets import Assets
from api.files import listing, pick
from api.gaps import filtered
from api.health import health, status
from api.problems import Problem
from api.query import Question
from api.settings import HERE, ApiSettings
from api.store import LaterStore
from api.summaries import Summaries, Summary
from include.domain.catalogue import AREAS, ATTRIBUTION
from include.domain.series import Area
from include.storage.keys import SCHEMA_VERSION

if TYPE_CHECKING:
    from api.pages import Pages
    from api.ranged import Ranged

TITLE: Final = "Irish grid data"
VERSION: Final = "1.0.0"
NO_GAP_CHECK: Final = {
    "schema_version": SCHEMA_VERSION,
    "attribution": ATTRIBUTION,
    "checked_at": None,
    "note": "The gap check has not run on this store yet.",
    "gaps": [],
}
DOCUMENT_KEPT: Final = 3600
"""Seconds that the OpenAPI document may be kept for."""
FIRST_LOOK: Final = 5.0
LATER_LOOKS: Final = 1.5
"""Seconds that a request waits for the store on Lambda: at first, and when it has something to answer with."""


def _assets(settings: ApiSettings) -> tuple[Assets, ...]:
    docs = Path(fastapi_offline.__file__).parent / "static"
    return (
        Assets("/ui/", HERE / "dashboard" / "dist", hashed="assets/"),
        Assets("/guide/", settings.grid_guide),
        # ReDoc would load one image from elsewhere.
        Assets("/static-offline-docs/", docs, replaced={b"https://cdn.redoc.ly/redoc/logo-mini.svg": b"data:,"}),
    )


@dataclass(slots=True)
class Service:
    """One deployment's API."""

    settings: ApiSettings
    summaries: Summaries
    store: LaterStore
    assets: tuple[Assets, ...]
    _openapi: Body | None = None
    _pages: "Pages | None" = None
    _ranged: "Ranged | None" = None

    @classmethod
    def of(cls, settings: ApiSettings) -> "Service":
        """The service over the store that the settings name; SettingInvalid when it cannot be used."""
        store = LaterStore(settings.location())
        if not settings.on_request:
            store.opened.check()
        summaries = Summaries(store, clock=settings.clock, only=lambda name: settings.public_bulk or name != "files")
        return cls(settings, summaries, store, _assets(settings))

    def freshen(self) -> None:
        """On Lambda nothing runs between two requests: look at the store when it is time, and not for long."""
        if self.settings.on_request:
            first = self.summaries.loaded.cached_at is None
            self.summaries.freshen(
                older_than=self.settings.cache_ttl_seconds, within=FIRST_LOOK if first else LATER_LOOKS
            )

    def ready(self, path: str, headers: dict[str, str]) -> Answer | None:
        """The answer of a path that is a summary, without parameters."""
        if path == "/openapi.json":
            return answer(self.openapi(), headers, now=self.summaries.clock())
        if not path.startswith("/api/"):
            return self._asset(path, headers)
        self.freshen()
        found = self.summaries.loaded.bodies.get(path[5:])
        if path == "/api/gaps":
            return answer(self.gaps(()), headers, now=self.summaries.clock())
        if found is None or path == "/api/files":
            return None
        return answer(found.body, headers, now=self.summaries.clock())

    def _asset(self, path: str, headers: dict[str, str]) -> Answer | None:
        for one in self.assets:
            if (body := one.get(path)) is not None:
                return answer(body, headers, now=self.summaries.clock())
            if one.is_folder(path):
                return plain(307, [("location", f"{path}/")])
        return None

    def summary(self, name: str) -> Summary:
        """One summary; Problem when nothing has been exported yet."""
        found = self.summaries.get(name)
        if found is None:
            raise Problem(
                503,
                "No data yet",
                f"{name}: nothing has been exported to this store yet, or the store cannot be read;"
                " try again in a minute",
                headers={"Retry-After": "60"},
            )
        return found

    def area(self, name: str) -> Area:
        """An area of the catalogue; Problem names those that there are."""
        found = next((area for area in AREAS if area.name == name), None)
        if found is None and name in self.summaries.areas:
            raise Problem(422, "No ranges of this area", f"{name}: ask without parameters for its last thirty days")
        if found is None:
            raise self.unknown_area(name)
        return found

    def unknown_area(self, name: str) -> Problem:
        """404 with the areas that there are."""
        problem = Problem.parameter("area", name, self.summaries.areas, status=404)
        problem.title = "Unknown area"
        problem.more["areas"] = list(self.summaries.areas)
        return problem

    def gaps(self, given: Sequence[tuple[str, str]]) -> Body:
        """What the last gap check found, less what is filtered out."""
        self.freshen()
        found = self.summaries.get("gaps")
        if found is not None and not given:
            return found.body
        report = found.document() if found else NO_GAP_CHECK | {"feed": self.summaries.feed or "none"}
        told = filtered(report, given, now=self.summaries.clock()) if given else report
        return Body.of(told, feed=str(report["feed"]))

    def files(self, given: Sequence[tuple[str, str]]) -> Body:
        """The Parquet files that there are; Problem when this deployment hands out none."""
        found = self._bulk()
        document = found.document()
        return Body.of(listing(document, given, now=self.summaries.clock()), feed=found.body.feed)

    def file(self, key: str, given: Sequence[tuple[str, str]]) -> tuple[Body, str | None]:
        """One Parquet file, and how it may be kept; Problem when it is not listed, or not kept in that version."""
        found = self._bulk()
        return pick(self.summaries.store, found, key, given)

    def _bulk(self) -> Summary:
        if not self.settings.public_bulk:
            raise Problem(
                404,
                "Files are not handed out here",
                "PUBLIC_BULK is off on this deployment: whoever runs it answers for handing on EirGrid's data."
                " /api/{area} answers any range, also as Parquet.",
            )
        self.freshen()
        return self.summary("files")

    def range(self, question: Question) -> Body:
        """The readings that a question asks for; Problem when it has too many, or cannot be answered now."""
        self.freshen()
        if self.summaries.feed is None:
            self.summary("current")
        if self._ranged is None:
            from api.ranged import Ranged  # noqa: PLC0415  only a range needs it

            self._ranged = Ranged(self.store, self.summaries)
        return self._ranged.body(question)

    @property
    def pages(self) -> "Pages":
        """What renders the pages."""
        if self._pages is None:
            from api.pages import Pages  # noqa: PLC0415  Jinja2 is not needed for data

            self._pages = Pages(self)
        return self._pages

    def openapi(self) -> Body:
        """The OpenAPI document."""
        if self._openapi is None:
            from api.openapi import document  # noqa: PLC0415  only its readers need it

            self._openapi = Body.of(document(title=TITLE, version=VERSION), feed="none", keep=DOCUMENT_KEPT)
        return self._openapi

    def health(self) -> dict[str, Any]:
        """What `/health` tells."""
        return health(self.summaries, now=self.summaries.clock())

    def status(self) -> dict[str, Any]:
        """What `/api/status` tells."""
        return status(self.summaries, now=self.summaries.clock())
