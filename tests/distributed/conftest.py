"""One deployment of docker-compose.yaml for all tests that need the whole of it, with a topic for its alerts."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev.airflow_client import AirflowClient
from dev.compose.secrets import USER
from tests.aws import Mailbox, moto
from tests.distributed.cluster import Cluster, running
from tests.distributed.compose import services

REGION = "eu-west-1"
AT_ONCE = {"GRID_MAX_CONCURRENCY": "12"}
FEW_REPAIRS = {"GRID_MAX_BACKFILLS_PER_RUN": "3"}
"""The first gap check of a new store would load a month of everything."""


@dataclass(frozen=True)
class Distributed:
    """The deployment, and what tests ask it by."""

    cluster: Cluster
    airflow: AirflowClient
    s3: Any
    mailbox: Mailbox
    """What the alert topic has sent."""


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
    logging.getLogger("botocore").setLevel(logging.ERROR)
    with moto() as endpoint:
        mailbox = Mailbox.open(endpoint, name="alerts")
        found = services(AT_ONCE | {"GRID_ALERT_TOPIC": mailbox.topic}, profiles=["simulated"])
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
            yield Distributed(cluster, airflow, s3, mailbox)
