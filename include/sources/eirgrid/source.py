"""The EirGrid source: which interface to ask for which days, and what to do when one fails for good."""

import time
from collections.abc import Generator, Iterable, Iterator
from datetime import date, datetime
from itertools import groupby

from include.domain.calendar import irish_day
from include.domain.catalogue import AREAS, NEVER_RECORDED
from include.domain.errors import (
    SAMPLE_BYTES,
    CircuitOpen,
    ContractBroken,
    NotYetPublished,
    StatusError,
    Unsupported,
    UpstreamError,
)
from include.domain.readings import Unit
from include.domain.series import Area, History, Series
from include.settings import Settings
from include.sources.base import Clock, DataChunk, Known, Setback, Source
from include.sources.client import Answer, HttpClient, Politeness
from include.sources.eirgrid.chart import Chart
from include.sources.eirgrid.dashboardservice import DashboardService
from include.sources.eirgrid.interconn import Interconn
from include.sources.eirgrid.query import Hosts, Interface, Query, Request
from include.sources.eirgrid.readings import Readings, anything_due, read_rows
from include.sources.eirgrid.rows import Rows
from include.sources.eirgrid.usual import Unusual
from include.sources.eirgrid.vargen import Vargen
from include.sources.eirgrid.wanted import Found, Wanted, gravest


class EirGridSource(Source):
    """Wind, solar, demand, interconnection, CO2, frequency, SNSP, fuel mix and generation of Ireland."""

    source_id = "eirgrid"

    def __init__(self, client: HttpClient, hosts: Hosts, *, clock: Clock, areas: Iterable[Area] = AREAS) -> None:
        self.client = client
        self.clock = clock
        self.areas = {area.name: area for area in areas}
        interfaces: tuple[Interface, ...] = (
            DashboardService(hosts),
            Chart(hosts),
            Vargen(hosts),
            Interconn(hosts),
        )
        self.interfaces = {interface.name: interface for interface in interfaces}

    @classmethod
    def from_settings(cls, settings: Settings, *, clock: Clock) -> "EirGridSource":
        """The source as the settings describe it; SettingInvalid when EirGrid would be asked without a contact."""
        hosts = Hosts.below(str(settings.upstream)) if settings.upstream else Hosts()
        client = HttpClient(Politeness.of(settings), clock=clock, feed=settings.feed.value)
        return cls(client, hosts, clock=clock)

    def fetch(
        self, unit: Unit, *, since: datetime | None = None, known: Known | None = None
    ) -> Iterator[DataChunk | Setback]:
        """See Source.fetch."""
        until = time.monotonic() + self.client.politeness.deadline
        failures: list[UpstreamError] = []
        for query, order in self._queries(unit, since):
            for part in query.chunks():
                failure = yield from self._answer(unit, part, order, known=known or Known(), until=until)
                failures += [failure] if failure else []
        if failures:
            raise gravest(failures)

    def _queries(self, unit: Unit, since: datetime | None) -> Iterator[tuple[Query, tuple[str, ...]]]:
        area, region = self.areas[unit.partition.area], unit.partition.region
        today = irish_day(self.clock())

        def order(day: date) -> tuple[str, ...]:
            return area.upstreams(day, today=today, region=region)

        for interfaces, grouped in groupby(unit.days, key=order):
            group = list(grouped)
            for series, first, last in _by_horizon(area.of_region(region), group[0], group[-1], today=today):
                yield Query(area, region, series, first, last, since), interfaces

    def _answer(
        self, unit: Unit, query: Query, order: tuple[str, ...], *, known: Known, until: float
    ) -> Generator[DataChunk | Setback, None, UpstreamError | None]:
        """Ask one interface after the other until every field has been answered for every day; why not, if not."""
        wanted = Wanted(query)
        for place, name in enumerate(order):
            now = time.monotonic()
            # Time is shared out, so that a slow interface leaves some for the next one.
            share = now + (until - now) / (len(order) - place)
            for request in self.interfaces[name].requests(wanted.query):
                answer = self._asked(unit, self.interfaces[name], request, known=known, until=share)
                if isinstance(answer, NotYetPublished):
                    wanted.settle(request.query)
                    continue
                if isinstance(answer, StatusError) and not anything_due(request.query, now=self.clock()):
                    continue
                if isinstance(answer, UpstreamError):
                    yield from wanted.refuse(request.query, answer)
                    continue
                yield wanted.trim(request.query, answer.chunk)
                yield from wanted.take(request.query, answer)
            if wanted.nothing:
                return None
        return wanted.failure

    def _asked(
        self, unit: Unit, interface: Interface, request: Request, *, known: Known, until: float
    ) -> Found | UpstreamError:
        """The answer to one request, or why there is none; raises a ContractBroken that must stop the unit."""
        name = interface.name
        if name in known.unavailable:
            return CircuitOpen(f"{name}: not asked, it failed for good for several units in a row", interface=name)
        fields = [series.field for series in request.query.series]
        if all((name, one) in known.refused for one in fields):
            refusal = Unsupported(f"{name}: refused {', '.join(fields)} within the last day, not asked", interface=name)
            refusal.remembered = True
            return refusal
        try:
            return self._ask(unit, interface, request, until=until)
        except UpstreamError as error:
            if isinstance(error, ContractBroken) and name not in NEVER_RECORDED:
                raise
            return error

    def _ask(self, unit: Unit, interface: Interface, request: Request, *, until: float) -> Found:
        query = request.query

        def readings(rows: Rows, answer: Answer) -> Readings:
            return read_rows(rows, query, interface=interface.name, now=answer.fetched_at)

        def read(answer: Answer) -> Found:
            try:
                try:
                    found = readings(interface.usual_rows(answer.body, query), answer)
                except (Unusual, UpstreamError):
                    # Row by row: the first one that is wrong is named.
                    found = readings(interface.rows(answer.payload, query), answer)
            except UpstreamError as error:
                error.sample = error.sample or answer.body[:SAMPLE_BYTES]
                raise
            chunk = DataChunk(unit, found.table, interface.name, found.warnings, found.flagged)
            return Found(chunk, found.lacks, found.unknown)

        return self.client.ask(request.url, dict(request.params), interface=interface.name, read=read, until=until)


def _by_horizon(
    series: tuple[Series, ...], first: date, last: date, *, today: date
) -> Iterator[tuple[tuple[Series, ...], date, date]]:
    """Series with the days for which upstream may have something of them.

    Those that are given for slots to come only from today on, those with slots to come to the last day, the others to
    today.
    """
    spans: dict[tuple[date, date], list[Series]] = {}
    for one in series:
        start = max(first, today) if one.history is History.FUTURE_ONLY else first
        end = last if one.future else min(last, today)
        if start <= end:
            spans.setdefault((start, end), []).append(one)
    for (start, end), same in spans.items():
        yield tuple(same), start, end
