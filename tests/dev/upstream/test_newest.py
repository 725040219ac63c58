"""What is null because it is too new, and how far forecasts go (API.md 5.2, 5.3)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dev.upstream.publication import published_at
from dev.upstream.simulated import Simulated

Ask = Callable[..., dict[str, Any]]
Serve = Callable[..., Any]
Slots = Callable[..., NDArray[np.int64]]


@pytest.mark.parametrize(
    ("field", "step", "least", "most"),
    [
        ("SYSTEM_DEMAND", 900, 0, 900), ("SOLAR_ACTUAL", 900, 0, 900), ("INTER_NET", 900, 0, 900),
        ("CO2_EMISSIONS", 900, 900, 1800), ("SNSP_ALL", 1800, 0, 1800), ("SYS_FREQUENCY", 5, 5, 60),
    ],
)  # fmt: skip
def test_every_slot_is_published_late_and_in_order(slots: Slots, field: str, step: int, least: int, most: int) -> None:
    day = slots("2026-06-01T00:00Z", "2026-06-02T00:00Z", step)
    published = published_at(1, field, "ALL", day)
    lag = published - day
    assert least <= lag.min() <= lag.max() <= most
    assert (np.diff(published) >= 0).all()
    assert len(set(lag.tolist())) > 10


@pytest.mark.parametrize(
    ("area", "slots_late"),
    [("demandactual", 1), ("generationactual", 1), ("windactual", 1), ("co2intensity", 2)],
)
def test_the_newest_slots_are_null_and_the_rest_is_not(serve: Serve, ask: Ask, area: str, slots_late: int) -> None:
    for minutes in range(0, 60, 7):
        now = datetime(2026, 7, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes)
        answer = ask(serve(now=now), area, "ALL", "01-Jul-2026", "01-Jul-2026 23:59")
        filled = [row["Value"] is not None for row in answer["Rows"]]
        newest = filled.index(False)
        assert len(filled) == 96
        assert not any(filled[newest:])
        past = (13 * 60 + minutes) // 15 + 1
        assert past - slots_late - 1 <= newest <= past
        assert answer["LastUpdated"] == answer["Rows"][newest - 1]["EffectiveTime"]


def test_a_value_appears_once_and_then_stays(serve: Serve, ask: Ask, feed: Simulated) -> None:
    seen: set[float | None] = set()
    for minutes in range(40):
        now = datetime(2026, 7, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes)
        rows = ask(serve(now=now), "windactual", "ROI", "01-Jul-2026 13:00", "01-Jul-2026 13:00")["Rows"]
        seen.add(rows[0]["Value"])
    assert seen == {None, feed.value("WIND_ACTUAL", "ROI", datetime(2026, 7, 1, 12, tzinfo=UTC))}


def test_links_and_their_sum_come_together(serve: Serve, ask: Ask) -> None:
    for minutes in range(0, 45, 4):
        now = datetime(2026, 7, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes)
        rows = ask(serve(now=now), "interconnection", "ALL", "01-Jul-2026 13:00", "01-Jul-2026 13:00")["Rows"]
        assert len({row["Value"] is None for row in rows}) == 1


def test_snsp_has_no_row_before_its_value(serve: Serve, ask: Ask) -> None:
    rows = ask(serve(), "SnspAll", "ALL", "22-Nov-2026", "22-Nov-2026 23:59")["Rows"]
    assert all(row["Value"] is not None for row in rows)
    assert rows[-1]["EffectiveTime"] in {"22-Nov-2026 19:30:00", "22-Nov-2026 20:00:00"}
    assert len(rows) in {40, 41}


def test_the_future_of_an_actual_series_is_null_rows(serve: Serve, ask: Ask) -> None:
    answer = ask(serve(), "windactual", "ALL", "24-Nov-2026", "24-Nov-2026 23:59")
    assert [row["Value"] for row in answer["Rows"]] == [None] * 96
    assert answer["LastUpdated"] is None


def test_frequency_is_a_minute_behind(serve: Serve, ask: Ask) -> None:
    rows = ask(serve(), "frequency", "ALL", "22-Nov-2026 20:00", "22-Nov-2026 20:09")["Rows"]
    known = [row["EffectiveTime"] for row in rows if row["Value"] is not None]
    assert len(rows) == 120
    assert "22-Nov-2026 20:05:50" < known[-1] < "22-Nov-2026 20:07:00"


def test_wind_forecast_ends_with_tomorrow(serve: Serve, ask: Ask) -> None:
    answer = ask(serve(), "windforecast", "ROI", "20-Nov-2026", "25-Nov-2026")
    filled = {row["EffectiveTime"]: row["Value"] is not None for row in answer["Rows"]}
    assert filled["20-Nov-2026 00:00:00"]
    assert filled["23-Nov-2026 23:45:00"]
    assert not filled["24-Nov-2026 00:00:00"]
    assert answer["LastUpdated"] == "22-Nov-2026 06:00:00"


def test_a_forecast_before_six_is_yesterdays(serve: Serve, ask: Ask) -> None:
    early = serve(now=datetime(2026, 11, 22, 5, 59, tzinfo=UTC))
    assert ask(early, "windforecast", "ROI", "22-Nov-2026", "22-Nov-2026")["LastUpdated"] == "21-Nov-2026 06:00:00"


@pytest.mark.parametrize("region", ["ROI", "NI", "ALL"])
def test_demand_forecast_is_the_time_to_come(serve: Serve, ask: Ask, region: str) -> None:
    answer = ask(serve(), "demandforecast", region, "22-Nov-2026", "30-Nov-2026")
    times = [row["EffectiveTime"] for row in answer["Rows"]]
    assert times[:2] == ["22-Nov-2026 20:30:00", "22-Nov-2026 21:00:00"]
    assert times[-1] == "23-Nov-2026 23:30:00"
    assert all(row["Value"] > 0 for row in answer["Rows"])
    assert answer["LastUpdated"] == "22-Nov-2026 20:05:00"
    assert ask(serve(), "demandforecast", region, "21-Nov-2026", "21-Nov-2026 23:59")["Rows"] == []
