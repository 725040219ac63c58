"""A question, answered: queried, written in its format, and ready to send."""

from typing import Final

from api.answers import Body
from api.formats import MEDIA_TYPES, Labels, count, file_name, told_in, write
from api.problems import Problem
from api.query import Format, Question
from api.ranges import Held, Ranges
from api.store import LaterStore
from api.summaries import Summaries
from include.domain.calendar import DAY
from include.domain.catalogue import ATTRIBUTION
from include.storage.keys import SCHEMA_VERSION

FILES: Final = {Format.CSV, Format.NDJSON, Format.PARQUET}
"""Formats that a browser saves instead of showing."""
CLOSED_KEPT: Final = 3600
"""Seconds that an answer about days that are over may be kept for: a repair may still change it."""


class Ranged:
    """Answers questions over a store; what is newest of each series comes from the summaries."""

    def __init__(self, store: LaterStore, summaries: Summaries) -> None:
        self.ranges = Ranges(store)
        self.summaries = summaries

    def body(self, question: Question) -> Body:
        """The answer; Problem when it has too many points, or cannot be had now."""
        now = self.summaries.clock()
        labels = Labels(feed=self.summaries.feed or "none", attribution=ATTRIBUTION, newest=self.summaries.newest())
        catalogue = self.summaries.get("catalogue")
        held = catalogue.held if catalogue else {}
        with self.ranges.result(question, held, now=now) as connection:
            points = count(connection)
            if not points:
                raise _nothing(question, held)
            data = write(connection, question, labels)
        headers = {"x-attribution": ATTRIBUTION, "x-schema-version": str(SCHEMA_VERSION)}
        headers |= _stale_after(question, labels)
        name = f'attachment; filename="{file_name(question, labels)}"'
        if question.format in FILES:
            headers["content-disposition"] = name
        return Body(
            data,
            labels.feed,
            media_type=MEDIA_TYPES[question.format],
            keep=CLOSED_KEPT if question.span.end < now - DAY else None,
            headers=headers,
            points=points,
        )


def _stale_after(question: Question, labels: Labels) -> dict[str, str]:
    """When the first of the series is due again: CSV has no other place to say it."""
    due = [labels.newest[one.key]["stale_after"] for one in question.series if one.key in labels.newest]
    return {"x-stale-after": min(due)} if due else {}


def _nothing(question: Question, held: Held) -> Problem:
    """404: an empty answer that looks like any other has misled many; says what there is."""
    name, spans = question.area.name, []
    for region in question.regions:
        found = held.get((name, region), {})
        if found.get("first"):
            spans.append(f"{region} {found['first']} to {found['last']}")
    there = f"held: {'; '.join(spans)}" if spans else "nothing of it is held yet"
    span = f"{told_in(question.span.start, question)} to {told_in(question.span.end, question)}"
    return Problem(404, "No readings in this range", f"{name}: nothing is held from {span}; {there}")
