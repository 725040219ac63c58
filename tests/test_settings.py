"""Settings from the environment: what is absent or wrong is named in one line, with what is allowed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from include.domain.errors import SettingInvalid
from include.domain.readings import Feed
from include.settings import MWAA_PREFIX, PREFIX, Settings, load_settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        for prefix in (PREFIX, MWAA_PREFIX):
            monkeypatch.delenv(f"{prefix}{name.upper()}", raising=False)


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_a_store_is_all_that_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, GRID_STORE=" s3://bucket/prefix ")
    settings = load_settings()
    assert settings.store == "s3://bucket/prefix"
    assert settings.feed is Feed.EIRGRID
    assert (settings.upstream, settings.now, settings.days_back) == (None, None, 1)


def test_an_absent_store_is_named() -> None:
    with pytest.raises(SettingInvalid) as caught:
        load_settings()
    assert (
        str(caught.value)
        == "GRID_STORE: not set; allowed: Where readings lie: `s3://bucket/prefix`, or the path of a folder"
    )


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GRID_STORE", "  ", "GRID_STORE: got '  '; allowed: Where readings lie"),
        ("GRID_FEED", "esb", "Input should be 'eirgrid', 'simulated' or 'recorded'"),
        ("GRID_FEED", "EirGrid", "GRID_FEED: got 'EirGrid'; allowed: Where the numbers come from"),
        ("GRID_MAX_CONCURRENCY", "many", "GRID_MAX_CONCURRENCY: got 'many'; allowed: Most units of a source"),
        ("GRID_MAX_CONCURRENCY", "1", "greater than or equal to 2"),
        ("GRID_MAX_CONCURRENCY", "65", "less than or equal to 64"),
        ("GRID_UNIT_DEADLINE", "0", "greater than 0"),
        ("GRID_UNIT_DEADLINE", "541", "less than or equal to 540"),
        ("GRID_REQUEST_TIMEOUT", "0", "greater than 0"),
        ("GRID_REQUEST_TIMEOUT", "301", "less than or equal to 300"),
        ("GRID_REQUEST_TIMEOUT", "nan", "GRID_REQUEST_TIMEOUT: got 'nan'"),
        ("GRID_MAX_RETRIES", "-1", "greater than or equal to 0"),
        ("GRID_MAX_RETRIES", "2.5", "GRID_MAX_RETRIES: got '2.5'; allowed: Retries of one request"),
        ("GRID_REQUEST_SPACING", "-0.1", "greater than or equal to 0"),
        ("GRID_DAYS_BACK", "32", "less than or equal to 31"),
        ("GRID_UPSTREAM", "localhost", "GRID_UPSTREAM: got 'localhost'; allowed: Base URL of a stand-in upstream"),
        ("GRID_NOW", "noon", "GRID_NOW: got 'noon'; allowed: An instant with its offset"),
        ("GRID_NOW", "2026-11-22T20:00:00", "an instant with its offset, such as 2026-11-22T20:00:00Z"),
        ("GRID_CONTACT", "a@example.org\r\nHost: b", "one line of ASCII"),
        ("GRID_CONTACT", "Zoë@example.org", "one line of ASCII"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, **({"GRID_STORE": "data"} | {name: value}))
    with pytest.raises(SettingInvalid) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}: got {value!r}; allowed: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("most", range(2, 65))
def test_the_two_pools_together_are_the_most_that_ask_at_once(most: int) -> None:
    settings = load_settings(store="data", max_concurrency=most)
    assert settings.live_slots + settings.repair_slots == most
    assert settings.live_slots >= settings.repair_slots >= 1


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"GRID_FEED": "simulated"},
            "GRID_UPSTREAM: got None; allowed: the base URL of the stand-in that serves simulated data",
        ),
        (
            {"GRID_UPSTREAM": "http://localhost:9010"},
            "GRID_UPSTREAM: got 'http://localhost:9010/'; allowed: no value with GRID_FEED=eirgrid",
        ),
    ],
)
def test_feed_and_upstream_belong_together(values: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, GRID_STORE="data", **values)
    with pytest.raises(SettingInvalid) as caught:
        load_settings()
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("contact", ["", "me", "Grid team"])
def test_eirgrid_is_not_asked_without_an_address_or_url(contact: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        load_settings(store="data", contact=contact).require_contact()
    assert str(caught.value).startswith(f"GRID_CONTACT: got {contact!r}; allowed: an e-mail address or URL")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("contact", ["ops@example.org", "https://example.org/grid", " ops@example.org\n"])
def test_an_address_or_url_is_a_contact(contact: str) -> None:
    assert load_settings(store="data", contact=contact).require_contact() == contact.strip()


def test_a_stand_in_needs_no_contact() -> None:
    settings = load_settings(store="data", feed="simulated", upstream="http://localhost:9010")
    assert settings.require_contact() == ""


def test_amazon_mwaas_configuration_options_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(
        monkeypatch,
        AIRFLOW__GRID__STORE="s3://bucket/prefix",
        AIRFLOW__GRID__CONTACT="ops@example.org",
        AIRFLOW__GRID__MAX_RETRIES="3",
    )
    settings = load_settings()
    assert (settings.store, settings.contact, settings.max_retries) == ("s3://bucket/prefix", "ops@example.org", 3)


def test_a_grid_variable_comes_before_amazon_mwaas(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, AIRFLOW__GRID__STORE="s3://bucket/prefix", GRID_STORE="data", AIRFLOW__GRID__DAYS_BACK="3")
    assert (load_settings().store, load_settings().days_back) == ("data", 3)


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, GRID_STORE="data", GRID_DAYS_BACK="3")
    assert load_settings(days_back=2).days_back == 2


def test_settings_are_read_when_asked_and_then_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, GRID_STORE="data")
    settings: Any = load_settings()
    _set(monkeypatch, GRID_STORE="elsewhere")
    assert (settings.store, load_settings().store) == ("data", "elsewhere")
    with pytest.raises(ValueError, match="frozen"):
        settings.store = "third"


def test_a_fixed_clock_stands_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, GRID_STORE="data", GRID_NOW="2026-07-01T12:00:00+01:00")
    assert load_settings().clock() == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert load_settings().clock().tzinfo is UTC


def test_without_a_fixed_clock_it_is_the_machines() -> None:
    before = datetime.now(UTC)
    assert before <= load_settings(store="data").clock() <= datetime.now(UTC)
