"""What only the folder must do: survive its writers, and stay inside itself."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from include.domain.errors import SettingInvalid, StorageError
from include.storage.local import UNFINISHED, LocalStore
from include.storage.location import open_store
from tests.storage.writers import contents

KEY = "readings/area=wind/data.parquet"

KILLED_WRITER = """
import os, sys, time
from pathlib import Path
from include.storage.local import LocalStore

def stuck(_):
    print("bytes are out", flush=True)
    time.sleep(60)

os.fsync = stuck
LocalStore(Path(sys.argv[1])).overwrite(sys.argv[2], b"half" * 1000)
"""


@pytest.mark.parametrize("existing", [None, b"old"])
def test_a_killed_writer_leaves_the_object_as_it_was(folder: LocalStore, existing: bytes | None) -> None:
    if existing is not None:
        folder.put(KEY, existing, expected=None)
    before = contents(folder)
    _kill_in_the_middle_of_writing(folder.root)
    assert [path for path in folder.root.rglob("*") if path.name.startswith(UNFINISHED)]
    assert contents(folder) == before
    assert list(folder.list("readings/area=wind/")) == list(folder.list(""))


def test_a_killed_writer_leaves_no_lock(folder: LocalStore) -> None:
    _kill_in_the_middle_of_writing(folder.root)
    done = threading.Thread(target=folder.put, args=(KEY, b"new"), kwargs={"expected": None}, daemon=True)
    done.start()
    done.join(20)
    found = folder.get(KEY)
    assert found is not None
    assert found.data == b"new"


def test_what_cannot_be_read_is_one_clear_error(folder: LocalStore) -> None:
    (folder.root / "readings").mkdir(parents=True)
    for name in ("one", "other"):
        (folder.root / "readings" / name).symlink_to("other" if name == "one" else "one")
    with pytest.raises(StorageError, match=r"^GRID_STORE: .*readings/one cannot be read: Too many levels"):
        folder.get("readings/one")
    with pytest.raises(StorageError, match=r"^GRID_STORE: .* cannot be read: "):
        list(folder.list("readings/"))


def test_a_writer_that_fails_leaves_nothing(folder: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = folder.put(KEY, b"old", expected=None)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="cannot be written: No space left"):
        folder.put(KEY, b"new", expected=etag)
    assert [path.name for path in (folder.root / KEY).parent.iterdir()] == ["data.parquet"]
    found = folder.get(KEY)
    assert found is not None
    assert found.data == b"old"


@pytest.mark.parametrize("key", ["../outside", "readings/../../outside", "/etc/passwd", "..", "readings/.."])
def test_a_key_that_leaves_the_folder_is_refused(folder: LocalStore, key: str) -> None:
    folder.put(KEY, b"1", expected=None)
    everything = sorted(folder.root.parent.rglob("*"))
    for use in (
        lambda: folder.get(key),
        lambda: folder.put(key, b"x", expected=None),
        lambda: folder.overwrite(key, b"x"),
        lambda: list(folder.list(f"{key}/")),
        lambda: folder.address(key),
    ):
        with pytest.raises(ValueError, match="not a key"):
            use()
    assert [path for path in sorted(folder.root.parent.rglob("*")) if ".locks" not in path.parts] == [
        path for path in everything if ".locks" not in path.parts
    ]


def test_two_dots_within_a_name_are_no_way_out(folder: LocalStore) -> None:
    folder.put("a..b/..c", b"1", expected=None)
    assert [info.key for info in folder.list("a..b/")] == ["a..b/..c"]


def test_the_folder_may_lie_beside_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "code").mkdir()
    monkeypatch.chdir(tmp_path / "code")
    store = open_store("../data/eirgrid")
    store.put(KEY, b"1", expected=None)
    assert (tmp_path / "data/eirgrid" / KEY).read_bytes() == b"1"
    assert [info.key for info in store.list("readings/")] == [KEY]


def test_the_folder_is_made_when_first_written_to(folder: LocalStore) -> None:
    folder.check()
    assert folder.get(KEY) is None
    assert list(folder.list("readings/")) == []
    assert not folder.root.exists()
    folder.put(KEY, b"1", expected=None)
    assert (folder.root / KEY).stat().st_mode & 0o777 == 0o644


def test_a_file_in_place_of_the_folder_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for root in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(SettingInvalid, match=r"GRID_STORE: got .*file.*a folder that this user may write to"):
            LocalStore(root).check()


def test_a_folder_that_may_not_be_written_to_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The user of a test run may be root, whom no mode stops.
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SettingInvalid, match="GRID_STORE"):
        LocalStore(tmp_path / "store").check()


def _kill_in_the_middle_of_writing(root: Path) -> None:
    command = [sys.executable, "-c", KILLED_WRITER, str(root), KEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"bytes are out\n"
        writer.kill()
