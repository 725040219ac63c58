"""What `make package` writes, made once for all tests that look at it.

The API's zip is made for this machine's processor; that of the other one differs in its wheels alone, and is looked at
by the long tests.
"""

import platform
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Final

import pytest

from deploy.package import DASHBOARD, GUIDE, MACHINES, ROOT, package_into
from deploy.package_tree import Tree

HERE: Final = "api-arm64.zip" if platform.machine() in {"aarch64", "arm64"} else "api-x86_64.zip"
"""The API's zip that this machine can run."""
LONG: Final = [pytest.mark.long, pytest.mark.timeout(180)]
API_ZIPS: Final = [name if name == HERE else pytest.param(name, marks=LONG) for name in MACHINES]


def make_package(folder: Path, root: Path, *, zips: set[str]) -> Path:
    """What `make package` writes, with only these zips of the API."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deploy.package.MACHINES", {name: MACHINES[name] for name in sorted(zips)})
        package_into(folder, root=root, allow_dirty=True)
    return folder


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dist/ of this checkout as it stands."""
    return make_package(tmp_path_factory.mktemp("packaged") / "dist", ROOT, zips={HERE})


@pytest.fixture(scope="session")
def dist_for_every_processor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with both zips of the API."""
    return make_package(tmp_path_factory.mktemp("packaged-all") / "dist", ROOT, zips=set(MACHINES))


@pytest.fixture
def dist_with(request: pytest.FixtureRequest, name: str) -> Path:
    """A package that holds the zip called `name`."""
    is_for_another_processor = name in MACHINES and name != HERE
    folder: Path = request.getfixturevalue("dist_for_every_processor" if is_for_another_processor else "dist")
    return folder


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second checkout, in another folder, of the same commit and with the same changes."""
    root = tmp_path_factory.mktemp("elsewhere") / "checkout"
    subprocess.run(["git", "clone", "--quiet", "--shared", ROOT, root], check=True)
    for name in Tree.of(ROOT).changed:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, root / name)
        else:
            (root / name).unlink(missing_ok=True)
    for built in (DASHBOARD, GUIDE):
        shutil.copytree(ROOT / built, root / built)
    return root


def unzipped(path: Path, folder: Path) -> Path:
    """A zip's entries in a folder."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder
