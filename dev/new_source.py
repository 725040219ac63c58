"""`make new-source NAME=…`: a source and its test from a template; the DAG `ingest_<name>` appears by itself."""

import keyword
import re
import subprocess
import sys
from string import Template
from typing import Annotated, Final

import typer

from dev.stack import ROOT
from include.domain.catalogue import NO_AREAS, area_names
from include.sources.registry import PARTS, installed

TEMPLATES: Final = ROOT / "dev" / "templates"
NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST: Final = 40
ALLOWED: Final = (
    f"up to {LONGEST} lower-case letters, digits and single underscores, no word of Python's, such as met_eireann"
)


def main(name: Annotated[str, typer.Argument(help="lower-case letters, digits and single underscores")] = "") -> None:
    """Write include/sources/NAME.py and tests/sources/test_NAME.py, and say what to change in them."""
    taken = sorted({*PARTS, *NO_AREAS, *area_names(), *(entry.source_id for entry in installed())})
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or len(name) > LONGEST:
        _refuse(f"NAME: got {name!r}; allowed: {ALLOWED}")
    if name in taken:
        _refuse(f"NAME: got {name!r}; allowed: a name that is not taken: {', '.join(taken)}")
    words = {
        "name": name,
        "class_name": "".join(part.title() for part in name.split("_")) + "Source",
        "field": name.upper(),
        "title": name.replace("_", " ").capitalize(),
    }
    files = {
        ROOT / "include" / "sources" / f"{name}.py": "source.py.txt",
        ROOT / "tests" / "sources" / f"test_{name}.py": "test_source.py.txt",
    }
    there = [str(file.relative_to(ROOT)) for file in files if file.exists()]
    if there:
        _refuse(f"NAME: got {name!r}; allowed: a name for which there is no {there[0]} yet")
    for file, template in files.items():
        text = Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file.relative_to(ROOT)}")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *map(str, files)], cwd=ROOT, check=True)
    print(f"""
next
  1. in include/sources/{name}.py: URL, SERIES and SOURCE, then what _read makes of an answer
  2. .venv/bin/python -m pytest tests/sources/test_{name}.py
  3. make run FEED=eirgrid CONTACT=…: the DAG ingest_{name} is there""")


def _refuse(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    raise SystemExit(2)


if __name__ == "__main__":
    typer.run(main)
