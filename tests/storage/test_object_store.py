"""What every object store must do: one class of tests, inherited by the folder and by S3."""

import threading
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from include.domain.errors import ConditionFailed, SettingInvalid
from include.storage.local import LocalStore
from include.storage.location import open_store
from include.storage.object_store import ObjectStore
from include.storage.s3 import S3Store
from tests.storage.writers import contents, count_up, in_processes, in_threads, location_of

KEY = "readings/source=eirgrid/area=wind/data.parquet"


class ObjectStoreContract:
    """Subclasses give the fixture `store`, empty, and how often each racing writer writes."""

    INCREMENTS = 25

    def test_what_was_never_written_is_none(self, store: ObjectStore) -> None:
        assert store.get(KEY) is None
        assert store.get(KEY, unless='"0"') is None
        assert list(store.list("")) == []
        assert list(store.list("readings/")) == []

    def test_what_was_put_is_got(self, store: ObjectStore) -> None:
        data = bytes(range(256)) * 1000
        etag = store.put(KEY, data, expected=None)
        found = store.get(KEY)
        assert found is not None
        assert (found.data, found.etag) == (data, etag)

    def test_an_empty_object_is_an_object(self, store: ObjectStore) -> None:
        store.put(KEY, b"", expected=None)
        found = store.get(KEY)
        assert found is not None
        assert found.data == b""

    def test_the_beginning_of_a_key_is_no_object(self, store: ObjectStore) -> None:
        store.put(KEY, b"1", expected=None)
        assert store.get("readings") is None
        assert store.get(f"{KEY}/further") is None

    def test_the_etag_follows_the_bytes(self, store: ObjectStore) -> None:
        first = store.put(KEY, b"1", expected=None)
        second = store.put(KEY, b"2", expected=first)
        assert first != second
        assert store.put(KEY, b"1", expected=second) == first

    def test_unless_gives_only_what_is_not_yet_known(self, store: ObjectStore) -> None:
        first = store.put(KEY, b"1", expected=None)
        assert store.get(KEY, unless=first) is None
        second = store.put(KEY, b"2", expected=first)
        found = store.get(KEY, unless=first)
        assert found is not None
        assert (found.data, found.etag) == (b"2", second)

    def test_a_new_object_is_not_put_over_one_that_is_there(self, store: ObjectStore) -> None:
        store.put(KEY, b"1", expected=None)
        before = contents(store)
        with pytest.raises(ConditionFailed):
            store.put(KEY, b"2", expected=None)
        assert contents(store) == before

    def test_an_object_that_was_changed_since_is_not_put_over(self, store: ObjectStore) -> None:
        first = store.put(KEY, b"1", expected=None)
        store.put(KEY, b"2", expected=first)
        before = contents(store)
        with pytest.raises(ConditionFailed):
            store.put(KEY, b"3", expected=first)
        assert contents(store) == before

    def test_an_object_that_is_not_there_is_not_replaced(self, store: ObjectStore) -> None:
        with pytest.raises(ConditionFailed):
            store.put(KEY, b"1", expected='"d41d8cd98f00b204e9800998ecf8427e"')
        assert store.get(KEY) is None

    def test_overwrite_asks_for_nothing(self, store: ObjectStore) -> None:
        first = store.overwrite(KEY, b"1")
        second = store.overwrite(KEY, b"2")
        assert first != second
        found = store.get(KEY)
        assert found is not None
        assert (found.data, found.etag) == (b"2", second)

    def test_a_listing_has_every_key_with_the_prefix_in_the_order_of_keys(self, store: ObjectStore) -> None:
        # "-" and "." sort before "/", capitals before small letters.
        keys = ["a.json", "a/b", "a/b.json", "a/c/d", "a-b", "ab", "A", "year=2026/month=01", "year=2026/month=1"]
        for key in keys:
            store.put(key, key.encode(), expected=None)
        for prefix in ("", "a", "a/", "a/b", "year=2026/", "year=2026/month=0", "none/", "none"):
            assert [info.key for info in store.list(prefix)] == sorted(key for key in keys if key.startswith(prefix))

    def test_a_listing_knows_size_and_time(self, store: ObjectStore) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)
        store.put(KEY, b"12345", expected=None)
        (info,) = store.list("readings/")
        assert info.size == 5
        assert before <= info.modified <= datetime.now(UTC) + timedelta(seconds=2)

    def test_check_is_content_and_writes_nothing(self, store: ObjectStore) -> None:
        store.check()
        assert list(store.list("")) == []

    def test_its_location_opens_the_same_store(self, store: ObjectStore) -> None:
        store.put(KEY, b"1", expected=None)
        again = open_store(location_of(store))
        assert contents(again) == contents(store)
        assert again.address(KEY) == store.address(KEY)

    def test_of_writers_that_all_create_one_wins(self, store: ObjectStore) -> None:
        ready = threading.Barrier(8)

        def create(number: int) -> int | None:
            ready.wait()
            try:
                store.put(KEY, str(number).encode(), expected=None)
            except ConditionFailed:
                return None
            return number

        won = [number for number in in_threads(create, [(n,) for n in range(8)]) if number is not None]
        found = store.get(KEY)
        assert found is not None
        assert [int(found.data)] == won

    def test_racing_threads_lose_no_increment(self, store: ObjectStore) -> None:
        in_threads(count_up, [(store, "counter", self.INCREMENTS)] * 8)
        found = store.get("counter")
        assert found is not None
        assert int(found.data) == 8 * self.INCREMENTS

    def test_racing_processes_lose_no_increment(self, store: ObjectStore) -> None:
        in_processes(count_up, [(location_of(store), "counter", self.INCREMENTS)] * 2)
        found = store.get("counter")
        assert found is not None
        assert int(found.data) == 2 * self.INCREMENTS

    def test_a_reader_never_sees_half_an_object(self, store: ObjectStore) -> None:
        store.put(KEY, b"0" * 100_000, expected=None)
        done = threading.Event()

        def read() -> set[int]:
            seen = set()
            while not done.is_set():
                found = store.get(KEY)
                assert found is not None
                assert len(found.data) == 100_000
                seen.add(len(set(found.data)))
            return seen

        def write() -> set[int]:
            for number in range(self.INCREMENTS):
                store.overwrite(KEY, str(number % 10).encode() * 100_000)
            done.set()
            return {1}

        assert in_threads(lambda work: work(), [(read,), (write,)]) == [{1}, {1}]


class TestFolder(ObjectStoreContract):
    @pytest.fixture
    def store(self, folder: LocalStore) -> ObjectStore:
        return folder


@pytest.mark.server
class TestS3(ObjectStoreContract):
    INCREMENTS = 4

    @pytest.fixture
    def store(self, s3_store: S3Store) -> ObjectStore:
        return s3_store


class TestLocation:
    @pytest.fixture
    def credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without them boto3 asks the network for some."""
        for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    @pytest.mark.parametrize("location", ["gs://bucket", "s3://", "s3:///prefix", "https://example.org/x"])
    def test_a_location_of_another_form_is_refused_in_one_line(self, location: str) -> None:
        with pytest.raises(SettingInvalid, match="GRID_STORE: got") as refused:
            open_store(location)
        assert location in str(refused.value)
        assert "s3://bucket/prefix" in str(refused.value)
        assert "\n" not in str(refused.value)

    @pytest.mark.usefixtures("credentials")
    def test_slashes_around_a_prefix_do_not_count(self) -> None:
        for location in ("s3://bucket/grid/v1", "s3://bucket/grid/v1/", "s3://bucket//grid/v1"):
            store = open_store(location)
            assert isinstance(store, S3Store)
            assert store.address("a") == "s3://bucket/grid/v1/a"
            store.client.close()

    @pytest.mark.usefixtures("credentials")
    def test_a_bucket_needs_no_prefix(self) -> None:
        for location in ("s3://bucket", "s3://bucket/"):
            store = open_store(location)
            assert isinstance(store, S3Store)
            assert store.address("a") == "s3://bucket/a"
            store.client.close()

    @pytest.mark.parametrize("form", ["{}", "file://{}"])
    def test_a_folder_may_be_a_path_or_a_file_address(self, tmp_path: object, form: str) -> None:
        assert open_store(form.format(tmp_path)).address("a") == f"{tmp_path}/a"
