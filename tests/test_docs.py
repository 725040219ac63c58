"""What the reference pages list is what there is."""

import re
from pathlib import Path

import pytest

from include.domain.catalogue import area_names
from include.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]


def settings_table() -> str:
    rows = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "required" if field.is_required() else f"`{field.default}`" if field.default else "–"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def test_the_settings_page_lists_every_setting_as_it_is() -> None:
    assert settings_table() in (ROOT / "docs" / "reference" / "settings.md").read_text()


def test_the_rest_page_names_every_area() -> None:
    page = (ROOT / "docs" / "reference" / "rest.md").read_text()
    assert [name for name in area_names() if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_links_of_the_front_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []
