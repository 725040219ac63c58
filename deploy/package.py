"""`python -m deploy package`: everything that a deployment uploads, in dist/."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.package_manifest import Contents, check_lambda_limit, front_end_packages, manifest, vendored_packages
from deploy.package_requirements import (
    check_current,
    constraints,
    lambda_requirements,
    offline_requirements,
    requirements,
)
from deploy.package_tree import Tree
from deploy.package_wheels import Package, download, install, installed_files, packages_in, packages_of
from deploy.package_zip import Artefact, write_zip
from deploy.refused import Refused, told_in_one_line

ROOT: Final = Path(__file__).resolve().parents[1]
BUNDLE: Final = ("dags", "include", ".airflowignore")
API: Final = ("include/__init__.py", "include/domain", "include/export", "include/storage")
"""What the API reads of `include/`; tests/deploy/test_zips.py runs it with nothing else."""
MACHINES: Final = {"api-arm64.zip": "aarch64", "api-x86_64.zip": "x86_64"}
TERMS: Final = ("LICENSE", "NOTICE")
DASHBOARD: Final = "api/dashboard/dist"
GUIDE: Final = "site"
HEALTHCHECK: Final = "healthcheck_lambda/handler.py"
NOT_OF_THE_GUIDE: Final = {"sitemap.xml", "sitemap.xml.gz"}
"""They name no page without an address of the site, and carry the time of the build."""


def package(
    out: Annotated[Path, typer.Option(help="Folder that is written anew.")] = ROOT / "dist",
    *,
    offline: Annotated[
        bool, typer.Option(envvar="OFFLINE", help="For an MWAA without the Internet: wheels in plugins.zip.")
    ] = False,
    allow_dirty: Annotated[
        bool, typer.Option(envvar="ALLOW_DIRTY", help="Also package files that are not committed.")
    ] = False,
) -> None:
    """Bundle, plugins, requirements, the zips of both Lambdas, and a manifest."""
    with told_in_one_line(by="package: "):
        package_into(out, root=ROOT, offline=offline, allow_dirty=allow_dirty)


def package_into(out: Path, *, root: Path, offline: bool = False, allow_dirty: bool = False) -> None:
    """Write the folder `out`, whole or not at all; Refused says what is amiss."""
    tree = Tree.of(root)
    _check(tree, out, allow_dirty=allow_dirty)
    kind = "for an MWAA without the Internet" if offline else "for an MWAA with the Internet"
    typer.echo(f"package: commit {tree.commit[:12]}{', with changes' if tree.changed else ''}, {kind}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as made:
        packaging = _Packaging(tree, Path(made) / "dist", Path(made))
        packaging.write(offline=offline)
        if out.exists():
            shutil.rmtree(out)
        packaging.out.rename(out)
    typer.echo(f"package: {out} is ready")


def write_requirements() -> None:
    """Write requirements.txt and api/requirements.txt from uv.lock."""
    with told_in_one_line(by="requirements: "):
        for name, text in requirements(ROOT).items():
            (ROOT / name).write_text(text, encoding="utf-8")
            typer.echo(f"requirements: {name}")


def _check(tree: Tree, out: Path, *, allow_dirty: bool) -> None:
    if tree.changed and not allow_dirty:
        named = ", ".join(tree.changed[:3]) + (" …" if len(tree.changed) > 3 else "")
        raise Refused(
            f"not committed: {named}; a package is of one commit: commit, or run `make package ALLOW_DIRTY=1`"
        )
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").exists():
        raise Refused(f"{out} holds files that no packaging made: move them, or give another folder")
    for folder, target in ((DASHBOARD, "dashboard"), (GUIDE, "guide")):
        if not (tree.root / folder).is_dir():
            raise Refused(f"{folder}/ is not built: run `make {target}`")
    if HEALTHCHECK not in tree.files(HEALTHCHECK):
        raise Refused(f"{HEALTHCHECK} is not there: healthcheck.zip would hold no handler")
    check_current(tree.root)


@dataclass(slots=True)
class _Packaging:
    """One run: what it has made so far."""

    tree: Tree
    out: Path
    work: Path
    artefacts: list[Artefact] = field(default_factory=list)
    packages: dict[str, list[Package]] = field(default_factory=dict)

    def write(self, *, offline: bool) -> None:
        self.out.mkdir()
        bundle = self._bundle()
        self._for_workers(offline=offline)
        for name, machine in MACHINES.items():
            self._api(name, machine=machine)
        self._healthcheck()
        text = manifest(self.tree, Contents(self.artefacts, bundle, self.packages), offline=offline)
        (self.out / "manifest.json").write_text(text, encoding="utf-8")

    def _bundle(self) -> list[Artefact]:
        folder = self.out / "bundle"
        for name, source in self.tree.files(*BUNDLE).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(source.read_bytes())
        (folder / "constraints.txt").write_text(constraints(self.tree.root), encoding="utf-8")
        files = [Artefact.of(file, name=str(file.relative_to(folder))) for file in folder.rglob("*") if file.is_file()]
        typer.echo(f"package: bundle/, {len(files)} files")
        return files

    def _for_workers(self, *, offline: bool) -> None:
        entries = {Path(name).name: file for name, file in self.tree.files("plugins").items() if name.endswith(".py")}
        listed = self.out / "requirements.txt"
        if offline:
            listed.write_text(offline_requirements(self.tree.root), encoding="utf-8")
            wheels = self._wheels(listed)
            self.packages["plugins.zip"] = packages_of(wheels.values())
            entries |= wheels
        else:
            listed.write_bytes((self.tree.root / "requirements.txt").read_bytes())
        self._zip("plugins.zip", entries)
        self.artefacts.append(Artefact.of(listed))

    def _wheels(self, requirements: Path) -> dict[str, Path]:
        """The wheels that these requirements name; where MWAA would look for them, nothing lies yet."""
        typer.echo("package: fetching the wheels for MWAA's workers")
        folder = self.work / "wheels"
        folder.mkdir()
        bare = folder / "bare.txt"
        lines = requirements.read_text(encoding="utf-8").splitlines(keepends=True)
        bare.write_text("".join(line for line in lines if not line.startswith("--")), encoding="utf-8")
        return download(bare, folder=folder)

    def _api(self, name: str, *, machine: str) -> None:
        typer.echo(f"package: unpacking the API's packages for {machine}")
        folder = self.work / machine
        install(lambda_requirements(self.tree.root), root=self.tree.root, machine=machine, folder=folder)
        self.packages[name] = packages_in(folder) + front_end_packages(self.tree.root) + vendored_packages(folder)
        check_lambda_limit(self._zip(name, installed_files(folder) | self._own_files_of_the_api()))

    def _own_files_of_the_api(self) -> dict[str, Path]:
        found = self.tree.files("api/*.py", "api/templates", *API)
        del found["api/__main__.py"]  # a server of its own
        for folder in (DASHBOARD, GUIDE):
            built = [file for file in (self.tree.root / folder).rglob("*") if file.is_file()]
            found |= {str(file.relative_to(self.tree.root)): file for file in built if file.name != ".built"}
        found |= self.tree.files(*TERMS)
        return {name: file for name, file in found.items() if file.name not in NOT_OF_THE_GUIDE}

    def _healthcheck(self) -> None:
        (handler,) = self.tree.files(HEALTHCHECK).values()
        check_lambda_limit(self._zip("healthcheck.zip", {handler.name: handler}))

    def _zip(self, name: str, entries: dict[str, Path]) -> Artefact:
        made = write_zip(self.out / name, entries)
        self.artefacts.append(made)
        unzipped = (made.unzipped or 0) / 1e6
        typer.echo(f"package: {name}, {made.bytes / 1e6:.1f} MB, {unzipped:.1f} MB unpacked, {len(entries)} files")
        return made
