"""The fenced blocks of the guide and the README, and what each line of a shell block is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE: Final = re.compile(r'^(?P<indent> *)```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?$')
OUTPUT: Final = "Output"
"""Title of a block that shows what the sample above it prints."""


@dataclass(frozen=True)
class Sample:
    """One fenced block."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{self.page}:{self.line}"


class Kind(StrEnum):
    """What is done with a line of a shell block."""

    DRY = "make -n: the target is there and takes these variables; what it does is tested elsewhere"
    SCAFFOLD = "make, in a copy of the project"
    AIRFLOW = "by tests/e2e/test_guide_commands.py, against a real deployment"
    MWAA = "the AWS CLI's own check of the parameters, against a stub; requests to Airflow as AIRFLOW"
    COMPOSE = "held against docker-compose.yaml; what it starts is run by tests/distributed"
    SERVER = "started, asked, and stopped"
    RUN = "as it stands, in a copy of the project"


@dataclass(frozen=True)
class Line:
    """One command of a shell block, continued lines joined."""

    place: str
    text: str
    kind: Kind


RULES: Final = [
    (Kind.SCAFFOLD, re.compile(r"make new-source NAME=\w+$")),
    (Kind.DRY, re.compile(r"(?:[A-Z_]+=\S+ )?make \w+")),
    (Kind.AIRFLOW, re.compile(r"(?:dev/)?airflow (?:dags trigger|backfill create|tasks clear|pools set) ")),
    (Kind.MWAA, re.compile(r"aws mwaa ")),
    (Kind.COMPOSE, re.compile(r"(?:[A-Z_]+=\S+ )*docker compose ")),
    (Kind.SERVER, re.compile(r"(?:[A-Z_]+=\S+ )*\.venv/bin/python -m api\b")),
    (Kind.RUN, re.compile(r"(?:export [A-Z_]+=|[A-Z_]+=\$\(aws |aws (?:s3|s3api|sns|cloudformation) |curl )")),
    (Kind.RUN, re.compile(r"(?:cp \S+ \S+$|head |mkdir |python3 \w+\.py$)")),
    (Kind.RUN, re.compile(r"\.venv/bin/python (?:-c |-m (?:pytest|zipfile) )")),
    (Kind.RUN, re.compile(r"for \w+ in .*; do$|done$")),
]


def samples() -> list[Sample]:
    """Every fenced block, in the order of the pages."""
    return [sample for page in PAGES for sample in _of(page)]


def _of(page: Path) -> Iterator[Sample]:
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
    for number, line in lines:
        if "```" not in line:
            continue
        opened = FENCE.match(line)
        assert opened, f"{page.relative_to(ROOT)}:{number}: no fence of a known form: {line}"
        inside = []
        for _, text in lines:
            if text.strip() == "```":
                break
            inside.append(text.removeprefix(opened["indent"]))
        name = str(page.relative_to(ROOT))
        yield Sample(name, number, opened["language"], opened["title"] or "", "\n".join(inside))


def shell_lines(sample: Sample) -> list[Line]:
    """The commands of a shell block; AssertionError names the one that no rule knows."""
    joined = re.sub(r" *\\\n *", " ", sample.text)
    return [_line(sample.place, text) for text in joined.splitlines() if text.strip()]


def _line(place: str, text: str) -> Line:
    bare = re.sub(r" +# .*", "", text.strip())
    for kind, rule in RULES:
        if rule.match(bare):
            return Line(place, bare, kind)
    raise AssertionError(f"{place}: no rule for the command {bare!r}: add one to RULES, and a test of it")


def lines_of(*kinds: Kind) -> list[Line]:
    """The commands of these kinds, of all pages."""
    return [
        line for sample in samples() if sample.language == "sh" for line in shell_lines(sample) if line.kind in kinds
    ]
