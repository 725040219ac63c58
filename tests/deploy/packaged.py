"""What `make package` writes, made once for all tests that look at it."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy.package import DASHBOARD, GUIDE, ROOT, package_into
from deploy.package_tree import Tree


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dist/ of this checkout as it stands."""
    folder = tmp_path_factory.mktemp("packaged") / "dist"
    package_into(folder, root=ROOT, allow_dirty=True)
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
