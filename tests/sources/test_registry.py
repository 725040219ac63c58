"""What every registered source keeps to."""

import inspect
import pkgutil
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from include import sources
from include.domain import catalogue
from include.domain.errors import SettingInvalid
from include.settings import load_settings
from include.sources.base import Source, SourceEntry
from include.sources.registry import PARTS, SOURCES, enabled, installed, source

NOW = datetime(2026, 2, 10, tzinfo=UTC)
each = pytest.mark.parametrize("entry", SOURCES, ids=lambda entry: entry.source_id)


@each
def test_its_class_is_a_source_of_that_id(entry: SourceEntry) -> None:
    loaded = entry.load()
    assert issubclass(loaded, Source)
    assert not inspect.isabstract(loaded)
    assert loaded.source_id == entry.source_id
    assert re.fullmatch(r"[a-z0-9_]+", entry.source_id)


@each
def test_it_is_found_by_its_id(entry: SourceEntry) -> None:
    assert source(entry.source_id) is entry
    assert [entry.area(one.name) for one in entry.areas] == list(entry.areas)
    assert entry.problem == ""


def test_what_is_no_part_of_theirs_is_a_source() -> None:
    assert {entry.source_id for entry in installed()} >= {"eirgrid", "csv_folder"}
    assert not PARTS & {entry.source_id for entry in installed()}
    assert {module.name for module in pkgutil.iter_modules(sources.__path__)} >= PARTS


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"GRID_CSV_FOLDER": " "}, False),
        ({"GRID_CSV_FOLDER": "somewhere"}, True),
        ({"AIRFLOW__GRID__CSV_FOLDER": "somewhere"}, True),
    ],
)
def test_a_source_with_a_setting_of_its_own_is_on_when_it_is_set(environment: dict[str, str], on: bool) -> None:
    found = {entry.source_id for entry in enabled(environment)}
    assert "eirgrid" in found
    assert ("csv_folder" in found) is on


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SOURCE = 5", "SOURCE: got 5; allowed: a SourceEntry with source_id='barometer'"),
        ("X = 1", "SOURCE: got None; allowed: a SourceEntry"),
        ("from include.sources.eirgrid import SOURCE", "SOURCE: got source_id='eirgrid'; allowed: 'barometer'"),
        ("def broken(:", "SyntaxError: invalid syntax (barometer.py, line 1)"),
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ],
)
def test_a_module_that_is_no_source_has_a_problem_and_harms_nobody(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "include.sources.barometer", raising=False)
    (tmp_path / "barometer.py").write_text(text, encoding="utf-8")
    found = {entry.source_id: entry for entry in enabled({})}
    assert found["barometer"].problem.startswith(f"include/sources/barometer: {problem}")
    assert found["barometer"].areas == ()
    assert found["eirgrid"] is source("eirgrid")


@pytest.mark.parametrize(("name", "whose"), [("wind", "eirgrid"), ("snapshot", "the REST API")])
def test_a_source_that_takes_anothers_area_has_a_problem_and_harms_nobody(
    name: str, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv, eirgrid = (one for one in installed() if one.source_id in {"eirgrid", "csv_folder"})
    other = replace(csv, areas=(replace(eirgrid.areas[0], name=name),))
    monkeypatch.setattr("include.sources.registry.installed", lambda: (other, eirgrid))
    first, second = enabled({"GRID_CSV_FOLDER": "somewhere"})
    assert first is eirgrid
    assert second.areas == ()
    assert second.problem == f"csv_folder: area {name!r}: {whose} has this name already; choose another"


def test_ids_are_unique() -> None:
    assert len({entry.source_id for entry in SOURCES}) == len(SOURCES) >= 1


def test_an_unknown_source_or_area_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingInvalid, match="source: got 'entsoe'; allowed: eirgrid"):
        source("entsoe")
    with pytest.raises(SettingInvalid, match="areas: got 'tidal'; allowed: wind, solar, demand"):
        source("eirgrid").area("tidal")


def test_eirgrid_has_every_area_of_the_catalogue_and_an_interface_for_every_series() -> None:
    loaded = (
        source("eirgrid")
        .load()
        .from_settings(
            load_settings(store="data", feed="simulated", upstream="http://127.0.0.1:9010"), clock=lambda: NOW
        )
    )
    assert source("eirgrid").areas == catalogue.AREAS
    interfaces = loaded.interfaces  # type: ignore[attr-defined]
    for one in (one for area in catalogue.AREAS for one in area.series):
        assert set(one.route.live) | set(one.route.elapsed) <= set(interfaces)


def test_eirgrid_is_not_asked_without_a_contact() -> None:
    loaded = source("eirgrid").load()
    with pytest.raises(SettingInvalid, match="GRID_CONTACT"):
        loaded.from_settings(load_settings(store="data"), clock=lambda: NOW)


def test_settings_become_the_clients_manners() -> None:
    settings = load_settings(
        store="data", contact="ops@example.org", request_timeout=12, max_retries=3, request_spacing=0.7
    )
    client = source("eirgrid").load().from_settings(settings, clock=lambda: NOW).client  # type: ignore[attr-defined]
    assert "ops@example.org" in client.session.headers["User-Agent"]
    assert (client.politeness.timeout, client.politeness.max_retries, client.politeness.spacing) == (12, 3, 0.7)
    assert client.feed == "eirgrid"
