"""SeaweedFS keeps the contract of an object store, its conditional writes above all."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from include.storage.object_store import ObjectStore
from include.storage.s3 import CONFIG, S3Store
from tests.storage.test_object_store import ObjectStoreContract

pytestmark = pytest.mark.network


class TestSeaweed(ObjectStoreContract):
    INCREMENTS = 25

    @pytest.fixture
    def store(self, monkeypatch) -> ObjectStore:
        for n, v in {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:18333", "AWS_ACCESS_KEY_ID": "AKgrid", "AWS_SECRET_ACCESS_KEY": "SKgrid", "AWS_DEFAULT_REGION": "eu-west-1"}.items():
            monkeypatch.setenv(n, v)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        client = boto3.client("s3", config=CONFIG)
        bucket = f"readings-{uuid.uuid4().hex}"
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        return S3Store(bucket=bucket, prefix="grid/v1", client=client)
