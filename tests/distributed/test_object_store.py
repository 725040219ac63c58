"""The S3 server of docker-compose.yaml keeps the contract of an object store, its conditional writes above all."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from include.storage.object_store import ObjectStore
from include.storage.s3 import CONFIG, S3Store
from tests.distributed.cluster import Cluster, running
from tests.distributed.compose import services
from tests.storage.test_object_store import ObjectStoreContract

pytestmark = [pytest.mark.e2e, pytest.mark.distributed]

REGION: Any = "eu-west-1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The service s3 alone, with the secrets that it reads."""
    found = {name: service for name, service in services({}).items() if name in {"secrets", "s3"}}
    with running(found, tmp_path_factory.mktemp("s3") / "state", extra={}) as cluster:
        boto3.client(
            "s3",
            endpoint_url=cluster.url("8333"),
            region_name=REGION,
            aws_access_key_id=cluster.secret("s3_access_key"),
            aws_secret_access_key=cluster.secret("s3_secret_key"),
        ).create_bucket(Bucket="grid", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield cluster


class TestSeaweed(ObjectStoreContract):
    INCREMENTS = 10

    @pytest.fixture
    def store(self, server: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
        """A store with a prefix of its own: SeaweedFS keeps some volumes ready for each bucket."""
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url("8333"))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.secret("s3_access_key"))
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret("s3_secret_key"))
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        made = S3Store(bucket="grid", prefix=uuid.uuid4().hex, client=boto3.client("s3", config=CONFIG))
        yield made
        made.client.close()

    def test_a_listing_has_every_key_with_the_prefix_in_the_order_of_keys(self, store: ObjectStore) -> None:
        """SeaweedFS lists a folder where its name alone stands: `a/b` before `a-b`. This project has no such keys."""
        names = ["area=co2/region=ROI", "area=co2/region=ALL", "area=wind/region=NI"]
        months = ["year=2025/month=12", "year=2026/month=01", "year=2026/month=02/day=28", "year=2026/month=10"]
        keys = [f"readings/source=eirgrid/{name}/{month}/data.parquet" for name in names for month in months]
        keys += ["_store.json", "summaries/wind.json", "summaries/wind.json.gz", "summaries/current.json"]
        for key in keys:
            store.put(key, key.encode(), expected=None)
        for prefix in ("", "readings/", keys[0], "summaries/", "summaries/wind", "none/", "none"):
            assert [info.key for info in store.list(prefix)] == sorted(key for key in keys if key.startswith(prefix))


def test_a_stranger_is_refused(server: Cluster) -> None:
    stranger = boto3.client(
        "s3",
        endpoint_url=server.url("8333"),
        region_name=REGION,
        aws_access_key_id="stranger",
        aws_secret_access_key="stranger",
    )
    with pytest.raises(stranger.exceptions.ClientError, match="InvalidAccessKeyId"):
        stranger.list_objects_v2(Bucket="grid")
