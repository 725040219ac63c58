"""What only S3 can answer, and the error that each answer becomes."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import Stubber

from include.domain.errors import ConditionFailed, SettingInvalid, StorageError
from include.storage.s3 import S3Store

BUCKET = "bucket"


@pytest.fixture(scope="module")
def offline_client() -> Iterator[Any]:
    client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    yield client
    client.close()


@pytest.fixture
def answers(offline_client: Any) -> Iterator[tuple[S3Store, Stubber]]:
    """A store whose server answers as told."""
    with Stubber(offline_client) as stubber:
        yield S3Store(bucket=BUCKET, prefix="grid", client=offline_client), stubber


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ConditionalRequestConflict", 409),
        ("PreconditionFailed", 412),
        ("OperationAborted", 409),
        ("Other", 412),
        ("412", 400),
        ("NoSuchKey", 404),
    ],
)
@pytest.mark.parametrize("expected", [None, '"etag"'])
def test_a_lost_race_is_told_from_a_failure(
    answers: tuple[S3Store, Stubber], code: str, status: int, expected: str | None
) -> None:
    store, stubber = answers
    stubber.add_client_error("put_object", service_error_code=code, http_status_code=status)
    with pytest.raises(ConditionFailed, match=r"readings/data\.parquet"):
        store.put("readings/data.parquet", b"1", expected=expected)


@pytest.mark.parametrize(("code", "status"), [("InternalError", 500), ("SlowDown", 503), ("RequestTimeout", 400)])
@pytest.mark.parametrize("use", ["get", "put", "overwrite", "list", "check"])
def test_a_failure_of_the_server_is_a_storage_error(
    answers: tuple[S3Store, Stubber], code: str, status: int, use: str
) -> None:
    store, stubber = answers
    method = {"get": "get_object", "put": "put_object", "overwrite": "put_object"}.get(use, "list_objects_v2")
    stubber.add_client_error(method, service_error_code=code, http_status_code=status)
    with pytest.raises(StorageError, match=code) as failed:
        _use(store, use)
    assert type(failed.value) is StorageError
    assert "s3://bucket/grid/" in str(failed.value)


@pytest.mark.parametrize(
    ("code", "status"), [("NoSuchBucket", 404), ("AccessDenied", 403), ("PermanentRedirect", 301), ("403", 403)]
)
@pytest.mark.parametrize("use", ["get", "put", "overwrite", "list", "check"])
def test_a_bucket_that_cannot_be_used_is_a_wrong_setting(
    answers: tuple[S3Store, Stubber], code: str, status: int, use: str
) -> None:
    store, stubber = answers
    method = {"get": "get_object", "put": "put_object", "overwrite": "put_object"}.get(use, "list_objects_v2")
    stubber.add_client_error(method, service_error_code=code, http_status_code=status)
    with pytest.raises(SettingInvalid, match=rf"GRID_STORE: bucket 'bucket' cannot be used \({code}\)") as refused:
        _use(store, use)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("code", ["NoSuchKey", "404"])
def test_an_absent_object_is_none_and_no_error(answers: tuple[S3Store, Stubber], code: str) -> None:
    store, stubber = answers
    stubber.add_client_error("get_object", service_error_code=code, http_status_code=404)
    assert store.get("a") is None


def test_not_modified_is_none(answers: tuple[S3Store, Stubber]) -> None:
    store, stubber = answers
    asked = {"Bucket": BUCKET, "Key": "grid/a", "IfNoneMatch": '"etag"'}
    stubber.add_client_error("get_object", service_error_code="304", http_status_code=304, expected_params=asked)
    assert store.get("a", unless='"etag"') is None


def test_a_torn_body_is_a_storage_error_and_never_half_an_object(answers: tuple[S3Store, Stubber]) -> None:
    store, stubber = answers
    torn = StreamingBody(io.BytesIO(b"half"), content_length=8)
    stubber.add_response("get_object", {"Body": torn, "ETag": '"etag"'})
    with pytest.raises(StorageError, match="s3://bucket/grid/a"):
        store.get("a")


@pytest.mark.parametrize(("expected", "condition"), [(None, {"IfNoneMatch": "*"}), ('"etag"', {"IfMatch": '"etag"'})])
def test_a_put_states_its_condition_to_the_server(
    answers: tuple[S3Store, Stubber], expected: str | None, condition: dict[str, str]
) -> None:
    store, stubber = answers
    asked = {"Bucket": BUCKET, "Key": "grid/a", "Body": b"1", **condition}
    stubber.add_response("put_object", {"ETag": '"new"'}, asked)
    assert store.put("a", b"1", expected=expected) == '"new"'


def test_a_listing_of_several_pages_is_read_to_its_end(answers: tuple[S3Store, Stubber]) -> None:
    store, stubber = answers
    asked = {"Bucket": BUCKET, "Prefix": "grid/a"}
    stubber.add_response(
        "list_objects_v2", {"IsTruncated": True, "NextContinuationToken": "more", "Contents": [_item("grid/a1")]}, asked
    )
    stubber.add_response(
        "list_objects_v2",
        {"IsTruncated": False, "Contents": [_item("grid/a2")]},
        {**asked, "ContinuationToken": "more"},
    )
    assert [info.key for info in store.list("a")] == ["a1", "a2"]


@pytest.mark.server
@pytest.mark.parametrize("use", ["get", "put", "overwrite", "list", "check"])
@pytest.mark.parametrize(("bucket", "reason"), [("not-there", "NoSuchBucket"), ("No/Bucket!", "no valid name")])
def test_a_bucket_that_is_not_there_is_named_in_one_line(aws: str, use: str, bucket: str, reason: str) -> None:
    store = S3Store(bucket=bucket, prefix="grid")
    with pytest.raises(SettingInvalid) as refused:
        _use(store, use)
    assert str(refused.value) == (
        f"GRID_STORE: bucket {bucket!r} cannot be used ({reason}); allowed: an existing bucket"
        " that these credentials may list, read and write"
    )
    store.client.close()


@pytest.mark.server
def test_a_server_that_is_not_there_is_a_storage_error() -> None:
    client = boto3.client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        endpoint_url="http://127.0.0.1:1",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(StorageError, match="s3://bucket/grid/a"):
        S3Store(bucket=BUCKET, prefix="grid", client=client).get("a")
    client.close()


@pytest.mark.server
def test_stores_of_two_prefixes_in_one_bucket_do_not_meet(s3_store: S3Store) -> None:
    beside = S3Store(bucket=s3_store.bucket, prefix=f"{s3_store.prefix}2", client=s3_store.client)
    whole = S3Store(bucket=s3_store.bucket, prefix="", client=s3_store.client)
    s3_store.put("a", b"1", expected=None)
    beside.put("a", b"2", expected=None)
    assert [info.key for info in s3_store.list("")] == ["a"]
    assert [info.key for info in whole.list("")] == ["grid/v1/a", "grid/v12/a"]
    assert s3_store.address("a") == f"s3://{s3_store.bucket}/grid/v1/a"


def _use(store: S3Store, use: str) -> Any:
    if use == "put":
        return store.put("a", b"1", expected=None)
    if use == "overwrite":
        return store.overwrite("a", b"1")
    if use == "list":
        return list(store.list("a"))
    return store.check() if use == "check" else store.get("a")


def _item(key: str) -> dict[str, Any]:
    return {"Key": key, "Size": 1, "LastModified": datetime(2026, 11, 22, tzinfo=UTC), "ETag": '"1"'}
