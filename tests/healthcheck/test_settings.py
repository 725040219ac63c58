"""Settings and texts: one line says what is wrong, and both clock changes are shown rightly."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from healthcheck_lambda import handler as health

GIVEN = {"BASE_URL": "https://grid.example.org", "SNS_TOPIC_ARN": "a", "STATE_BUCKET": "b", "STATE_KEY": "c"}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_setting_is_named(name: str, value: str | None, given: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=rf"^{name} is not set: .*environment variable$"):
        health.handler({}, None)


@pytest.mark.parametrize(
    "value", ["grid.example.org", "ftp://x/", "https://", "https://a b", "file:///etc", "https://x?y"]
)
def test_an_address_that_is_none_is_named(value: str, given: None) -> None:
    with pytest.raises(ValueError, match=r"^BASE_URL: got '.*'; allowed: the address of the API, https://…$"):
        health.read_settings({"base_url": value})


@pytest.mark.parametrize("value", ["soon", "0", -1, "nan", "inf", True, [], ""])
@pytest.mark.parametrize(("key", "name"), [("staleness_hours", "STALENESS_HOURS"), ("timeout", "TIMEOUT")])
def test_a_number_that_is_none_is_named(value: object, key: str, name: str, given: None) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: got .*; allowed: a number above 0$"):
        health.read_settings({key: value})


def test_what_is_not_given(given: None) -> None:
    found = health.read_settings(None)
    assert (found.timeout, found.staleness, found.namespace, found.daily, found.drill) == (
        5.0, None, "EirgridAirflow", False, False,
    )  # fmt: skip
    assert found.guide_url == "https://grid.example.org/guide"


def test_the_event_goes_before_the_environment(given: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STALENESS_HOURS", "24")
    monkeypatch.setenv("TIMEOUT", "3")
    assert health.read_settings({}).staleness == timedelta(hours=24)
    found = health.read_settings({"base_url": "http://x/prod/", "staleness_hours": 1.5, "timeout": "7", "daily": True})
    assert (found.base_url, found.staleness, found.timeout) == ("http://x/prod", timedelta(hours=1.5), 7.0)
    assert found.daily
    assert found.drill


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-10-25T00:45", "2026-10-25 00:45 UTC (01:45 IST)"),
        ("2026-10-25T01:45", "2026-10-25 01:45 UTC (01:45 GMT)"),
        ("2027-03-28T00:59", "2027-03-28 00:59 UTC (00:59 GMT)"),
        ("2027-03-28T01:00", "2027-03-28 01:00 UTC (02:00 IST)"),
        ("2026-07-01T23:30", "2026-07-01 23:30 UTC (00:30 IST)"),
    ],
)
def test_times_are_shown_in_utc_and_as_irish_clocks_show_them(moment: str, told: str) -> None:
    assert health.both(datetime.fromisoformat(moment).replace(tzinfo=UTC)) == told


def test_irish_time_is_that_of_the_time_zone_database() -> None:
    """Lambda's Python has none, so the rule is in the file."""
    dublin = ZoneInfo("Europe/Dublin")
    for year in range(2014, 2041):
        for first in (datetime(year, 3, 25, tzinfo=UTC), datetime(year, 10, 25, tzinfo=UTC)):
            for minutes in range(0, 8 * 1440, 30):
                moment = first + timedelta(minutes=minutes)
                assert f"({moment.astimezone(dublin):%H:%M %Z})" in health.both(moment)


@pytest.mark.parametrize(
    ("minutes", "told"), [(0, "0 h"), (59, "0 h 59 min"), (180, "3 h"), (187, "3 h 07 min"), (3000, "50 h")]
)
def test_lengths_of_time(minutes: int, told: str) -> None:
    assert health.span(timedelta(minutes=minutes)) == told


def test_a_subject_is_one_that_sns_takes() -> None:
    found = health.one_line("Gré\nin" + "x" * 200)
    assert found.startswith("Gr??inx")
    assert len(found) == 100
    assert found.endswith("...")
    assert health.one_line("a" * 100) == "a" * 100
