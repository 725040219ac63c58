"""A public API whose answers and clock are in the test's hand, and moto's S3, SNS, SQS and CloudWatch."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from healthcheck_lambda import handler as health
from tests.aws import Mailbox
from tests.aws import moto as moto_server
from tests.healthcheck.grid import Grid, serve

SETTINGS = (
    "BASE_URL", "GUIDE_URL", "SNS_TOPIC_ARN", "STATE_BUCKET", "STATE_KEY", "STALENESS_HOURS", "TIMEOUT",
    "METRIC_NAMESPACE",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    health.client.cache_clear()
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Address of a server that answers as AWS does."""
    with moto_server() as address:
        yield address


@dataclass
class Aws:
    """The topic with a queue behind it, and the bucket."""

    address: str
    mailbox: Mailbox
    bucket: str
    key: str = "health/state.json"

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.address)  # type: ignore[call-overload]

    @property
    def topic(self) -> str:
        return self.mailbox.topic

    def mails(self) -> list[dict[str, str]]:
        """What has come through the topic since the last look, oldest first."""
        return sorted(self.mailbox.received(), key=lambda mail: str(mail["Timestamp"]))

    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.mails()]

    def state(self) -> dict[str, Any]:
        body = self.client("s3").get_object(Bucket=self.bucket, Key=self.key)["Body"].read()
        loaded: dict[str, Any] = json.loads(body)
        return loaded

    def put_state(self, body: bytes) -> None:
        self.client("s3").put_object(Bucket=self.bucket, Key=self.key, Body=body)


COUNTED = iter(range(10**6))


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    number = next(COUNTED)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    found = Aws(moto, Mailbox.open(moto, name=f"grid-{number}"), f"grid-{number}")
    where = {"LocationConstraint": "eu-west-1"}
    found.client("s3").create_bucket(Bucket=found.bucket, CreateBucketConfiguration=where)
    monkeypatch.setenv("SNS_TOPIC_ARN", found.topic)
    monkeypatch.setenv("STATE_BUCKET", found.bucket)
    monkeypatch.setenv("STATE_KEY", found.key)
    return found


@pytest.fixture
def grid(monkeypatch: pytest.MonkeyPatch) -> Iterator[Grid]:
    """A public API at which all is well at first."""
    with ExitStack() as stack:
        running = stack.enter_context(serve())
        monkeypatch.setenv("BASE_URL", running.address)
        yield running
    late = [one for one in threading.enumerate() if isinstance(one, health.Question)]
    for one in late:
        one.join(timeout=10)
