"""The built guide: strict, whole, and without anything from elsewhere."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.samples import ROOT

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("docs"), pytest.mark.timeout(180), pytest.mark.needs("guide")]

LOADED = re.compile(r"<(?:script|img|iframe)\b[^>]*\bsrc=[\"']?(\S+?)[\"'\s>]|<link\b[^>]*\bhref=[\"']?(\S+?)[\"'\s>]")
BROKEN = """
[a page](nowhere.md), [a heading](explanation/gaps.md#nowhere), [from the root](/ui/), [a folder](explanation/)
"""


def build(checkout: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Run the command of `make guide`, whose options decide what goes through."""
    asked = ["make", "-n", "-W", "mkdocs.yml", "guide"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    command = next(line for line in told.splitlines() if "mkdocs build" in line)
    return subprocess.run(
        f"{command} --site-dir {site}", shell=True, cwd=checkout, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    loaded = {one for page in pages for pair in LOADED.findall(page.read_text(encoding="utf-8")) for one in pair if one}
    assert any("bundle" in one for one in loaded)
    assert [one for one in loaded if re.match(r"(?:\w+:)?//", one)] == []


def test_mermaid_comes_with_the_pages_that_draw(site: Path) -> None:
    texts = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    drawing = {page for page, text in texts.items() if '<pre class="mermaid">' in text}
    assert {page.parent.name for page in drawing} >= {"architecture", "gaps"}
    assert {page for page, text in texts.items() if "mermaid.tiny.js" in text} == drawing
    assert (site / "assets/javascripts/mermaid.tiny.js").stat().st_size > 1_000_000
    assert "MIT" in (site / "assets/javascripts/mermaid.LICENSE").read_text()


def test_what_is_broken_or_has_no_place_stops_the_build(copy: Path, tmp_path: Path) -> None:
    (copy / "dev" / "mermaid" / "node_modules").symlink_to(ROOT / "dev" / "mermaid" / "node_modules")
    (copy / "docs" / "orphan.md").write_text("# Nobody leads here\n", encoding="utf-8")
    with (copy / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write(BROKEN)
    done = build(copy, tmp_path / "site")
    assert done.returncode != 0
    for fault in ("orphan.md", "nowhere.md", "#nowhere", "/ui/", "explanation/"):
        assert fault in done.stderr, f"{fault} goes through:\n{done.stderr}"


def test_without_mermaid_the_build_says_what_to_do(copy: Path, tmp_path: Path) -> None:
    done = build(copy, tmp_path / "site")
    assert done.returncode != 0
    assert "make guide" in done.stdout + done.stderr
