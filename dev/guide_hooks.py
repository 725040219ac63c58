"""What MkDocs does beside its own for the guide: Mermaid comes from the site itself, on the pages that draw with it."""

from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

PACKAGE: Final = Path(__file__).resolve().parent / "mermaid" / "node_modules" / "@mermaid-js" / "tiny"
SCRIPT: Final = "assets/javascripts/mermaid.tiny.js"
COLOURS: Final = "assets/diagrams.js"
SERVED: Final = {
    SCRIPT: PACKAGE / "dist" / "mermaid.tiny.js",
    "assets/javascripts/mermaid.LICENSE": PACKAGE / "LICENSE",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the bundle and its licence into the site."""
    for address, source in SERVED.items():
        if not source.exists():
            raise PluginError(f"{source} is not there: build with `make guide`, which installs it")
        files.append(File.generated(config, address, abs_src_path=str(source)))
    return files


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001  MkDocs' own names
    """Load the bundle on a page with a diagram: Material asks another host for one when `mermaid` is not there.

    And name the search dialog, which Material does not.
    """
    output = output.replace('role="dialog">', 'role="dialog" aria-label="Search">')
    if '<pre class="mermaid">' not in output:
        return output
    head, end, tail = output.rpartition("</body>")
    scripts = [f'<script src="{get_relative_url(one, page.url)}"></script>' for one in (SCRIPT, COLOURS)]
    return "".join([head, *scripts, end, tail])
