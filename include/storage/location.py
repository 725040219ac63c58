"""From the setting that names a store to the store."""

from pathlib import Path
from typing import Final

from include.domain.errors import SettingInvalid
from include.storage.object_store import ObjectStore

STORE_FORMS: Final = "s3://bucket/prefix, or the path of a folder"


def open_store(location: str) -> ObjectStore:
    """The store at `s3://bucket/prefix` or in a folder (made when first written to)."""
    if location.startswith("s3://"):
        from include.storage.s3 import S3Store  # noqa: PLC0415  boto3 is not needed for a folder

        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        if not bucket:
            raise SettingInvalid.of("GRID_STORE", location, STORE_FORMS)
        return S3Store(bucket=bucket, prefix=prefix.strip("/"))
    if "://" in location and not location.startswith("file://"):
        raise SettingInvalid.of("GRID_STORE", location, STORE_FORMS)
    from include.storage.local import LocalStore  # noqa: PLC0415

    return LocalStore(Path(location.removeprefix("file://")).expanduser().absolute())
