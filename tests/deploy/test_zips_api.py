"""The API's zip alone: a Python that has it, boto3 and nothing else answers what API Gateway hands on."""

import base64
import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import boto3
import pyarrow.parquet as pq
import pytest

from deploy.package import ROOT
from dev.gateway import event
from tests.aws import KEYS, moto
from tests.deploy.packaged import HERE, unzipped
from tests.jobs.invented import NOW

BROUGHT: Final = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
"""What Lambda's runtime has: boto3 and all that it needs."""
AWS: Final = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_LAMBDA_FUNCTION_NAME": "api",
}
LAMBDA: Final = """
import json, sys
task, runtime = sys.argv[1:3]
sys.path += [task, runtime]
from importlib.util import find_spec
foreign = ("dags", "deploy", "dev", "include.jobs", "include.sources", "tests", "airflow", "pandas", "pyarrow")
assert not [name for name in foreign if find_spec(name)]
from api.handler import handler
assert not {"boto3", "duckdb"} & set(sys.modules), "loaded before a request needs them"
answers = [handler(event, None) for event in json.load(sys.stdin)]
allowed = (task, runtime, sys.base_prefix)
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
assert not [file for file in files if file and not file.startswith(allowed)]
print(json.dumps(answers))
"""
RANGE: Final = "start=2026-02-10&end=2026-02-11&fields=actual&region=NI"
ASKED: Final = {
    "current": ("/api/current", ""),
    "dashboard": ("/ui/", ""),
    "guide": ("/guide/", ""),
    "guide page": ("/guide/how-to/run/", ""),
    "docs": ("/docs", ""),
    "redoc": ("/redoc", ""),
    "openapi": ("/openapi.json", ""),
    "csv": ("/api/wind", f"{RANGE}&format=csv"),
    "parquet": ("/api/wind", f"{RANGE}&format=parquet"),
}
Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def task(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """/var/task: the unpacked zip."""
    return unzipped(dist / HERE, tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the runtime brings, and no more."""
    folder = tmp_path_factory.mktemp("runtime")
    installed = Path(boto3.__file__).parents[1]
    for name in BROUGHT:
        (folder / name).symlink_to(installed / name)
    return folder


@pytest.fixture(scope="module")
def ask(task: Path, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Answers]:
    """Answers of one process without site-packages, started elsewhere, with an environment of its own."""
    home = tmp_path_factory.mktemp("home")

    def asked(store: str, paths: dict[str, tuple[str, str]], **settings: str) -> Answers:
        environment = {"GRID_STORE": store, "GRID_NOW": NOW, "HOME": str(home), **AWS, **settings}
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", LAMBDA, str(task), str(runtime)],
            input=json.dumps([event(path, query) for path, query in paths.values()]),
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return dict(zip(paths, json.loads(done.stdout.splitlines()[-1]), strict=True))

    return asked


@pytest.fixture(scope="module")
def bucket(filled_once: Path) -> Iterator[dict[str, str]]:
    """The same store in S3; the settings that lead to it."""
    with moto() as address:
        s3 = boto3.client("s3", endpoint_url=address, **KEYS)
        s3.create_bucket(Bucket="grid-zip", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        for file in filled_once.rglob("*"):
            if file.is_file():
                s3.upload_file(str(file), "grid-zip", f"grid/{file.relative_to(filled_once)}")
        yield {"AWS_ENDPOINT_URL_S3": address}


@pytest.fixture(scope="module", params=["folder", "S3"])
def answers(
    request: pytest.FixtureRequest, ask: Callable[..., Answers], filled_once: Path, bucket: dict[str, str]
) -> Answers:
    if request.param == "folder":
        return ask(str(filled_once), ASKED)
    return ask("s3://grid-zip/grid", ASKED, **bucket)


def body(answer: dict[str, Any]) -> bytes:
    assert answer["statusCode"] == 200, answer
    data = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return gzip.decompress(data) if answer["headers"].get("content-encoding") == "gzip" else data


pytestmark = [pytest.mark.server, pytest.mark.xdist_group("package"), pytest.mark.timeout(120)]


def test_data_are_served(answers: Answers) -> None:
    current = json.loads(body(answers["current"]))
    assert (current["wind_mw"]["NI"], current["frequency_hz"]) == (250.0, 49.98)
    lines = body(answers["csv"]).decode().splitlines()
    assert sum("2026-02-10T12:00:00Z" in line for line in lines) == 1
    table = pq.read_table(io.BytesIO(body(answers["parquet"])))
    assert len(table) == 4


def test_every_page_is_served(answers: Answers) -> None:
    for name in ("dashboard", "guide", "guide page", "docs", "redoc"):
        assert answers[name]["headers"]["content-type"] == "text/html; charset=utf-8", name
        assert b"</html>" in body(answers[name]), name
    assert b"eirgrid-airflow" in body(answers["guide"])
    assert "/api/wind" in json.loads(body(answers["openapi"]))["paths"]


def test_all_that_the_pages_load_is_in_the_zip(
    answers: Answers, ask: Callable[..., Answers], filled_once: Path
) -> None:
    loaded: dict[str, tuple[str, str]] = {}
    for page in ("dashboard", "docs", "redoc", "guide"):
        named = re.findall(r'(?:src|href)="([^"#:]+\.(?:js|css|svg|png))"', body(answers[page]).decode())
        assert named, page
        loaded |= {f"{page}: {one}": (urljoin(ASKED[page][0], one), "") for one in named}
    for one, answer in ask(str(filled_once), loaded).items():
        assert len(body(answer)) > 100, one


def test_the_checkout_is_not_where_the_zip_was_unpacked(task: Path) -> None:
    assert not task.is_relative_to(ROOT)
    assert not (task / "tests").exists()
