"""Which slots a request gets: both ends included to the minute, bare dates, and the longest ranges."""

from collections.abc import Callable
from typing import Any

import pytest

from dev.upstream.ranges import UnreadableRangeError, chart_range, dashboard_range, export_range

Ask = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2023-11-04", "2023-11-07", 289),
        ("04-Nov-2023", "07-Nov-2023", 289),
        ("04-nov-2023 00:00", "04-NOV-2023 23:59", 96),
        ("01-Feb-2024", "01-Feb-2024 21:59", 88),
        ("01-Feb-2024 10:01", "01-Feb-2024 10:14", 0),
        ("01-Feb-2024 10:15", "01-Feb-2024 10:15", 1),
        ("02-Feb-2024", "01-Feb-2024", 0),
        ("01-Oct-2023", "01-Nov-2023 21:59", 31 * 96 + 88),
    ],
)
def test_both_ends_count(client: Any, ask: Ask, first: str, last: str, expected: int) -> None:
    assert len(ask(client, "windactual", "ALL", first, last)["Rows"]) == expected


@pytest.mark.parametrize("space", ["+", "%20"])
@pytest.mark.parametrize("colon", [":", "%3A"])
def test_times_may_be_encoded_either_way(client: Any, space: str, colon: str) -> None:
    first, last = (f"01-Feb-2024{space}{hour}{colon}00" for hour in (10, 11))
    query = f"area=WINDACTUAL&region=ALL&datefrom={first}&dateto={last}&_=17"
    assert len(client.get(f"/www/DashboardService.svc/data?{query}").json()["Rows"]) == 5


def test_frequency_ends_with_its_minute(client: Any, ask: Ask) -> None:
    rows = ask(client, "frequency", "ALL", "14-May-2026 09:00", "14-May-2026 09:59")["Rows"]
    assert (len(rows), rows[-1]["EffectiveTime"]) == (720, "14-May-2026 09:59:55")
    assert len(ask(client, "frequency", "ROI", "14-May-2026", "20-May-2026 23:59")["Rows"]) == 7 * 17_280


def test_a_month_of_frequency_gets_no_answer(serve: Callable[..., Any]) -> None:
    slow = serve(hang_seconds=0)
    for path in (
        "/www/DashboardService.svc/data?area=frequency&region=ALL&datefrom=01-May-2026&dateto=31-May-2026+23:59",
        "/www/api/chart/?areas=frequency&region=ALL&dateFrom=01-May-2026&dateTo=31-May-2026",
    ):
        answer = slow.get(path)
        assert answer.status_code == 503
        assert answer.text.startswith("<!DOCTYPE html>")


def test_a_year_is_too_long(client: Any, ask: Ask) -> None:
    assert ask(client, "windactual", "ALL", "01-Jan-2025", "31-Dec-2025")["Status"] == "Error"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dateRange=day&dateFrom=05-Apr-2026&dateTo=05-Apr-2026", 96),
        ("dateRange=day&dateFrom=2026-10-01&dateTo=2026-10-31", 31 * 96),
        ("dateRange=hour&dateFrom=2026-05-14T09:00:00&dateTo=2026-05-14T09:59:00", 4),
        ("dateRange=day&dateFrom=01-Jul-2026&dateTo=28-Sep-2026", 0),
        ("dateRange=month&dateFrom=30-Apr-2026&dateTo=30-Apr-2026", 31 * 96),
    ],
)
def test_chart_takes_a_bare_day_as_the_whole_of_it(client: Any, words: str, expected: int) -> None:
    answer = client.get(f"/www/api/chart/?region=ALL&chartType=default&areas=demandactual&{words}")
    assert len(answer.json()["Rows"]) == expected


def test_vargen_takes_a_month_of_31_days(client: Any) -> None:
    answer = client.get("/vargen/api/export/202607010000/202607312359/ROI/WIND?FORMAT=JSON").json()
    assert (answer["Status"], len(answer["Rows"])) == ("Success", 31 * 96)


@pytest.mark.parametrize("text", ["", "yesterday", "31-Feb-2026", "2026-13-01", "01-Foo-2026", "01-Nov-2026 25:00"])
def test_what_is_no_date_is_refused(client: Any, ask: Ask, text: str) -> None:
    with pytest.raises(UnreadableRangeError):
        dashboard_range(text, "02-Nov-2026")
    with pytest.raises(UnreadableRangeError):
        chart_range("02-Nov-2026", text, kind="day")
    assert ask(client, "windactual", "ALL", text, "02-Nov-2026")["Status"] == "Error"


@pytest.mark.parametrize("text", ["20261301000", "202602310000", "202602012400", "abc"])
def test_what_is_no_export_moment_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRangeError):
        export_range("202601010000", text)
