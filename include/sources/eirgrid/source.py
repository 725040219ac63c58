"""The EirGrid source: which interface to ask for which days, and what to do when one fails for good."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

from include.domain.calendar import irish_day
from include.domain.catalogue import area as area_named
from include.domain.errors import ContractBroken, NotYetPublished, Permanent, Unsupported, UpstreamError
from include.domain.readings import Unit
from include.domain.series import History, Series
from include.settings import Settings
from include.sources.base import Clock, DataChunk, Source
from include.sources.client import Answer, HttpClient, Politeness
from include.sources.eirgrid.chart import Chart
from include.sources.eirgrid.dashboardservice import DashboardService
from include.sources.eirgrid.interconn import Interconn
from include.sources.eirgrid.query import Hosts, Interface, Query, Request
from include.sources.eirgrid.readings import read_rows
from include.sources.eirgrid.vargen import Vargen


class EirGridSource(Source):
    """Wind, solar, demand, interconnection, CO2, frequency, SNSP, fuel mix and generation of Ireland."""

    source_id = "eirgrid"

    def __init__(self, client: HttpClient, hosts: Hosts, *, clock: Clock) -> None:
        self.client = client
        self.clock = clock
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
        contact = settings.require_contact()
        politeness = Politeness(
            user_agent=f"eirgrid-airflow/0.1 ({contact or 'stand-in upstream'})",
            timeout=settings.request_timeout,
            max_retries=settings.max_retries,
            spacing=settings.request_spacing if settings.upstream is None else 0.0,
        )
        hosts = Hosts.below(str(settings.upstream)) if settings.upstream else Hosts()
        client = HttpClient(politeness, clock=clock, feed=settings.feed.value)
        return cls(client, hosts, clock=clock)

    def fetch(self, unit: Unit, *, since: datetime | None = None) -> Iterator[DataChunk]:
        """See Source.fetch."""
        failures: list[UpstreamError] = []
        for query, order in self._queries(unit, since):
            for chunk in query.chunks():
                yield from self._answer(unit, chunk, order, failures)
        if failures:
            raise _gravest(failures)

    def _queries(self, unit: Unit, since: datetime | None) -> Iterator[tuple[Query, tuple[str, ...]]]:
        area, region = area_named(unit.partition.area), unit.partition.region
        today = irish_day(self.clock())

        def order(day: date) -> tuple[str, ...]:
            return area.upstreams(day, today=today, region=region)

        for interfaces, grouped in groupby(unit.days, key=order):
            group = list(grouped)
            for series, last in _by_horizon(area.of_region(region), last=group[-1], today=today):
                if last >= group[0]:
                    yield Query(area, region, series, group[0], last, since), interfaces

    def _answer(
        self, unit: Unit, query: Query, order: tuple[str, ...], failures: list[UpstreamError]
    ) -> Iterator[DataChunk]:
        """Ask one interface after the other until every field has been answered."""
        open_fields = {series.field for series in query.series}
        errors: list[UpstreamError] = []
        for name in order:
            interface = self.interfaces[name]
            for request in interface.requests(query.only(open_fields)) if open_fields else ():
                fields = {series.field for series in request.query.series}
                try:
                    yield self._ask(unit, interface, request)
                except ContractBroken:
                    raise
                except NotYetPublished:
                    pass
                except UpstreamError as error:
                    errors.append(error)
                    continue
                open_fields -= fields
        if open_fields and errors:
            failures.append(_gravest(errors))

    def _ask(self, unit: Unit, interface: Interface, request: Request) -> DataChunk:
        def read(answer: Answer) -> DataChunk:
            try:
                frame, warnings = read_rows(
                    interface.rows(answer.payload),
                    request.query,
                    interface=interface.name,
                    now=answer.fetched_at,
                )
            except UpstreamError as error:
                error.sample = error.sample or answer.body[:2048]
                raise
            return DataChunk(unit, frame, interface.name, warnings)

        return self.client.ask(request.url, dict(request.params), interface=interface.name, read=read)


def _by_horizon(series: tuple[Series, ...], *, last: date, today: date) -> Iterator[tuple[tuple[Series, ...], date]]:
    """Series that may carry values of slots to come are asked to the last day; the others to today.

    Of days that are over, a series that upstream gives for the future only is not asked at all.
    """
    if last < today:
        series = tuple(one for one in series if one.history is not History.FUTURE_ONLY)
    if last <= today:
        yield series, last
        return
    ahead = tuple(one for one in series if one.future)
    if ahead:
        yield ahead, last
    rest = tuple(one for one in series if not one.future and one.history is not History.FUTURE_ONLY)
    if rest:
        yield rest, today


def _gravest(errors: list[UpstreamError]) -> UpstreamError:
    """The error that decides: one that may pass before one that will not, a refusal last."""
    return min(errors, key=lambda error: (isinstance(error, Permanent), isinstance(error, Unsupported)))
