"""A question, answered: queried, written in its format, and ready to send."""

from typing import Final

from api.answers import Body
from api.formats import MEDIA_TYPES, Labels, count, file_name, write
from api.query import Format, Question
from api.ranges import Ranges
from api.store import LaterStore
from api.summaries import Summaries
from include.domain.calendar import DAY
from include.domain.catalogue import ATTRIBUTION

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
        with self.ranges.result(question, now=now) as connection:
            points = count(connection)
            data = write(connection, question, labels)
        name = f'attachment; filename="{file_name(question, labels)}"'
        return Body(
            data,
            labels.feed,
            media_type=MEDIA_TYPES[question.format],
            keep=CLOSED_KEPT if question.span.end < now - DAY else None,
            headers={"content-disposition": name} if question.format in FILES else {},
            points=points,
        )
