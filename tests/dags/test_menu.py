"""The entries of Airflow's menu."""

import pytest
from grid_menu import menu


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRID_SITE", "AIRFLOW__GRID__SITE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["GRID_SITE", "AIRFLOW__GRID__SITE"])
def test_they_lead_to_the_site_that_is_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "https://grid.example.org/")
    assert {entry["name"]: entry["href"] for entry in menu()} == {
        "Dashboard": "https://grid.example.org/ui/",
        "Completeness": "https://grid.example.org/ui/completeness/",
        "Status": "https://grid.example.org/ui/status/",
        "Guide": "https://grid.example.org/guide/",
    }


@pytest.mark.parametrize("value", ["", "grid.example.org", "javascript:alert(1)"])
def test_without_an_address_there_are_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRID_SITE", value)
    assert menu() == []
