"""`python -m dev.compose.prepare`: settings checked, database migrated, Pools and bucket made; safe to repeat."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

from include.domain.errors import GridError, SettingInvalid
from include.domain.readings import Feed
from include.settings import Settings, load_settings
from include.sources.registry import enabled

PATIENCE: Final = 30.0
NO_UPSTREAM: Final = (
    "GRID_FEED: got 'simulated', but no stand-in upstream answers at {upstream}; allowed: `docker compose --profile"
    " simulated up`, or GRID_FEED=eirgrid with GRID_CONTACT set to an e-mail address or URL of whoever runs this"
)


def check_feed(settings: Settings, *, patience: float = PATIENCE) -> None:
    """SettingInvalid unless there is somebody to ask: EirGrid with a contact, or a stand-in that answers."""
    if settings.feed is Feed.EIRGRID:
        settings.require_contact()
        return
    deadline = time.monotonic() + patience
    while not _answers(str(settings.upstream)):
        if time.monotonic() > deadline:
            raise SettingInvalid(NO_UPSTREAM.format(upstream=settings.upstream))
        time.sleep(0.5)


def pools(settings: Settings, environment: Mapping[str, str]) -> dict[str, int]:
    """Pools and their slots, of every source of this deployment."""
    found = [settings.pools(entry.source_id) for entry in enabled(environment)]
    return {name: slots for one in found for name, slots in one.items()}


def make_bucket(location: str) -> None:
    """Create the bucket of `s3://bucket/prefix`; content when it is there."""
    bucket = location.removeprefix("s3://").partition("/")[0]
    client: Any = boto3.client("s3")
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError:
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name})


def _answers(address: str) -> bool:
    try:
        with suppress(HTTPError):
            urlopen(address, timeout=5).close()  # noqa: S310  the address is the operator's own  # nosec B310
    except OSError:
        return False
    return True


def _airflow(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "airflow", *arguments], check=True)


def main() -> int:
    """2, and one line that says what to do, when a setting is wrong."""
    try:
        settings = load_settings()
        check_feed(settings)
    except GridError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    make_bucket(settings.store)
    _airflow("db", "migrate")
    for name, slots in pools(settings, os.environ).items():
        _airflow("pools", "set", name, str(slots), "eirgrid-airflow")
    return 0


if __name__ == "__main__":
    sys.exit(main())
