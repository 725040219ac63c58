"""What of dist/ differs from the bucket, and bringing it there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from botocore.exceptions import ClientError

from deploy.dist import BUNDLE, File

DIGEST: Final = "sha256"
"""Name of the object metadata that holds the content's hash: the ETag is one only without KMS."""


@dataclass(frozen=True)
class Bucket:
    """The bucket of the code, which may not be there yet."""

    name: str
    s3: Any

    def held(self, key: str) -> tuple[str, str] | None:
        """(hash, version) of the newest object at a key; None when there is none."""
        try:
            found = self.s3.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NoSuchBucket"}:
                return None
            raise
        return found["Metadata"].get(DIGEST, ""), found["VersionId"]

    def keys(self, prefix: str) -> list[str]:
        """Keys below a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        try:
            return [item["Key"] for page in pages for item in page.get("Contents", [])]
        except self.s3.exceptions.NoSuchBucket:
            return []

    def put(self, file: File) -> str:
        """Upload; the new version."""
        with file.path.open("rb") as body:
            told = self.s3.put_object(Bucket=self.name, Key=file.key, Body=body, Metadata={DIGEST: file.sha256})
        version: str = told["VersionId"]
        return version


@dataclass(frozen=True)
class Uploads:
    """The files that differ, in the order they go up, and the keys that go after them."""

    bucket: Bucket
    changed: tuple[File, ...]
    gone: tuple[str, ...]
    versions: Mapping[str, str]
    """By key, of what is up there already as it should be."""

    @classmethod
    def of(cls, bucket: Bucket, files: Iterable[File], *, below: str = "") -> Self:
        """What differs. Keys below the prefix that are none of the files are gone; without one nothing is."""
        wanted = list(files)
        held = {file.key: bucket.held(file.key) for file in wanted}
        same = {file.key: one[1] for file in wanted if (one := held[file.key]) and one[0] == file.sha256}
        gone = sorted(set(bucket.keys(below)) - {file.key for file in wanted}) if below else []
        return cls(bucket, tuple(file for file in wanted if file.key not in same), tuple(gone), same)

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)

    def told(self) -> list[str]:
        """A line per file."""
        return [
            *(f"  upload  {file.key} ({file.path.stat().st_size:,} bytes)" for file in self.changed),
            *(f"  remove  {key}" for key in self.gone),
        ]

    def split(self, key: str) -> tuple[Self, Self]:
        """The one file, and all the rest."""
        cls = type(self)
        first = tuple(file for file in self.changed if file.key == key)
        rest = tuple(file for file in self.changed if file.key != key)
        return cls(self.bucket, first, (), {}), cls(self.bucket, rest, self.gone, self.versions)

    def apply(self, say: Callable[[str], None]) -> dict[str, str]:
        """Upload one after the other, then remove what is gone; the version of every key."""
        versions = dict(self.versions)
        for file in self.changed:
            versions[file.key] = self.bucket.put(file)
            say(f"  uploaded {file.key}")
        for key in self.gone:
            self.bucket.s3.delete_object(Bucket=self.bucket.name, Key=key)
            say(f"  removed {key}; its versions stay")
        return versions


def bundle_uploads(bucket: Bucket, files: Iterable[File]) -> Uploads:
    """Those of the bundle."""
    return Uploads.of(bucket, files, below=f"{BUNDLE}/")
