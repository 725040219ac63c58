"""Known vulnerabilities of what is locked, asked of PyPI by pip-audit: once a day, and whenever the lock changes."""

import hashlib
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dev.stack import ROOT

ACCEPTED: Final[dict[str, str]] = {}
"""Advisories that are lived with: id, and why. Amazon MWAA's version list decides most versions here."""
DONE: Final = ROOT / ".local" / "audited"


def main() -> int:
    """0 when nothing is known, or when nobody can be asked, which is said; 1 with a line per vulnerability."""
    lock = (ROOT / "uv.lock").read_bytes() + json.dumps(sorted(ACCEPTED)).encode()
    mark = f"{datetime.now(UTC):%Y-%m-%d} {hashlib.sha256(lock).hexdigest()}"
    if DONE.exists() and DONE.read_text(encoding="utf-8") == mark:
        print("audit: nothing known of what is locked (asked today)")
        return 0
    found = asked(locked())
    if found is None:
        print("audit: NOT RUN: no vulnerability service answers here; `make check` asks again next time")
        return 0
    known = [line for one in found for line in lines_of(one)]
    for line in known:
        print(f"audit: {line}")
    if known:
        print("audit: raise the version, or give the reason in ACCEPTED of dev/audit.py")
        return 1
    DONE.parent.mkdir(exist_ok=True)
    DONE.write_text(mark, encoding="utf-8")
    print(f"audit: nothing known of the {len(found)} packages that are locked")
    return 0


def locked() -> list[str]:
    """`name==version` of every package in the lock."""
    export = ["dev/uv", "export", "--locked", "--quiet", "--no-hashes", "--no-emit-project", "--no-header"]
    done = subprocess.run([*export, "--no-annotate"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [line.partition(";")[0].strip() for line in done.stdout.splitlines() if "==" in line]


def asked(pins: list[str]) -> list[dict[str, Any]] | None:
    """What pip-audit says of each package; None when nobody answers. One is asked about first: it is quick to know."""
    probe = _audit([one for one in pins if one.startswith("requests==")])
    return _audit(pins) if probe else None


def _audit(pins: list[str]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "locked.txt"
        listed.write_text("\n".join(pins), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(listed), "--no-deps", "--disable-pip"]
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"], capture_output=True, text=True, check=False
        )
    try:
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return [one for one in dependencies if "vulns" in one]


def lines_of(one: dict[str, Any]) -> list[str]:
    """A line per vulnerability of a package that is not accepted."""
    return [
        f"{one['name']} {one['version']}: {vuln['id']}, mended in {', '.join(vuln['fix_versions']) or 'no version yet'}"
        for vuln in one["vulns"]
        if vuln["id"] not in ACCEPTED and not set(vuln.get("aliases", ())) & set(ACCEPTED)
    ]


if __name__ == "__main__":
    sys.exit(main())
