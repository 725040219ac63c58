"""The scans of `make check` find what they are there to find."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dev import audit

ROOT = Path(__file__).resolve().parents[2]
VULNERABLE: dict[str, Any] = {
    "name": "requests",
    "version": "2.34.2",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.35.0"], "aliases": ["CVE-1"], "description": ""}],
}


def recipe(tool: str) -> list[str]:
    """The arguments with which the Makefile calls a tool."""
    told = subprocess.run(["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    line = next(line for line in told.splitlines() if f"/{tool} " in line)
    return line.partition(f"/{tool} ")[2].replace("'", "").split()


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / ".venv/bin" / tool), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_key_in_a_file_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text(f'AWS_KEY = "AKIA{"QWERTYUIOPASDFGH"}"\n', encoding="utf-8")
    found = run("detect-secrets-hook", *recipe("detect-secrets-hook"), str(planted))
    assert found.returncode == 1
    assert "AWS Access Key" in found.stdout


def test_code_that_hands_text_to_a_shell_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n", encoding="utf-8")
    options = [one for one in recipe("bandit") if one.startswith("-") or one == "B608"]
    found = run("bandit", *options, str(planted))
    assert found.returncode == 1
    assert "B602" in found.stdout


def test_a_vulnerability_is_a_line_that_says_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit.lines_of(VULNERABLE) == ["requests 2.34.2: PYSEC-1, mended in 2.35.0"]
    monkeypatch.setitem(audit.ACCEPTED, "CVE-1", "not reached from here")
    assert audit.lines_of(VULNERABLE) == []


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        ([VULNERABLE], 1, "requests 2.34.2: PYSEC-1"),
        ([VULNERABLE | {"vulns": []}], 0, "nothing known of the 1 packages"),
        ([{"name": "requests", "skip_reason": "not found"}], 0, "NOT RUN"),
        (None, 0, "NOT RUN"),
    ],
)
def test_the_audit_says_whether_it_was_run(
    answer: list[dict[str, Any]] | None,
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """pip-audit in a stub: what a service of vulnerabilities says changes from day to day."""
    printed = "no answer" if answer is None else json.dumps({"dependencies": answer})
    stub = tmp_path / "stub"
    stub.write_text(f"#!/bin/sh\ncat <<'E'\n{printed}\nE\n", encoding="utf-8")
    stub.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stub))
    monkeypatch.setattr(audit, "DONE", tmp_path / "done" / "audited")
    assert audit.main() == code
    assert told in capsys.readouterr().out


def test_every_locked_package_is_asked_about() -> None:
    pins = audit.locked()
    assert len(pins) > 200
    assert "requests==2.34.2" in pins
