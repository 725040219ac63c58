"""What a contributor's tools read: hooks, workflows and the Makefile agree with each other."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
WORKFLOWS: Final = {"test.yml": "make test", "nightly.yml": "make test-all"}
PROGRAMS: Final = ROOT / ".venv" / "bin"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize(("name", "command"), WORKFLOWS.items())
def test_a_workflow_is_valid_and_runs_one_make_target(name: str, command: str) -> None:
    path = f".github/workflows/{name}"
    checked = run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    assert checked.returncode == 0, checked.stdout
    steps = [step for job in read(path)["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step] == [command]
    assert command.removeprefix("make ") in make_targets()


def test_the_hooks_are_valid_and_run_what_is_installed() -> None:
    checked = run(PROGRAMS / "pre-commit", "validate-config", ".pre-commit-config.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    hooks = [hook for repository in read(".pre-commit-config.yaml")["repos"] for hook in repository["hooks"]]
    assert {hook["id"] for hook in hooks} == {"ruff", "ruff-format", "mypy", "secrets"}
    for program in (hook["entry"].split()[0] for hook in hooks):
        assert program == "make" or (ROOT / program).exists()


def test_contributing_names_every_make_target_that_make_help_shows() -> None:
    shown = re.findall(r"^  make ([a-z-]+)", run("make", "help").stdout, flags=re.MULTILINE)
    assert len(shown) > 15
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [target for target in shown if f"make {target}" not in contributing] == []


def test_contributing_explains_every_marker() -> None:
    listed = run(sys.executable, "-m", "pytest", "--markers").stdout
    own = re.findall(r"^@pytest\.mark\.(server|browser|e2e|long|distributed|needs)\b", listed, flags=re.MULTILINE)
    assert sorted(own) == ["browser", "distributed", "e2e", "long", "needs", "server"]
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in own if f"| `{name}`" not in contributing] == []
