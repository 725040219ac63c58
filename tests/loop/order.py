"""In which order tests start: those that wait most first, so that no worker is left alone with them at the end."""

from typing import Final

import pytest

SLOWEST_FIRST: Final = ("e2e", "browser", "server")
SHARED_DEPLOYMENTS: Final = (
    # It looks at a store that nothing but one live run has filled.
    "test_simulated_feed.py",
    "test_mwaa_layout.py",
    "test_csv_source.py",
    "test_gapcheck.py",
    "test_built_on.py",
    "test_clear.py",
    "test_backfill.py",
    # It pauses every DAG and leaves runs that wait.
    "test_guide_commands.py",
)
"""Files that share a deployment, each after those whose work it does not mind."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by kind; tests of one kind keep their order."""
    items.sort(key=lambda item: (kind_of(item), place_of(item)))


def kind_of(item: pytest.Item) -> int:
    kinds = [place for place, name in enumerate(SLOWEST_FIRST) if item.get_closest_marker(name)]
    return kinds[0] if kinds else len(SLOWEST_FIRST)


def place_of(item: pytest.Item) -> int:
    shares = bool(item.get_closest_marker("e2e")) and item.path.name in SHARED_DEPLOYMENTS
    return SHARED_DEPLOYMENTS.index(item.path.name) if shares else len(SHARED_DEPLOYMENTS)
