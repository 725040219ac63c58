"""The days of 23 and 25 hours (API.md 5.1)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.upstream.simulated import Simulated

Ask = Callable[..., dict[str, Any]]
SPRING = ("29-Mar-2026", "29-Mar-2026 23:59")
AUTUMN = ("25-Oct-2026", "25-Oct-2026 23:59")
LOST = ["01:00", "01:15", "01:30", "01:45"]


def _hours(answer: dict[str, Any], *, null: bool) -> list[str]:
    return [row["EffectiveTime"][12:17] for row in answer["Rows"] if (row["Value"] is None) == null]


@pytest.mark.parametrize("area", ["demandactual", "generationactual", "windactual", "windforecast", "co2intensity"])
@pytest.mark.parametrize("region", ["ROI", "NI", "ALL"])
def test_spring_has_96_rows_and_four_nulls(client: Any, ask: Ask, area: str, region: str) -> None:
    answer = ask(client, area, region, *SPRING)
    assert len(answer["Rows"]) == 96
    assert _hours(answer, null=True) == LOST


def test_spring_values_stand_at_their_own_instants(client: Any, ask: Ask, feed: Simulated) -> None:
    rows = {row["EffectiveTime"][12:17]: row["Value"] for row in ask(client, "demandactual", "ALL", *SPRING)["Rows"]}
    for stamp, hour, minute in (("00:45", 0, 45), ("02:00", 1, 0), ("23:45", 22, 45)):
        assert rows[stamp] == feed.value("SYSTEM_DEMAND", "ALL", datetime(2026, 3, 29, hour, minute, tzinfo=UTC))


def test_spring_snsp_has_46_rows(client: Any, ask: Ask) -> None:
    stamps = _hours(ask(client, "snspall", "ALL", *SPRING), null=False)
    assert len(stamps) == 46
    assert stamps[1:3] == ["00:30", "02:00"]


def test_spring_frequency_has_a_null_hour(client: Any, ask: Ask) -> None:
    rows = ask(client, "frequency", "ALL", *SPRING)["Rows"]
    hour = [row["Value"] for row in rows if row["EffectiveTime"][12:14] == "01"]
    assert (len(rows), hour) == (17_280, [None] * 720)


@pytest.mark.parametrize("area", ["demandactual", "generationactual", "windactual", "windforecast", "co2intensity"])
def test_autumn_has_every_stamp_once(client: Any, ask: Ask, area: str) -> None:
    answer = ask(client, area, "ROI", *AUTUMN)
    stamps = _hours(answer, null=False)
    assert len(stamps) == len(set(stamps)) == 96


def test_autumn_gives_the_first_pass(client: Any, ask: Ask, feed: Simulated) -> None:
    rows = {row["EffectiveTime"][12:17]: row["Value"] for row in ask(client, "demandactual", "ALL", *AUTUMN)["Rows"]}
    instants = {"00:45": (24, 23, 45), "01:00": (25, 0, 0), "01:45": (25, 0, 45), "02:00": (25, 2, 0)}
    for stamp, (day, hour, minute) in instants.items():
        assert rows[stamp] == feed.value("SYSTEM_DEMAND", "ALL", datetime(2026, 10, day, hour, minute, tzinfo=UTC))


@pytest.mark.parametrize("minute", [0, 15, 30, 45])
def test_autumns_second_pass_has_no_truth(feed: Simulated, minute: int) -> None:
    second = datetime(2026, 10, 25, 1, minute, tzinfo=UTC)
    assert feed.value("SYSTEM_DEMAND", "ALL", second) is None
    assert feed.value("WIND_FCAST", "ALL", second) is None
    assert feed.value("SYSTEM_DEMAND", "ALL", second.replace(hour=0)) is not None


def test_autumn_snsp_and_frequency(client: Any, ask: Ask) -> None:
    assert len(ask(client, "snspall", "ALL", *AUTUMN)["Rows"]) == 48
    rows = ask(client, "frequency", "ALL", *AUTUMN)["Rows"]
    assert len({row["EffectiveTime"] for row in rows}) == len(rows) == 17_280


def test_autumn_wind_forecast_twice(serve: Callable[..., Any], ask: Ask) -> None:
    twice = Simulated(seed=1, dst_wind_forecast_twice=True)
    answer = ask(serve(over=twice), "windforecast", "NI", *AUTUMN)
    rows = answer["Rows"]
    assert [row["EffectiveTime"][12:17] for row in rows[4:12]] == LOST + LOST
    assert len(rows) == 100
    first, second = rows[4]["Value"], rows[8]["Value"]
    assert first == twice.value("WIND_FCAST", "NI", datetime(2026, 10, 25, 0, tzinfo=UTC))
    assert second == twice.value("WIND_FCAST", "NI", datetime(2026, 10, 25, 1, tzinfo=UTC))
    assert len(ask(serve(over=twice), "windactual", "NI", *AUTUMN)["Rows"]) == 96


def test_autumn_twice_on_vargen_has_the_actual_once(serve: Callable[..., Any]) -> None:
    twice = Simulated(seed=1, dst_wind_forecast_twice=True)
    rows = serve(over=twice).get("/vargen/api/export/202610250000/202610252359/ALL/WIND").json()["Rows"]
    assert len(rows) == 100
    assert [row["MW_ACTUAL"] is None for row in rows[4:12]] == [False] * 4 + [True] * 4
    assert all(row["MW_FORECAST"] is not None for row in rows)
