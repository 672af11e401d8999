"""Moving loses nothing, wherever it is stopped, and goes on where it was."""

import contextlib
import errno
import os
import shutil
from types import SimpleNamespace

import pytest
from maquette.backend.errors import BadRequest, Cancelled, DiskFull
from maquette.backend.runtime.store import move as move_module
from maquette.backend.runtime.store import place
from maquette.backend.runtime.store.folder import weights_folder
from maquette.backend.runtime.store.lock import Taken, alone_in
from maquette.backend.runtime.store.move import move
from maquette.backend.runtime.store.shelf import FolderTrouble, Shelf
from store_toy import NETWORK, SETTINGS, Told, Toy, lay

INFO = Toy().info


@pytest.fixture(params=["one disk", "two disks"])
def disks(request, monkeypatch):
    """Between two disks there are no hard links."""
    if request.param == "two disks":

        def refuse(*_, **__):
            raise OSError(errno.EXDEV, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", refuse)
        monkeypatch.setattr(move_module, "would_link", lambda source, folder: False)
    return request.param


@pytest.fixture
def old(tmp_path):
    shelf = Shelf(tmp_path / "data" / "weights")
    lay(shelf)
    shelf.verify("toy", INFO.weights[0])
    return shelf


def whole(shelf):
    read = [shelf.path("toy", file).read_bytes() for file in ("net/toy.safetensors", "settings.json")]
    return read == [NETWORK, SETTINGS]


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def now(tmp_path):
    return weights_folder("", str(tmp_path / "data"), {})


def test_everything_moves_and_is_found_again(old, tmp_path, disks):
    errand = Told()
    told = move(old, tmp_path / "new", [INFO], tmp_path / "data", errand)
    new = Shelf(tmp_path / "new")
    assert whole(new) and files(old.root) == [".lock"] and f"“{new.root}”" in told and "8.3 kB" in told
    assert now(tmp_path) == new.root
    assert [state.state for state in new.states(INFO)] == ["verified", "present"]  # what was known is known
    assert errand.progress.fraction == 1.0
    move(new, tmp_path / "data" / "weights", [INFO], tmp_path / "data", Told())
    assert whole(old) and now(tmp_path) == old.root and not (tmp_path / "data" / "weights_dir.json").exists()


def test_parts_move_too(old, tmp_path, disks):
    path = old.path("toy", "settings.json")
    path.rename(path.with_name("settings.json.part"))
    path.with_name("settings.json.part.json").write_text("{}")
    move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    found = files(tmp_path / "new" / "toy")
    assert found == [".known.json", "net/toy.safetensors", "settings.json.part", "settings.json.part.json"]


def test_strangers_stay(old, tmp_path, disks):
    (old.root / "toy" / "mine.txt").write_text("mine")
    move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    assert files(old.root) == [".lock", "toy/mine.txt"]


class Stop(Exception):
    pass


@pytest.mark.parametrize("moment", range(6))
def test_a_crash_at_any_moment_loses_nothing(old, tmp_path, disks, monkeypatch, moment):
    """Every call that changes the disk fails in turn; then all is well in the old folder, or in the new one."""
    calls = [0]

    def failing(function):
        def call(*args, **kwargs):
            calls[0] += 1
            if calls[0] > moment:
                raise Stop
            return function(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing(os.replace))
        patch.setattr(move_module.folders, "note", failing(move_module.folders.note))
        patch.setattr(Shelf, "delete", failing(Shelf.delete))
        with contextlib.suppress(Stop):
            move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    assert whole(Shelf(now(tmp_path)))
    if now(tmp_path) == old.root:
        move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    new = Shelf(tmp_path / "new")
    assert now(tmp_path) == new.root and whole(new)
    assert not [name for name in files(new.root) if name.endswith((".copy", ".tmp"))]


def test_going_on_copies_only_the_rest(old, tmp_path, disks, monkeypatch):
    errand = Told(stop_at=lambda fraction, stage, detail: fraction > 0.99)
    with pytest.raises(Cancelled):
        move(old, tmp_path / "new", [INFO], tmp_path / "data", errand)
    assert whole(old) and now(tmp_path) == old.root
    put, moved = place.put, []
    monkeypatch.setattr(move_module, "put", lambda source, *rest: (moved.append(source.name), put(source, *rest)))
    move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    assert "toy.safetensors" not in moved and whole(Shelf(tmp_path / "new")) and files(old.root) == [".lock"]


def test_what_lies_there_is_trusted_only_if_it_was_verified(old, tmp_path, disks):
    """A file of the right length with wrong bytes must not outlive the right one."""
    new = Shelf(tmp_path / "new")
    lay(new, content=bytes(len(NETWORK)))
    move(old, new.root, [INFO], tmp_path / "data", Told())
    assert whole(new)
    lay(old, content=bytes(len(NETWORK)))
    new.verify("toy", INFO.weights[0])
    move(old, new.root, [INFO], tmp_path / "other data", Told())
    assert whole(new) and files(old.root) == [".lock"]


def test_a_disk_that_fills_up_on_the_way(old, tmp_path, monkeypatch):
    def full(source, target, step):
        target.write_bytes(source.read_bytes()[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(place, "_linked", lambda source, target: False)
    monkeypatch.setattr(place, "_copy", full)
    with pytest.raises(DiskFull, match="is full"):
        move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    assert whole(old) and now(tmp_path) == old.root and files(tmp_path / "new") == [".lock"]


def test_a_disk_too_small_is_told_first(old, tmp_path, monkeypatch):
    monkeypatch.setattr(move_module, "would_link", lambda source, folder: False)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5000))
    with pytest.raises(DiskFull, match=r"8.3 kB are needed"):
        move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    assert whole(old)


def test_a_file_that_changes_while_it_is_copied(old, tmp_path, disks, monkeypatch):
    if disks == "one disk":
        pytest.skip("nothing is copied")
    source = old.path("toy", "settings.json")

    def grow(done):
        with open(source, "ab") as file:
            file.write(b"x")

    with pytest.raises(OSError, match="changed while it was copied"):
        place.put(source, tmp_path / "new" / "s", grow)
    assert files(tmp_path / "new") == []


def test_old_files_that_do_not_go_are_said(old, tmp_path, monkeypatch):
    def refuse(self, info):
        raise FolderTrouble("“x” cannot be deleted: in use.", "Close it.")

    monkeypatch.setattr(Shelf, "delete", refuse)
    errand = Told()
    move(old, tmp_path / "new", [INFO], tmp_path / "data", errand)
    assert whole(Shelf(tmp_path / "new")) and "still there: “x” cannot be deleted" in errand.lines[0]


def test_a_folder_that_cannot_be_noted(old, tmp_path, monkeypatch):
    def refuse(data, folder):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(move_module.folders, "note", refuse)
    with pytest.raises(FolderTrouble):
        move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
    assert whole(old)


def test_places_that_make_no_sense(old, tmp_path):
    (tmp_path / "file").write_text("")
    for target in (old.root, old.root / "deeper", tmp_path / "data", tmp_path / "file"):
        with pytest.raises(BadRequest):
            move(old, target, [INFO], tmp_path / "data", Told())
    assert whole(old)


def test_not_while_something_is_fetched(old, tmp_path):
    for busy in (old.root, tmp_path / "new"):
        with alone_in(busy), pytest.raises(Taken):
            move(old, tmp_path / "new", [INFO], tmp_path / "data", Told())
