"""The two object stores, S3 on a real server."""

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.s3.responses import S3Response

from include.storage.local import LocalStore
from include.storage.object_store import ObjectStore
from include.storage.s3 import CONFIG, S3Store
from tests.aws import moto

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Address of an S3 server whose conditional writes are atomic, as those of S3 are."""
    with pytest.MonkeyPatch.context() as patched:
        # moto checks the condition and then writes, without a lock in between.
        patched.setattr(S3Response, "put_object", _one_at_a_time(S3Response.put_object))
        with moto() as address:
            yield address


@pytest.fixture
def aws(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment in which boto3 finds that server and nothing else."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "it's secret",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    # boto3 keeps the session it made first, with the environment of that time.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return s3_endpoint


@pytest.fixture(scope="session")
def s3_client(s3_endpoint: str) -> Iterator[Any]:
    """One client for all stores: making one takes longer than most tests."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=CONFIG,
    )
    yield client
    client.close()


@pytest.fixture
def s3_store(aws: str, s3_client: Any) -> S3Store:
    """A store in a bucket of its own."""
    bucket = f"readings-{uuid.uuid4().hex}"
    s3_client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return S3Store(bucket=bucket, prefix="grid/v1", client=s3_client)


@pytest.fixture
def folder(tmp_path: Path) -> LocalStore:
    """A store in a folder that is not there yet."""
    return LocalStore(tmp_path / "store")


@pytest.fixture(params=["folder", pytest.param("s3_store", marks=pytest.mark.server)])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """Each kind of store in turn."""
    made: ObjectStore = request.getfixturevalue(request.param)
    return made


def _one_at_a_time(method: Callable[..., Any]) -> Callable[..., Any]:
    lock = threading.Lock()

    def locked(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return method(*args, **kwargs)

    return locked
