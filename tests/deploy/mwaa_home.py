"""/usr/local/airflow as Amazon MWAA lays it out, from dist/ alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from dev.stack import Code
from tests.deploy.packaged import unzipped

HOME: Final = Path("/usr/local/airflow")


@contextmanager
def mwaa_home(dist: Path, *, instead: Path) -> Iterator[Code]:
    """MWAA's own folder where it can be made and nobody has one; else the same layout in the folder `instead`."""
    home = instead
    with suppress(OSError):  # there already, or not ours to make
        HOME.mkdir()
        home = HOME
    try:
        shutil.copytree(dist / "bundle", home / "dags")
        unzipped(dist / "plugins.zip", home / "plugins")
        workdir = instead / "elsewhere"
        workdir.mkdir(parents=True)
        yield Code(bundle=home / "dags", plugins=home / "plugins", workdir=workdir)
    finally:
        if home == HOME:
            shutil.rmtree(home)
