"""How tasks reach AWS: by the Connection where there is one, with credentials that last; else as boto3 does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest
import time_machine
from botocore.config import Config
from moto import mock_aws

from include.orchestration.aws import open_deployment_store, sns_hook
from include.settings import Settings, load_settings
from include.storage.duck import Databases
from include.storage.local import LocalStore
from include.storage.s3 import S3Store

ROLE = "arn:aws:iam::123456789012:role/grid-readings"
NOW = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
"""Ten minutes before clocks go back."""


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """boto3 finds neither keys nor a region of its own."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "DEFAULT_REGION", "REGION", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield
    boto3.DEFAULT_SESSION = None


def connect(monkeypatch: pytest.MonkeyPatch, conn_id: str = "aws_default", **extra: Any) -> None:
    """A Connection as Airflow reads it from the environment."""
    whole = {
        "conn_type": "aws",
        "login": "test",
        "password": "test",
        "extra": {"region_name": "eu-west-1"} | extra,
    }
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(whole))


def settings(store: str = "s3://readings/grid", **more: Any) -> Settings:
    return load_settings(store=store, feed="eirgrid", **more)


def opened(**more: Any) -> S3Store:
    return cast("S3Store", open_deployment_store(settings(**more)))


def test_keys_region_and_endpoint_are_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(
        monkeypatch, service_config={"s3": {"endpoint_url": "http://127.0.0.1:9"}, "sns": {"region_name": "eu-west-2"}}
    )
    store = opened()
    assert store.session is not None
    credentials = store.session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == "test"
    assert (store.client.meta.region_name, store.client.meta.endpoint_url) == ("eu-west-1", "http://127.0.0.1:9")
    assert not store.is_at_aws
    hook = sns_hook(settings(), config=Config())
    assert hook.get_conn().meta.endpoint_url == "https://sns.eu-west-1.amazonaws.com"


def test_another_connection_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "elsewhere", region_name="eu-central-1")
    store = opened(aws_conn_id="elsewhere")
    assert store.client.meta.region_name == "eu-central-1"
    assert store.is_at_aws


def test_without_a_connection_boto3s_own_settings_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    store = opened()
    assert store.session is None
    assert (store.client.meta.region_name, store.client.meta.endpoint_url) == ("eu-west-3", "http://127.0.0.1:9")


def test_a_folder_needs_no_connection(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "not://a valid one")
    assert isinstance(open_deployment_store(settings(str(tmp_path))), LocalStore)


def test_a_role_of_fifteen_minutes_serves_a_task_of_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What boto3 and DuckDB are given is renewed; both clocks, the machine's and AWS's, go on together here."""
    connect(monkeypatch, role_arn=ROLE, assume_role_kwargs={"DurationSeconds": 900})
    with time_machine.travel(NOW, tick=False) as clock, mock_aws():
        boto3.client("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b").create_bucket(
            Bucket="readings", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        store = opened()
        databases = Databases(store)
        first = key_of(databases)
        assert first.startswith("ASIA"), "the role's, not the Connection's own"
        store.put("a", b"1", expected=None)
        clock.shift(timedelta(minutes=20))
        store.put("b", b"2", expected=None)
        assert key_of(databases) not in {first, "test"}
        found = store.get("b")
        assert found is not None
        assert found.data == b"2"


def key_of(databases: Databases) -> str:
    """The access key that DuckDB reads with."""
    with databases.cursor() as cursor:
        (told,) = cursor.sql("SELECT secret_string FROM duckdb_secrets()").fetchone() or ("",)
    return str(told).partition("key_id=")[2].partition(";")[0]
