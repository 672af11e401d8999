"""Files that the user has are recognised by what is in them, whatever they are called, and nothing else is."""

import hashlib
import os
import shutil
from types import SimpleNamespace

import pytest
from maquette.backend.errors import BadRequest, Cancelled, DiskFull, MissingFolder
from maquette.backend.runtime.store import adopt as adopt_module
from maquette.backend.runtime.store.adopt import adopt
from maquette.backend.runtime.store.move import move
from maquette.backend.runtime.store.shelf import Shelf
from store_toy import NETWORK, SETTINGS, SHAPES, Told, Toy, lay, safetensors

OTHER = safetensors(**SHAPES)[:-1] + b"!"  # the same tensors, another training


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "weights")


@pytest.fixture
def mine(tmp_path):
    """What a hub's cache looks like: bytes under their hash, names as links to them; and clutter."""
    folder = tmp_path / "mine"
    (folder / "blobs").mkdir(parents=True)
    (folder / "snapshots").mkdir()
    (folder / "blobs" / "77aa").write_bytes(NETWORK)
    (folder / "readme.md").write_text("hello")
    (folder / "broken.safetensors").write_bytes(NETWORK[:-1])
    (folder / "other.safetensors").write_bytes(safetensors(c=(3,)))
    return folder


def read(shelf, file="net/toy.safetensors"):
    return shelf.path("toy", file).read_bytes()


def states(shelf, toy):
    return [(state.state, state.own) for state in shelf.states(toy.info)]


def test_by_hash_whatever_it_is_called(shelf, mine):
    toy = Toy()
    (mine / "x.json").write_bytes(SETTINGS)
    told = adopt(shelf, toy.info, toy, [mine], Told())
    assert told == "“77aa” serves as net/toy.safetensors now. “x.json” serves as settings.json now."
    assert read(shelf) == NETWORK and states(shelf, toy) == [("verified", False)] * 2
    assert adopt(shelf, toy.info, toy, [mine], Told()) == "Toy's weights are already there."


def test_what_is_still_lacking_is_told(shelf, mine):
    toy = Toy()
    told = adopt(shelf, toy.info, toy, [mine / "blobs" / "77aa"], Told())
    assert told.endswith("Still lacking: settings.json (13 bytes).") and states(shelf, toy)[0] == ("verified", False)


def test_by_tensors_where_no_hash_was_published(shelf, mine):
    toy = Toy(known=False)
    os.rename(mine / "blobs" / "77aa", mine / "z.safetensors")
    told = adopt(shelf, toy.info, toy, [mine], Told())
    assert "“z.safetensors” serves as net/toy.safetensors now (recognised by its tensors" not in told
    assert read(shelf) == NETWORK and states(shelf, toy)[0] == ("present", False)


@pytest.mark.parametrize("known", [True, False])
def test_anothers_training_of_the_same_network_is_taken_and_marked(shelf, mine, known, tmp_path):
    toy = Toy(known=known)
    (mine / "blobs" / "77aa").unlink()
    longer = safetensors(**SHAPES) if not known else OTHER
    text = b'{"__metadata__":{"format":"pt"},' + longer[9:]
    (mine / "mine.safetensors").write_bytes(
        (int.from_bytes(longer[:8], "little") + len(text) - len(longer) + 8).to_bytes(8, "little") + text
    )
    told = adopt(shelf, toy.info, toy, [mine], Told())
    assert "(recognised by its tensors, not by its bytes)" in told
    assert states(shelf, toy)[0] == ("present", True)  # although of another length than the published
    assert shelf.verify("toy", toy.info.weights[0]).usable
    move(shelf, tmp_path / "new", [toy.info], tmp_path / "data", Told())
    assert states(Shelf(tmp_path / "new"), toy)[0] == ("present", True)


def test_the_published_file_goes_before_anothers(shelf, mine):
    toy = Toy()
    (mine / "aaa.safetensors").write_bytes(OTHER)
    adopt(shelf, toy.info, toy, [mine], Told())
    assert read(shelf) == NETWORK


def test_companions_by_name_and_length(shelf, mine):
    toy = Toy(known=False)
    (mine / "settings.json").write_bytes(b'{"width": 41}')
    adopt(shelf, toy.info, toy, [mine], Told())
    assert read(shelf, "settings.json") == b'{"width": 41}'


def test_nothing_that_fits_is_said(shelf, mine):
    toy = Toy()
    (mine / "blobs" / "77aa").unlink()
    with pytest.raises(BadRequest, match="None of the 3 files is one of Toy's weights") as caught:
        adopt(shelf, toy.info, toy, [mine], Told())
    assert "net/toy.safetensors (8.3 kB), settings.json (13 bytes)" in caught.value.fix
    with pytest.raises(BadRequest, match=r"“readme\.md” is not one of Toy's weights"):
        adopt(shelf, toy.info, toy, [mine / "readme.md"], Told())
    with pytest.raises(MissingFolder, match="There is no"):
        adopt(shelf, toy.info, toy, [mine / "nothing"], Told())
    (mine / "empty").mkdir()
    with pytest.raises(BadRequest, match="no files in that folder"):
        adopt(shelf, toy.info, toy, [mine / "empty"], Told())
    assert not shelf.folder("toy").exists()


def test_an_engine_that_tells_nothing_is_given_nothing_but_its_own(shelf, mine):
    toy = SimpleNamespace(info=Toy(known=False).info)
    os.rename(mine / "blobs" / "77aa", mine / "z.safetensors")
    with pytest.raises(BadRequest):
        adopt(shelf, toy.info, toy, [mine], Told())


def test_bytes_are_shared_or_copied(shelf, mine):
    toy, source = Toy(), mine / "blobs" / "77aa"
    (mine / "snapshots" / "toy.safetensors").symlink_to(source)
    adopt(shelf, toy.info, toy, [mine / "snapshots" / "toy.safetensors"], Told())
    path = shelf.path("toy", "net/toy.safetensors")
    assert os.path.samefile(path, source) and not path.is_symlink()
    shelf.delete(toy.info)
    assert source.read_bytes() == NETWORK  # only our name of it has gone
    adopt(shelf, toy.info, toy, [source], Told(), link=False)
    assert not os.path.samefile(path, source) and path.read_bytes() == NETWORK


def test_a_file_that_lies_in_its_place_already(shelf):
    toy = Toy(known=True)
    lay(shelf, content=OTHER)
    assert not shelf.verify("toy", toy.info.weights[0]).usable
    path = shelf.path("toy", "net/toy.safetensors")
    adopt(shelf, toy.info, toy, [path], Told())
    assert read(shelf) == OTHER and states(shelf, toy)[0] == ("present", True)


def test_a_disk_too_small(shelf, mine, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5000))
    with pytest.raises(DiskFull):
        adopt(shelf, Toy().info, Toy(), [mine], Told(), link=False)
    adopt(shelf, Toy().info, Toy(), [mine], Told())  # sharing needs no room


def test_it_can_be_stopped(shelf, mine):
    with pytest.raises(Cancelled):
        adopt(shelf, Toy().info, Toy(), [mine], Told(stop_at=lambda *_: True))
    assert not shelf.folder("toy").exists()


def test_whole_disks_are_not_looked_through(shelf, mine, monkeypatch):
    monkeypatch.setattr(adopt_module, "MOST", 3)
    with pytest.raises(BadRequest, match="more than 3 files"):
        adopt(shelf, Toy().info, Toy(), [mine], Told())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_pipes_and_circles_are_passed_by(shelf, mine):
    os.mkfifo(mine / "pipe.safetensors")
    (mine / "circle").symlink_to(mine)
    (mine / "circle.safetensors").symlink_to(mine / "circle.safetensors")
    adopt(shelf, Toy().info, Toy(), [mine], Told())
    assert hashlib.sha256(read(shelf)).hexdigest() == Toy().info.weights[0].sha256
