"""Which Irish days a run of an ingest DAG asks for: by Params, by its logical date or by its data interval."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from include.domain.calendar import day_span
from include.domain.errors import ParamsInvalid
from include.orchestration.ingest import _days_asked, _is_live

NOW = datetime(2026, 12, 1, 2, 45, tzinfo=UTC)
NO_DAYS: dict[str, Any] = {"start": None, "end": None, "areas": None, "regions": None}


def run(*, logical_date: datetime | None = None, interval: tuple[datetime, datetime] | None = None, **conf: Any) -> Any:
    """The context of a task, as Airflow makes it of a run: without a logical date there is no interval either."""
    dates = {}
    if logical_date is not None:
        start, end = interval or (logical_date, logical_date)
        dates = {"logical_date": logical_date, "data_interval_start": start, "data_interval_end": end}
    return {"params": NO_DAYS | conf, "dag_run": SimpleNamespace(run_after=NOW, conf=conf), **dates}


@pytest.mark.parametrize("logical_date", [None, NOW, datetime(2026, 12, 1, 23, 59, tzinfo=UTC)])
def test_a_run_of_today_is_live(logical_date: datetime | None) -> None:
    context = run(logical_date=logical_date)
    assert _days_asked(context, NOW) is None
    assert _is_live(context)


@pytest.mark.parametrize(
    ("logical_date", "day"),
    [
        (datetime(2026, 11, 20, tzinfo=UTC), date(2026, 11, 20)),
        # In summer an Irish day begins at 23:00 UTC; the days after both clock changes.
        (datetime(2026, 3, 29, 22, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 23, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_a_logical_date_of_another_day_asks_for_that_day(logical_date: datetime, day: date) -> None:
    context = run(logical_date=logical_date)
    assert _days_asked(context, NOW) == (day, day)
    assert not _is_live(context)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 10), date(2026, 11, 16)),
        (date(2026, 3, 29), date(2026, 3, 29)),
        (date(2026, 10, 24), date(2026, 10, 26)),
    ],
)
def test_an_interval_asks_for_every_day_of_it(first: date, last: date) -> None:
    span = day_span(first, last)
    assert _days_asked(run(logical_date=span.start, interval=(span.start, span.end)), NOW) == (first, last)


def test_an_interval_asks_for_a_day_of_which_it_holds_a_part() -> None:
    noon = datetime(2026, 11, 10, 12, tzinfo=UTC)
    interval = noon, noon.replace(day=11)
    assert _days_asked(run(logical_date=noon, interval=interval), NOW) == (date(2026, 11, 10), date(2026, 11, 11))


def test_days_from_params_and_from_dates_are_refused_together() -> None:
    span = day_span(date(2026, 9, 10), date(2026, 9, 10))
    context = run(logical_date=span.start, interval=(span.start, span.end), start="2026-08-01", end="2026-08-05")
    with pytest.raises(
        ParamsInvalid, match="got 2026-08-01 to 2026-08-05, and the run's dates say 2026-09-10 to"
    ) as told:
        _days_asked(context, NOW)
    assert "\n" not in str(told.value)


def test_days_to_come_are_refused() -> None:
    with pytest.raises(ParamsInvalid, match="got '2026-12-02 to 2026-12-02'; allowed: days up to 2026-12-01"):
        _days_asked(run(logical_date=datetime(2026, 12, 2, 1, tzinfo=UTC)), NOW)


def test_params_alone_are_asked_for_and_are_not_live() -> None:
    context = run(logical_date=NOW, start="2026-11-01", end="2026-11-02")
    assert _days_asked(context, NOW) == (date(2026, 11, 1), date(2026, 11, 2))
    assert not _is_live(context)
    assert not _is_live(run(areas=["wind"]))
