"""What `make package` writes, and what it refuses."""

import hashlib
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.package import ROOT, package_into
from deploy.package_manifest import LAMBDA_LIMIT, check_lambda_limit
from deploy.package_tree import Tree
from deploy.package_wheels import packages_of
from deploy.package_zip import Artefact, write_zip
from deploy.refused import Refused
from tests.deploy.packaged import API_ZIPS, HERE, make_package

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("package"), pytest.mark.timeout(120)]

ZIPS = [HERE, "healthcheck.zip", "plugins.zip"]
ELF_MACHINES = {"api-arm64.zip": 183, "api-x86_64.zip": 62}
"""e_machine of AArch64 and of x86-64."""


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="session")
def manifest(dist: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((dist / "manifest.json").read_text())
    return read


def test_another_checkout_of_the_commit_gives_the_same_bytes(
    dist: Path, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{ROOT / '.local/uv/bin'}:{os.environ['PATH']}")
    umask = os.umask(0o077)
    try:
        other = make_package(tmp_path / "other" / "dist", elsewhere, zips={HERE})
    finally:
        os.umask(umask)
    assert digests(other) == digests(dist)


@pytest.mark.long
@pytest.mark.timeout(180)
def test_another_checkout_gives_the_same_bytes_for_every_processor(
    dist_for_every_processor: Path, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{ROOT / '.local/uv/bin'}:{os.environ['PATH']}")
    other = make_package(tmp_path / "other" / "dist", elsewhere, zips=set(ELF_MACHINES))
    assert digests(other) == digests(dist_for_every_processor)


def test_the_folder_holds_what_a_deployment_uploads(dist: Path) -> None:
    assert {one.name for one in dist.iterdir()} == {"bundle", "manifest.json", "requirements.txt", *ZIPS}
    assert {one.name for one in (dist / "bundle").iterdir()} == {".airflowignore", "constraints.txt", "dags", "include"}
    tracked = Tree.of(ROOT).files("dags", "include", ".airflowignore")
    assert set(digests(dist / "bundle")) == {*tracked, "constraints.txt"}
    assert names(dist / "plugins.zip") == sorted(file.name for file in (ROOT / "plugins").glob("*.py"))
    assert names(dist / "healthcheck.zip") == ["handler.py"]


@pytest.mark.parametrize("name", [*API_ZIPS, "healthcheck.zip", "plugins.zip"])
def test_a_zip_tells_nothing_of_machine_and_time(dist_with: Path, name: str) -> None:
    with zipfile.ZipFile(dist_with / name) as archive:
        entries = archive.infolist()
    assert [one.filename for one in entries] == sorted({one.filename for one in entries})
    assert {one.date_time for one in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {stat.filemode(one.external_attr >> 16) for one in entries} == {"-rw-r--r--"}
    noise = ("__pycache__", ".pyc", "/RECORD", "/INSTALLER", "/REQUESTED", "direct_url.json", "sitemap", ".built")
    assert [one.filename for one in entries if any(part in one.filename for part in noise)] == []


@pytest.mark.parametrize("name", API_ZIPS)
def test_the_api_zip_is_of_its_processor_and_holds_only_what_lambda_needs(dist_with: Path, name: str) -> None:
    with zipfile.ZipFile(dist_with / name) as archive:
        tops = {one.partition("/")[0] for one in archive.namelist()}
        heads = [archive.read(one)[:20] for one in archive.namelist() if one.endswith((".so", ".duckdb_extension"))]
    assert {"api", "include", "site", "duckdb", "duckdb_extension_httpfs", "fastapi_offline", "mangum"} <= tops
    brought = {"boto3", "botocore", "urllib3", "uvicorn", "uvloop", "httptools", "pandas", "pyarrow", "bin"}
    assert not tops & brought
    assert not tops & {"dags", "deploy", "dev", "plugins", "tests", "healthcheck_lambda"}
    assert len(heads) >= 4
    assert {struct.unpack_from("<H", head, 18)[0] for head in heads if head.startswith(b"\x7fELF")} == {
        ELF_MACHINES[name]
    }


def test_the_api_zip_holds_the_built_pages_and_not_their_sources(dist: Path) -> None:
    found = set(names(dist / HERE))
    assert {"api/handler.py", "site/index.html", "api/templates/dashboard.html", "include/export/newest.sql"} <= found
    assert any(one.startswith("api/dashboard/dist/assets/") for one in found)
    assert not any(one.startswith(("api/dashboard/src", "api/dashboard/node_modules", "include/jobs")) for one in found)
    assert "api/__main__.py" not in found


def test_the_manifest_says_what_the_files_are(dist: Path, manifest: dict[str, Any]) -> None:
    told = {name: one["sha256"] for name, one in manifest["artefacts"].items()}
    told |= {f"bundle/{name}": one["sha256"] for name, one in manifest["bundle"].items()}
    assert told == {name: digest for name, digest in digests(dist).items() if name != "manifest.json"}
    assert manifest["commit"] == Tree.of(ROOT).commit
    assert manifest["dirty"] == bool(Tree.of(ROOT).changed)
    for name in ZIPS:
        assert manifest["artefacts"][name]["bytes"] == (dist / name).stat().st_size
    assert 50_000_000 < manifest["artefacts"][HERE]["unzipped"] < LAMBDA_LIMIT


def test_the_manifest_names_every_package_with_its_licence(dist: Path, manifest: dict[str, Any]) -> None:
    told = {one["name"]: one for one in manifest["packages"]}
    with zipfile.ZipFile(dist / HERE) as archive:
        unpacked = {one.partition("-")[0] for one in archive.namelist() if ".dist-info/" in one}
    assert {one.replace("_", "-").lower() for one in unpacked} | {
        "redoc.standalone.js in fastapi-offline",
        "swagger-ui-bundle.js in fastapi-offline",
        "uplot",
        "@mermaid-js/tiny",
        "mkdocs-material",
    } == set(told)
    assert all(one["licence"] and one["version"] and one["in"] for one in told.values())
    assert told["duckdb"]["licence"] == "MIT License"
    assert told["starlette"]["licence"] == "BSD-3-Clause"
    assert told["brotli"]["licence"] == "MIT"


def wheel(folder: Path, metadata: str) -> Path:
    path = folder / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thing-1.0.dist-info/METADATA", f"Name: thing\nVersion: 1.0\n{metadata}\n")
    return path


def test_a_package_without_a_licence_is_not_handed_on(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"thing 1\.0 names no licence"):
        packages_of([wheel(tmp_path, "License: first line\n  and a whole text")])
    two = "License: Dual\nClassifier: License :: OSI Approved :: BSD License\nClassifier: License :: Public Domain"
    assert packages_of([wheel(tmp_path, two)])[0].licence == "BSD License or Public Domain"


def test_a_zip_above_lambdas_limit_is_refused() -> None:
    check_lambda_limit(Artefact("api.zip", 1, "", LAMBDA_LIMIT))
    with pytest.raises(Refused, match="unpacks to 262144001 bytes; Lambda allows 262144000"):
        check_lambda_limit(Artefact("api.zip", 1, "", LAMBDA_LIMIT + 1))


def test_an_entry_is_the_same_whatever_the_time_and_mode_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    first = write_zip(tmp_path / "first.zip", {"b.txt": file, "a.txt": file})
    file.chmod(0o755)
    os.utime(file, (1, 1))
    assert write_zip(tmp_path / "second.zip", {"a.txt": file, "b.txt": file}).sha256 == first.sha256


@pytest.fixture
def checkout(elsewhere: Path, tmp_path: Path) -> Path:
    """A copy of the second checkout, to spoil."""
    return shutil.copytree(elsewhere, tmp_path / "checkout", symlinks=True)


SPOILT: dict[str, Callable[[Path], object]] = {
    "site/ is not built: run `make guide`": lambda root: shutil.rmtree(root / "site"),
    "api/dashboard/dist/ is not built: run `make dashboard`": lambda root: shutil.rmtree(root / "api/dashboard/dist"),
    "healthcheck_lambda/handler.py is not there": lambda root: (root / "healthcheck_lambda/handler.py").unlink(),
    "requirements.txt is not what uv.lock says: run `make requirements`": lambda root: (
        root / "requirements.txt"
    ).write_text("duckdb"),
    "needs a git checkout": lambda root: shutil.rmtree(root / ".git"),
    "holds files that no packaging made": lambda root: (root / "dist" / "mine.txt").write_text("mine"),
}


@pytest.mark.parametrize("said", SPOILT)
def test_what_cannot_be_had_is_told_and_nothing_is_written(
    said: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{ROOT / '.local/uv/bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(checkout.parent))
    (checkout / "dist").mkdir()
    SPOILT[said](checkout)
    before = digests(checkout / "dist")
    with pytest.raises(Refused, match=said):
        package_into(checkout / "dist", root=checkout, allow_dirty=True)
    assert digests(checkout / "dist") == before


def test_files_that_are_not_committed_are_refused_by_name(checkout: Path) -> None:
    (checkout / "dags" / "a_new_one.py").write_text("")
    with pytest.raises(Refused, match=r"not committed: .*ALLOW_DIRTY=1"):
        package_into(checkout / "dist", root=checkout)
    assert "dags/a_new_one.py" in Tree.of(checkout).changed


def test_the_command_fails_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    command = [sys.executable, "-m", "deploy", "package", "--allow-dirty", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"package: {tmp_path} holds files that no packaging made: move them, or give another folder"
    ]
