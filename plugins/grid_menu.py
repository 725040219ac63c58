"""Entries of Airflow's menu that lead to the dashboard, the completeness page and the guide.

Standard library and Airflow only: the web server loads plugins without the bundle. Without the setting `site` there are
no entries.
"""

import os
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PAGES = {"Dashboard": "ui/", "Completeness": "ui/completeness/", "Status": "ui/status/", "Guide": "guide/"}


def site() -> str:
    """Address of the API, dashboard and guide, as include/settings.py has it; empty when it is not set."""
    return (os.environ.get("GRID_SITE") or os.environ.get("AIRFLOW__GRID__SITE") or "").strip().rstrip("/")


def menu() -> list[dict[str, Any]]:
    """One entry per page, in one group of the menu; each opens in a tab of its own."""
    if not site().startswith(("http://", "https://")):
        return []
    return [
        {"name": name, "href": f"{site()}/{path}", "destination": "nav", "category": "Irish grid"}
        for name, path in PAGES.items()
    ]


class GridMenuPlugin(AirflowPlugin):  # type: ignore[misc]  # Airflow is untyped here
    """Registers the entries."""

    name = "grid_menu"
    external_views = menu()
