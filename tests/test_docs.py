"""What the reference pages list is what there is."""

import re
from pathlib import Path

import pytest

from dev.reference import PAGE_MAKERS, PAGES
from include.domain.catalogue import area_names

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("page", PAGE_MAKERS)
def test_a_page_made_from_the_code_is_up_to_date(page: str) -> None:
    assert (PAGES / page).read_text() == PAGE_MAKERS[page](), "run `make reference`"


def test_the_rest_page_names_every_area() -> None:
    page = (ROOT / "docs" / "reference" / "rest.md").read_text()
    assert [name for name in area_names() if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_links_of_the_front_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []
