"""`/api/files`: the Hive-partitioned Parquet files as they lie in the store, each under an address of its bytes."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from api.answers import Body
from api.gaps import chosen, limits
from api.problems import Problem
from api.query import only_known
from api.summaries import Readable, Summary
from include.storage.keys import partition_of_key

PARAMETERS: Final = ("area", "region", "start", "end")
PINNED: Final = "public, max-age=31536000, immutable"
VERSION: Final = "[A-Za-z0-9_.-]{1,1024}"
"""What a version may look like: S3's own have up to 1,024 bytes."""
PARQUET: Final = "application/vnd.apache.parquet"


def listing(document: dict[str, Any], given: Sequence[tuple[str, str]], *, now: datetime) -> dict[str, Any]:
    """The list, less what is filtered out; Problem when a filter is not allowed."""
    values = only_known(given, PARAMETERS)
    of_them = chosen(values, [file["area"] for file in document["files"]])
    start, end = limits(values, now=now)

    def wanted(file: Mapping[str, Any]) -> bool:
        partition = partition_of_key(file["path"])
        assert partition is not None
        span = partition.span
        in_time = (end is None or span.start < end) and (start is None or span.end > start)
        return in_time and of_them(file)

    return document | {"files": [file for file in document["files"] if wanted(file)]}


def pick(store: Readable, summary: Summary, key: str, given: Sequence[tuple[str, str]]) -> tuple[Body, str | None]:
    """One file, in the version asked for or as it is now; and how long it may be kept, if not the usual time."""
    version = only_known(given, ("version",)).get("version")
    if version is not None and not re.fullmatch(VERSION, version):
        raise Problem.parameter("version", version, "one that /api/files gives")
    # Only what is listed is looked for: a path from outside never reaches the store.
    entry = next((file for file in json.loads(summary.body.data)["files"] if file["path"] == key), None)
    if entry is None:
        raise Problem(404, "Unknown file", "no file with this path is listed at /api/files")
    found = store.get_version(key, version) if version else None
    found = found or store.get(key)
    if found is None:
        raise Problem(503, "File not readable", "the file is listed, but the store has no such object right now")
    digest = hashlib.sha256(found.data).hexdigest()
    if version is not None and version not in {found.version_id, digest[:16]}:
        raise Problem(410, "Version not kept", "the file has changed since; /api/files has its present address")
    name = "_".join([summary.body.feed, entry["area"], entry["region"], entry["period"]])
    headers = {"content-disposition": f'attachment; filename="{name}.parquet"'}
    body = Body(found.data, summary.body.feed, media_type=PARQUET, headers=headers, etag=digest[:32])
    return body, PINNED if version else None
