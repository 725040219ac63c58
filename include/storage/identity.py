"""Whose a store is: one feed for life, written down when the store is first opened for writing."""

import json
from collections.abc import Mapping
from typing import Final

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from include.domain.errors import ConditionFailed, SettingInvalid, StorageError, WrongStore
from include.domain.readings import Feed
from include.storage.keys import SCHEMA_VERSION, STORE_KEY
from include.storage.object_store import ObjectStore

WRITE_ATTEMPTS: Final = 40


def claim(store: ObjectStore, *, feed: Feed) -> None:
    """Make the store this feed's for good.

    Raises WrongStore when it is another's, and SettingInvalid when its server ignores the conditions of a PUT.
    """
    until_undisturbed()(_claim_once, store, feed)


def until_undisturbed() -> Retrying:
    """Try again, with jitter, for as long as another writer was faster."""
    return Retrying(
        retry=retry_if_exception_type(ConditionFailed),
        wait=wait_random_exponential(multiplier=0.02, max=2),
        stop=stop_after_attempt(WRITE_ATTEMPTS),
        reraise=True,
    )


def store_feed(store: ObjectStore) -> Feed | None:
    """The feed of a store; None while nothing has been written to it."""
    found = store.get(STORE_KEY)
    if found is None:
        return None
    try:
        return Feed(json.loads(found.data)["feed"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{STORE_KEY} cannot be read: {error}") from error


def _claim_once(store: ObjectStore, feed: Feed) -> None:
    wanted = {"feed": feed.value, "schema_version": SCHEMA_VERSION}
    found = store.get(STORE_KEY)
    if found is None:
        data = json.dumps(wanted).encode()
        store.put(STORE_KEY, data, expected=None)
        _check_conditions(store, data)
    else:
        _check_identity(found.data, wanted)


def _check_conditions(store: ObjectStore, data: bytes) -> None:
    """Every merge rests on conditional PUTs: a server that takes one which must fail would lose rows without a word."""
    for header, expected in (("If-None-Match", None), ("If-Match", '"0"')):
        try:
            store.put(STORE_KEY, data, expected=expected)
        except ConditionFailed:
            continue
        raise SettingInvalid(
            f"GRID_STORE: got {store.address('')}, whose server ignores {header}: two writers would lose rows; allowed:"
            " Amazon S3, or a server that honours If-Match and If-None-Match on PUT. Delete _store.json there"
        )


def _check_identity(data: bytes, wanted: Mapping[str, object]) -> None:
    try:
        found = json.loads(data)
        feed, version = found["feed"], found["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise WrongStore(f"{STORE_KEY} is not this project's: {data[:80]!r}") from error
    if feed != wanted["feed"]:
        raise WrongStore(
            f"GRID_FEED: got {wanted['feed']!r}, but this store holds {feed!r} readings for good; "
            "give GRID_STORE another folder or prefix for another feed"
        )
    if version != wanted["schema_version"]:
        raise WrongStore(f"the store has schema_version {version!r}; this version knows {SCHEMA_VERSION}")
