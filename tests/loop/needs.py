"""What tests need that `make setup` does not bring: one line names the `make` target that does."""

from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
BUILT: Final = {
    "dashboard": ROOT / "api" / "dashboard" / "dist" / ".built",
    "guide": ROOT / "site" / ".built",
    "browser": ROOT / ".local" / "chromium",
}
"""What each target of the Makefile leaves when it is done."""
NEEDED_BY_MARKER: Final = {"browser": ("browser", "dashboard", "guide")}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*targets): what `make` must have built: dashboard, guide or browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stop before the first test rather than fail each: whoever runs one file reads one line."""
    targets = {target for item in items for target in needed_targets(item)}
    absent = sorted(target for target in targets if not BUILT[target].exists())
    if absent:
        files = sorted({item.path.relative_to(ROOT).as_posix() for item in items if absent_for(item, absent)})
        named = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more files"
        raise pytest.UsageError(f"not built: {', '.join(absent)}, needed by {named}; run `make {' '.join(absent)}`")


def absent_for(item: pytest.Item, absent: list[str]) -> bool:
    return bool(needed_targets(item) & set(absent))


def needed_targets(item: pytest.Item) -> set[str]:
    """Targets that the markers of a test name."""
    named = {target for mark in item.iter_markers("needs") for target in mark.args}
    implied = {
        target for name, targets in NEEDED_BY_MARKER.items() if item.get_closest_marker(name) for target in targets
    }
    return named | implied
