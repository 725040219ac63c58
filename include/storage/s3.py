"""S3, or any server that speaks it and honours If-Match and If-None-Match on PUT."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

from include.domain.errors import ConditionFailed, SettingInvalid, StorageError
from include.storage.object_store import ObjectInfo, StoredObject

CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
MISSING = {"NoSuchKey", "NoSuchVersion", "404"}
UNUSABLE = {
    "NoSuchBucket",
    "AccessDenied",
    "403",
    "InvalidBucketName",
    "AllAccessDisabled",
    "PermanentRedirect",
}

CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})


@dataclass(frozen=True, slots=True)
class S3Access:
    """How a bucket is reached, for a caller that knows more than boto3's own settings."""

    client: Any
    """Of boto3, for S3."""
    session: boto3.Session
    """Whose credentials DuckDB is given; it renews those that run out."""


class S3Store:
    """Objects below `prefix` in a bucket. Endpoint, region and credentials are those of `access`, or boto3's own."""

    def __init__(self, *, bucket: str, prefix: str, client: Any = None, access: S3Access | None = None) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.session = access.session if access else None
        self.client = access.client if access else client or boto3.client("s3", config=CONFIG)

    @property
    def is_at_aws(self) -> bool:
        """Whether the server is AWS's own."""
        return ".amazonaws.com" in str(self.client.meta.endpoint_url)

    def get(self, key: str, *, unless: str | None = None) -> StoredObject | None:
        """See ObjectStore.get."""
        condition: dict[str, Any] = {"IfNoneMatch": unless} if unless else {}
        try:
            with self._errors(key):
                answer = self.client.get_object(Bucket=self.bucket, Key=self._full(key), **condition)
                return StoredObject(answer["Body"].read(), answer["ETag"], answer["ETag"], _version_id(answer))
        except _AbsentError:
            return None

    def get_version(self, key: str, version_id: str) -> StoredObject | None:
        """See ObjectStore.get_version."""
        try:
            with self._errors(key):
                answer = self.client.get_object(Bucket=self.bucket, Key=self._full(key), VersionId=version_id)
                return StoredObject(answer["Body"].read(), answer["ETag"], answer["ETag"], _version_id(answer))
        except _AbsentError:
            return None

    def put(self, key: str, data: bytes, *, expected: str | None) -> str:
        """See ObjectStore.put."""
        condition = {"IfMatch": expected} if expected else {"IfNoneMatch": "*"}
        try:
            return self._put(key, data, condition)
        except _AbsentError as error:
            raise ConditionFailed(f"{key} is gone since it was read") from error

    def overwrite(self, key: str, data: bytes) -> str:
        """See ObjectStore.overwrite."""
        return self._put(key, data, {})

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStore.list."""
        pages = self.client.get_paginator("list_objects_v2")
        cut = len(self._full(""))
        with self._errors(prefix):
            for page in pages.paginate(Bucket=self.bucket, Prefix=self._full(prefix)):
                for item in page.get("Contents", []):
                    yield ObjectInfo(item["Key"][cut:], item["Size"], item["LastModified"], item["ETag"])

    def address(self, key: str) -> str:
        """See ObjectStore.address."""
        return f"s3://{self.bucket}/{self._full(key)}"

    def check(self) -> None:
        """See ObjectStore.check."""
        with self._errors(""):
            self.client.list_objects_v2(Bucket=self.bucket, Prefix=self._full(""), MaxKeys=1)

    def _put(self, key: str, data: bytes, condition: dict[str, Any]) -> str:
        with self._errors(key):
            answer = self.client.put_object(
                Bucket=self.bucket,
                Key=self._full(key),
                Body=data,
                **condition,
            )
            etag: str = answer["ETag"]
            return etag
        raise AssertionError  # _errors never swallows

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self._translated(error, key) from error
        except ParamValidationError as error:
            raise self._unusable("no valid name") from error
        except NoCredentialsError as error:
            raise SettingInvalid(
                f"GRID_STORE: got {self.address('')!r}, but there are no AWS credentials; allowed: the usual"
                " AWS_* variables, a role of this machine, or in Airflow the Connection that GRID_AWS_CONN_ID names"
            ) from error
        except BotoCoreError as error:
            raise StorageError(f"s3://{self.bucket}/{self._full(key)}: {error}") from error

    def _translated(self, error: ClientError, key: str) -> Exception:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in CONFLICTS or status in {409, 412}:
            return ConditionFailed(f"{key} was changed by another writer since it was read")
        if code in MISSING or status == 304 or (code == "InvalidArgument" and "version" in str(error).lower()):
            return _AbsentError(key)
        if code in UNUSABLE:
            return self._unusable(code)
        return StorageError(f"s3://{self.bucket}/{self._full(key)}: {error}")

    def _unusable(self, reason: str) -> SettingInvalid:
        return SettingInvalid(
            f"GRID_STORE: bucket {self.bucket!r} cannot be used ({reason}); allowed: an existing bucket"
            " that these credentials may list, read and write"
        )


def _version_id(answer: Mapping[str, Any]) -> str | None:
    """None for a bucket without versions, and for what was written before it had any."""
    found = answer.get("VersionId")
    return None if found in {None, "null"} else str(found)


class _AbsentError(StorageError):
    """No such object, or the one already known."""
