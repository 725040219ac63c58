"""What is held in memory: looked at again in the background, swapped whole, kept when the store fails."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.app import create_app
from api.settings import ApiSettings, load_settings
from api.summaries import Summaries
from include.domain.errors import SettingInvalid, StorageError
from include.storage.keys import summary_key
from include.storage.local import LocalStore
from include.storage.object_store import StoredObject
from tests.api.conftest import Api, Start
from tests.jobs.invented import NOW, at


class Watched(LocalStore):
    """A folder that notes what is asked of it, and fails on demand."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: list[str] = []
        self.error: Exception | None = None
        self.fails_from = 0
        self.before_get: Callable[[], None] = lambda: None

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        self.asked.append(key)
        self.before_get()
        if self.error is not None and len(self.asked) > self.fails_from:
            raise self.error
        return super().get(key, unless=unless)


def _held(summaries: Summaries) -> dict[str, bytes]:
    return {name: summary.body.data for name, summary in summaries.loaded.bodies.items()}


def test_no_request_waits_for_the_store(filled: LocalStore, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(filled.root)
    monkeypatch.setattr("api.store.open_store", lambda _: watched)
    api = start(filled)
    watched.asked.clear()
    for path in ("/api/current", "/api/wind", "/api/gaps", "/health", "/ui/", "/api/tidal"):
        assert api.get(path).status_code in {200, 404}
    assert watched.asked == []


def test_a_refresh_is_seen_whole(filled: LocalStore) -> None:
    """While it looks at one summary after the other, readers have all of the old ones."""
    watched = Watched(filled.root)
    summaries = Summaries(watched, clock=lambda: at(NOW))
    summaries.refresh()
    before = _held(summaries)
    for name in before:
        filled.overwrite(summary_key(name), b'{"feed":"simulated","new":"' + name.encode() + b'"}')
    seen: list[dict[str, bytes]] = []
    watched.before_get = lambda: seen.append(_held(summaries))
    summaries.refresh()
    assert len(seen) == len(before)
    assert all(one == before for one in seen)
    assert _held(summaries) == {name: b'{"feed":"simulated","new":"' + name.encode() + b'"}' for name in before}


def test_what_has_not_changed_is_not_made_again(filled: LocalStore) -> None:
    summaries = Summaries(filled, clock=lambda: at(NOW))
    summaries.refresh()
    wind, current = summaries.get("wind"), summaries.get("current")
    filled.overwrite(summary_key("current"), b'{"feed":"simulated"}')
    summaries.refresh()
    assert summaries.get("wind") is wind
    assert summaries.get("current") is not current


@pytest.mark.parametrize("error", [StorageError("bucket gone"), OSError("disk gone")])
@pytest.mark.parametrize("fails_from", [0, 3])
def test_a_failing_store_keeps_the_last_good_data_and_health_says_so(
    error: Exception, fails_from: int, filled: LocalStore, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(filled.root)
    monkeypatch.setattr("api.store.open_store", lambda _: watched)
    api = start(filled)
    before = {path: api.get(path).content for path in ("/api/current", "/api/wind", "/api/snapshot")}
    for path, data in before.items():
        filled.overwrite(summary_key(path.removeprefix("/api/")), data + b"\n")
    watched.asked.clear()
    watched.error, watched.fails_from = error, fails_from
    api.at(at("2026-02-10T12:10:00Z"))
    api.refresh()
    assert {path: api.get(path).content for path in before} == before
    health = api.get("/health").json()
    assert health["status"] == "degraded"
    assert health["store"] == f"{type(error).__name__}: the store cannot be read"
    assert health["cached_at"] == "2026-02-10T12:05:00+00:00", "the last good look"
    watched.error = None
    api.refresh()
    assert {path: api.get(path).content for path in before} == {path: data + b"\n" for path, data in before.items()}
    assert api.get("/health").json()["store"] == "ok"


def test_the_store_is_looked_at_in_the_background(filled: LocalStore, start: Start) -> None:
    api = start(filled, cache_ttl_seconds=0.02)
    filled.overwrite(summary_key("wind"), b'{"feed":"simulated","area":"wind"}')
    for _ in range(250):
        if api.get("/api/wind").content == b'{"feed":"simulated","area":"wind"}':
            break
        time.sleep(0.02)
    else:
        pytest.fail("the API still serves what it started with")


def test_the_first_export_is_picked_up(empty: Api, filled: LocalStore) -> None:
    for name in ("current", "wind"):
        found = filled.get(summary_key(name))
        assert found is not None
        empty.store.overwrite(summary_key(name), found.data)
    assert empty.get("/api/wind").status_code == 503
    empty.refresh()
    assert empty.get("/api/wind").status_code == 200
    assert empty.get("/health").json()["areas_loaded"] == 1


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "GRID_STORE: not set; allowed: s3://bucket/prefix, or the path of a folder"),
        (
            {"GRID_STORE": "ftp://host"},
            "GRID_STORE: got 'ftp://host'; allowed: s3://bucket/prefix, or the path of a folder",
        ),
        (
            {"CACHE_TTL_SECONDS": "often"},
            "CACHE_TTL_SECONDS: got 'often'; allowed: Seconds between two looks at the store (Input should be",
        ),
        (
            {"GRID_NOW": "2026-02-10T12:00:00"},
            "GRID_NOW: got '2026-02-10T12:00:00'; allowed: Fixes the clock, for replays and tests (Input should have t",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    values: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingInvalid) as caught:
        create_app()
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRID_STORE", "data")
    monkeypatch.setenv("CACHE_TTL_SECONDS", "300")
    settings = load_settings()
    assert (settings.location(), settings.cache_ttl_seconds) == ("data", 300)
    assert isinstance(settings, ApiSettings)


def test_a_summary_that_cannot_be_read_leaves_the_last_good_one(filled: LocalStore) -> None:
    summaries = Summaries(filled, clock=lambda: at(NOW))
    summaries.refresh()
    before = _held(summaries)
    filled.overwrite(summary_key("wind"), b'{"torn')
    summaries.refresh()
    assert _held(summaries) == before
    assert summaries.loaded.error
    filled.overwrite(summary_key("wind"), before["wind"])
    summaries.refresh()
    assert summaries.loaded.error is None


def test_a_store_that_vanishes_is_told_and_the_last_good_data_are_served(filled: LocalStore, start: Start) -> None:
    api = start(filled)
    before = api.get("/api/wind").content
    filled.root.rename(filled.root.with_name("elsewhere"))
    api.refresh()
    assert api.get("/api/wind").content == before
    assert api.get("/health").json()["store"] == "StorageError: the store cannot be read"
    assert api.get("/api/wind?start=2026-02-10&end=2026-02-11").status_code == 503


def test_a_store_without_anything_says_so(empty: Api) -> None:
    assert empty.get("/health").json()["store"] == "nothing has been exported to it yet"
