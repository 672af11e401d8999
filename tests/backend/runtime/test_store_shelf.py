"""The shelf knows what state files are in, forgets nothing, and never touches anything outside its folder."""

import hashlib
import json
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from maquette.backend.protocol import EngineInfo, WeightsInfo
from maquette.backend.runtime import store
from maquette.backend.runtime.store.folder import data_folder, note, weights_folder
from maquette.backend.runtime.store.lock import Taken, alone_in
from maquette.backend.runtime.store.names import BadName, in_words, inner_path
from maquette.backend.runtime.store.shelf import FolderTrouble, Shelf

CONTENT = bytes(range(200))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def engine(*files, id="toy"):
    return EngineInfo(id, "Toy", "", ("image",), "gpu", "MIT", "MIT", files)


def known(size=len(CONTENT) * 1, sha256=SHA256, file="w.bin"):  # noqa: B008
    return WeightsInfo(file, size, sha256=sha256)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "weights")


def laid(shelf, file="w.bin", content=CONTENT):
    path = shelf.path("toy", file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_absent_partial_present_verified_damaged(shelf):
    assert shelf.state("toy", known()).state == "absent"
    path = shelf.path("toy", "w.bin")
    path.parent.mkdir(parents=True)
    path.with_name("w.bin.part").write_bytes(CONTENT[:10])
    state = shelf.state("toy", known())
    assert (state.state, state.size, state.usable) == ("partial", 10, False)
    laid(shelf)
    assert shelf.state("toy", known()).state == "present"
    assert shelf.verify("toy", known()).state == "verified"
    assert shelf.state("toy", known()).state == "verified"  # and is remembered
    laid(shelf, content=CONTENT[:-1])
    state = shelf.state("toy", known())
    assert state.state == "damaged" and "199 bytes and should have 200" in state.why


def test_wrong_bytes_of_the_right_length_are_found_and_remembered(shelf):
    laid(shelf, content=bytes(200))
    assert shelf.state("toy", known()).state == "present"
    found = shelf.verify("toy", known())
    assert found.state == "damaged" and "not the file that was published" in found.why
    assert not shelf.present(engine(known()))[0].present


def test_what_is_remembered_ends_when_the_file_changes(shelf):
    path = laid(shelf)
    shelf.verify("toy", known())
    os.utime(path, ns=(1, 1))
    assert shelf.state("toy", known()).state == "present"


def test_bytes_that_the_disk_loses_are_found_without_a_published_hash(shelf):
    path, file = laid(shelf), known(sha256="")
    assert shelf.verify("toy", file).state == "present"
    before = path.stat()
    path.write_bytes(bytes(200))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shelf.verify("toy", file).why == "The disk has lost some of its bytes."
    assert shelf.state("toy", file).state == "damaged"
    path.write_bytes(CONTENT)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shelf.verify("toy", file).state == "present"


def test_reading_can_be_stopped(shelf):
    laid(shelf)

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.verify("toy", known(), stop)
    assert shelf.state("toy", known()).state == "present"


def test_a_file_of_unknown_length_is_judged_by_its_header(shelf):
    file = known(0, "", "w.safetensors")
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    whole = struct.pack("<Q", len(header)) + header + bytes(8)
    laid(shelf, "w.safetensors", whole)
    assert shelf.state("toy", file).state == "present"
    laid(shelf, "w.safetensors", whole[:-1])
    assert shelf.state("toy", file).state == "damaged"
    laid(shelf, "w.bin", b"")
    assert shelf.state("toy", known(0, "")).why == "It is empty."


@pytest.mark.parametrize("garbage", ["", "[]", "{", '{"w.bin": 3}', '{"w.bin": {"size": 200}}', "[" * 10_000])
def test_a_damaged_ledger_is_an_empty_one(shelf, garbage):
    path = laid(shelf)
    ledger = path.with_name(".known.json")
    ledger.write_text(garbage)
    assert shelf.state("toy", known()).state == "present"
    assert shelf.verify("toy", known()).state == "verified"
    entry = json.loads(ledger.read_text())["w.bin"]
    for lie in ({"sha256": 7}, {"size": "200"}, {"changed": None}, {"whole": "yes"}, {"sha256": "x" * 64}):
        ledger.write_text(json.dumps({"w.bin": entry | lie}))
        assert shelf.state("toy", known()).state == "present"


def test_delete_takes_ours_and_nothing_else(shelf, tmp_path):
    info = engine(known(), known(file="deep/er/x.bin"), known(file="never.bin"))
    laid(shelf), laid(shelf, "deep/er/x.bin")
    shelf.verify("toy", info.weights[0])
    path = shelf.path("toy", "never.bin")
    path.with_name("never.bin.part").write_bytes(bytes(30))
    path.with_name("never.bin.part.json").write_bytes(bytes(5))
    other = shelf.folder("toy") / "mine.txt"
    other.write_text("mine")
    assert shelf.delete(info) == 435
    assert os.listdir(shelf.folder("toy")) == ["mine.txt"]
    other.unlink()
    laid(shelf)
    shelf.delete(info)
    assert os.listdir(shelf.root) == [] and shelf.delete(info) == 0


def test_a_file_that_cannot_be_deleted_is_told(shelf, monkeypatch):
    laid(shelf)

    def refuse(self, **_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(FolderTrouble, match="cannot be deleted: permission denied"):
        shelf.delete(engine(known()))


BAD = ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a\\b", "C:x", "c:/x", ".hidden", "a/.x", "nul"]
BAD += [
    "con.txt",
    "COM1",
    "x.",
    "x ",
    " x",
    "a\nb",
    "a\0b",
    "ü",
    "x.part",
    "x.part.json",
    "~",
    "$HOME",
    "x" * 201,
    "a/",
]


@pytest.mark.parametrize("name", BAD)
def test_names_that_could_lead_out_are_refused(shelf, name):
    with pytest.raises(BadName):
        shelf.path("toy", name)
    with pytest.raises(BadName):
        shelf.delete(engine(known(file=name)))
    with pytest.raises(BadName):
        shelf.path(name, "w.bin")


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_name_stays_within_or_is_refused(name, file):
    try:
        path = inner_path(name, file)
    except BadName:
        return
    assert not path.is_absolute() and ".." not in path.parts and len(path.parts) >= 2
    assert os.path.normpath(path) == str(path)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_are_not_followed_out(shelf, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "w.bin").write_bytes(CONTENT)
    shelf.root.mkdir()
    (shelf.root / "toy").symlink_to(outside)
    assert shelf.state("toy", known()).state == "absent"
    with pytest.raises(FolderTrouble, match="leads out"):
        shelf.delete(engine(known()))
    with pytest.raises(FolderTrouble, match="leads out"):
        shelf.path("toy", "w.bin")
    (shelf.root / "toy").unlink()
    (shelf.root / "toy").mkdir()
    (shelf.root / "toy" / "w.bin").symlink_to(outside / "w.bin")
    assert shelf.state("toy", known()).state == "absent"
    assert (outside / "w.bin").read_bytes() == CONTENT


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "big disk").mkdir()
    (tmp_path / "weights").symlink_to(tmp_path / "big disk")
    shelf = Shelf(tmp_path / "weights")
    laid(shelf)
    assert shelf.state("toy", known()).usable and shelf.delete(engine(known())) == 200


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_only_regular_files_count(shelf):
    path = shelf.path("toy", "w.bin")
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert shelf.state("toy", known()).state == "absent"
    os.unlink(path)
    path.mkdir()
    assert shelf.state("toy", known()).state == "absent"


def test_where_the_folder_is(tmp_path, monkeypatch):
    data = str(tmp_path / "data")
    assert weights_folder("", data, {}) == tmp_path / "data" / "weights"
    note(tmp_path / "data", tmp_path / "elsewhere")
    assert weights_folder("", data, {}) == tmp_path / "elsewhere"
    assert weights_folder("", data, {"MAQUETTE_WEIGHTS": str(tmp_path / "env")}) == tmp_path / "env"
    given_one = str(tmp_path / "given")
    assert weights_folder(given_one, data, {"MAQUETTE_WEIGHTS": "/env"}) == tmp_path / "given"
    note(tmp_path / "data", tmp_path / "data" / "weights")
    assert os.listdir(data) == [] and weights_folder("", data, {}) == tmp_path / "data" / "weights"
    for nonsense in ("", "[]", '{"weights_dir": 3}', '{"weights_dir": "not/absolute"}'):
        (tmp_path / "data" / "weights_dir.json").write_text(nonsense)
        assert weights_folder("", data, {}) == tmp_path / "data" / "weights"
    assert data_folder("", {"MAQUETTE_DATA": data}) == tmp_path / "data" and data_folder("", {}).is_absolute()


def test_what_engines_ask(tmp_path):
    store.configure(str(tmp_path / "w"))
    try:
        path = store.path_of("toy", "deep/w.bin")
        assert path == tmp_path / "w" / "toy" / "deep" / "w.bin"
        info = engine(known(file="deep/w.bin"), known(file="other"))
        assert [file.present for file in store.present(info)] == [False, False]
        path.parent.mkdir(parents=True)
        path.write_bytes(CONTENT)
        assert [file.present for file in store.present(info)] == [True, False]
    finally:
        store.configure()


def test_only_one_at_a_time(tmp_path):
    with alone_in(tmp_path / "new"):
        with pytest.raises(Taken, match="another process"), alone_in(tmp_path / "new"):
            raise AssertionError
        with alone_in(tmp_path / "other"):
            pass
    with alone_in(tmp_path / "new"):
        pass


def test_sizes_in_words():
    sizes = (0, 999, 1000, 830_126_160, 9_960_000, 999_700, 1_735_224_544)
    assert [in_words(size) for size in sizes] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "830 MB",
        "10 MB",
        "1.0 MB",
        "1.7 GB",
    ]
