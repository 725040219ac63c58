"""One deployment of docker-compose.yaml for all tests that need the whole of it, with a topic for its alerts."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dev.airflow_client import AirflowClient
from dev.compose.secrets import USER
from tests.distributed.cluster import Cluster, running
from tests.distributed.compose import services

REGION = "eu-west-1"
MOTO: Any = {"region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
AT_ONCE = {"GRID_MAX_CONCURRENCY": "12"}
FEW_REPAIRS = {"GRID_MAX_BACKFILLS_PER_RUN": "3"}
"""The first gap check of a new store would load a month of everything."""


@dataclass(frozen=True)
class Distributed:
    """The deployment, and what tests ask it by."""

    cluster: Cluster
    airflow: AirflowClient
    s3: Any
    topic: str
    sns: Any
    queue: Any
    """Everything that is sent to the alert topic ends up here."""
    queue_url: str

    def messages(self) -> list[str]:
        """The alerts since the last call."""
        found: list[str] = []
        while batch := self.queue.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for one in batch:
                found.append(str(one["Body"]))
                self.queue.delete_message(QueueUrl=self.queue_url, ReceiptHandle=one["ReceiptHandle"])
        return found


@contextmanager
def _topic() -> Iterator[tuple[str, str, Any, Any, str]]:
    """Address of a message service, a topic of it, its clients, and the queue that the topic's messages go to."""
    for name in ("werkzeug", "botocore"):
        logging.getLogger(name).setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        sns: Any = boto3.client("sns", endpoint_url=endpoint, **MOTO)
        sqs: Any = boto3.client("sqs", endpoint_url=endpoint, **MOTO)
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        queue_url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        yield endpoint, topic, sns, sqs, queue_url
    finally:
        moto.stop()


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """A folder that the account of PostgreSQL can reach, as those of pytest cannot be."""
    folder = Path(tempfile.mkdtemp(prefix="grid-compose-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def distributed(state: Path) -> Iterator[Distributed]:
    """All services of `docker compose --profile simulated up`."""
    with _topic() as (endpoint, topic, sns, queue, queue_url):
        found = services(AT_ONCE | {"GRID_ALERT_TOPIC": topic}, profiles=["simulated"])
        extra = FEW_REPAIRS | {"AWS_ENDPOINT_URL_SNS": endpoint, "AWS_ENDPOINT_URL_SQS": endpoint}
        with running(found, state, extra=extra) as cluster:
            airflow = AirflowClient(cluster.url("8080"), user=USER, password=cluster.secret("airflow_password"))
            s3 = boto3.client(
                "s3",
                endpoint_url=cluster.url("8333"),
                region_name=REGION,
                aws_access_key_id=cluster.secret("s3_access_key"),
                aws_secret_access_key=cluster.secret("s3_secret_key"),
            )
            yield Distributed(cluster, airflow, s3, topic, sns, queue, queue_url)
