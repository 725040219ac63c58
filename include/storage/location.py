"""From the setting that names a store to the store."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from include.domain.errors import SettingInvalid
from include.storage.object_store import ObjectStore

if TYPE_CHECKING:
    from include.storage.s3 import S3Access

STORE_FORMS: Final = "s3://bucket/prefix, or the path of a folder"


def is_s3(location: str) -> bool:
    """Whether the store is a bucket."""
    return location.startswith("s3://")


def open_store(location: str, *, access: "S3Access | None" = None) -> ObjectStore:
    """The store at `s3://bucket/prefix` or in a folder (made when first written to).

    A bucket is reached by `access`; without it by boto3's own settings.
    """
    if is_s3(location):
        from include.storage.s3 import S3Store  # noqa: PLC0415  boto3 is not needed for a folder

        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        if not bucket:
            raise SettingInvalid.of("GRID_STORE", location, STORE_FORMS)
        return S3Store(bucket=bucket, prefix=prefix.strip("/"), access=access)
    if "://" in location and not location.startswith("file://"):
        raise SettingInvalid.of("GRID_STORE", location, STORE_FORMS)
    from include.storage.local import LocalStore  # noqa: PLC0415

    return LocalStore(Path(location.removeprefix("file://")).expanduser().absolute())
