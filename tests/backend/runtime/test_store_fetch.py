"""An engine's files come together, under one bar, into a folder that was asked whether they fit."""

import os
import shutil
from types import SimpleNamespace

import pytest
from maquette.backend.errors import BadRequest, Cancelled, DiskFull
from maquette.backend.runtime.store.access import Access
from maquette.backend.runtime.store.fetch import fetch
from maquette.backend.runtime.store.lock import Taken, alone_in
from maquette.backend.runtime.store.shelf import FolderTrouble, Shelf
from maquette.backend.runtime.store.total import Total
from maquette.backend.runtime.store.troubles import NotThere, ServerTrouble
from store_server import Manners, Server
from store_toy import NETWORK, SETTINGS, Told, Toy, lay, published

QUICK = Access(stall=0.5, pause=0.01, tries=2, proxy="none")


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "weights")


@pytest.fixture
def server():
    with Server(files={"/net/toy.safetensors": NETWORK, "/settings.json": SETTINGS}) as server:
        yield server


def paths(server):
    return [(method, path) for method, path, _ in server.asked]


def test_all_files_come_and_are_verified(shelf, server):
    toy, errand = Toy(server.url), Told()
    assert fetch(shelf, toy.info, QUICK, errand) == "Toy's weights are there (8.3 kB)."
    assert shelf.path("toy", "net/toy.safetensors").read_bytes() == NETWORK
    assert [state.state for state in shelf.states(toy.info)] == ["verified", "verified"]
    assert all(file.present for file in shelf.present(toy.info))
    fractions = [fraction for fraction, _, _ in errand.steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert {stage for _, stage, _ in errand.steps} == {"Downloading toy.safetensors", "Downloading settings.json"}
    asked = len(server.asked)
    assert fetch(shelf, toy.info, QUICK, Told()) == "Toy's weights are already there."
    assert len(server.asked) == asked == 2


def test_only_what_is_lacking_is_fetched(shelf, server):
    toy = Toy(server.url)
    lay(shelf, content=NETWORK[:-1])
    errand = Told()
    fetch(shelf, toy.info, QUICK, errand)
    assert paths(server) == [("GET", "/net/toy.safetensors")]
    assert "is damaged: It has" in errand.lines[0] and all(state.usable for state in shelf.states(toy.info))


def test_what_came_stays_and_is_gone_on_with(shelf, server):
    server.manners = [Manners(cut=1000)]
    with pytest.raises(ServerTrouble):
        fetch(shelf, Toy(server.url).info, Access(stall=0.5, pause=0.01, tries=1, proxy="none"), Told())
    server.manners = [Manners()]
    errand = Told()
    fetch(shelf, Toy(server.url).info, QUICK, errand)
    assert server.ranges() == [None, "bytes=1000-", None]
    first = next(fraction for fraction, stage, _ in errand.steps if stage.startswith("Downloading"))
    assert first >= 1000 / (len(NETWORK) + len(SETTINGS))


def test_lengths_that_nobody_published_are_asked_for(shelf, server):
    files = tuple(published(file, b"", server.url, known=False) for file in ("net/toy.safetensors", "settings.json"))
    toy, errand = Toy(files=files), Told()
    assert fetch(shelf, toy.info, QUICK, errand) == "Toy's weights are there (8.3 kB)."
    assert paths(server)[:2] == [("HEAD", "/net/toy.safetensors"), ("HEAD", "/settings.json")]
    assert [state.state for state in shelf.states(toy.info)] == ["present", "present"]
    assert any(" of 8.3 kB" in detail for _, _, detail in errand.steps)


def test_a_server_that_knows_no_head_does_no_harm(shelf, server):
    toy = Toy(files=(published("settings.json", b"", server.url, known=False),))
    server.manners = [Manners(status=405), Manners()]
    real = server.answer

    def answer(request):
        server.manners = [Manners(status=405)] if request.command == "HEAD" else [Manners()]
        real(request)

    server.answer = answer
    fetch(shelf, toy.info, QUICK, Told())
    assert shelf.path("toy", "settings.json").read_bytes() == SETTINGS


def test_a_disk_too_small_is_told_before_anything_comes(shelf, server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5000))
    with pytest.raises(DiskFull, match=r"8.3 kB are needed, and 5.0 kB are free"):
        fetch(shelf, Toy(server.url).info, QUICK, Told())
    assert server.asked == []


def test_a_lying_length_is_weighed_against_the_disk(shelf, server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 40))
    toy = Toy(files=(published("settings.json", b"", server.url, known=False),))
    server.manners = [Manners(length=1 << 45)]
    with pytest.raises(DiskFull, match="35184 GB are needed"):
        fetch(shelf, toy.info, QUICK, Told())
    assert not any(method == "GET" for method, _ in paths(server))


def test_disks_that_do_not_tell_are_tried(shelf, server, monkeypatch):
    def silent(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", silent)
    fetch(shelf, Toy(server.url).info, QUICK, Told())


def test_a_file_without_address_is_to_be_imported(shelf, server):
    toy = Toy(files=(published("settings.json", SETTINGS, ""),))
    toy.info.weights[0].__dict__["url"] = ""
    with pytest.raises(BadRequest, match=r"settings\.json cannot be downloaded") as caught:
        fetch(shelf, toy.info, QUICK, Told())
    assert "import" in caught.value.fix


def test_an_unsafe_address_is_refused_before_anything_comes(shelf, server):
    files = (published("net/toy.safetensors", NETWORK, server.url), published("s", SETTINGS, "http://example.org"))
    with pytest.raises(BadRequest, match="no safe address"):
        fetch(shelf, Toy(files=files).info, QUICK, Told())
    assert server.asked == []


def test_a_stop_is_a_stop(shelf, server):
    errand = Told(stop_at=lambda fraction, stage, detail: fraction > 0)
    with pytest.raises(Cancelled):
        fetch(shelf, Toy(server.url).info, QUICK, errand)
    assert not shelf.path("toy", "settings.json").exists()
    fetch(shelf, Toy(server.url).info, QUICK, Told())
    assert all(file.present for file in shelf.present(Toy(server.url).info))


def test_the_first_error_ends_it_and_what_is_whole_stays(shelf, server):
    server.files["/settings.json"] = b""
    toy = Toy(server.url)
    server.manners = [Manners(), Manners(status=404)]
    with pytest.raises(NotThere):
        fetch(shelf, toy.info, QUICK, Told())
    assert [state.state for state in shelf.states(toy.info)] == ["verified", "absent"]


def test_two_at_once_do_not_meet(shelf, server):
    with alone_in(shelf.root), pytest.raises(Taken):
        fetch(shelf, Toy(server.url).info, QUICK, Told())


def test_a_folder_that_cannot_be_written(tmp_path, server):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderTrouble, match="cannot be used"):
        fetch(Shelf(tmp_path / "file" / "weights"), Toy(server.url).info, QUICK, Told())


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_only_be_read(tmp_path, server):
    (tmp_path / "weights").mkdir(mode=0o500)
    with pytest.raises(FolderTrouble, match="permission denied"):
        fetch(Shelf(tmp_path / "weights"), Toy(server.url).info, QUICK, Told())


def test_the_bar_knows_the_speed_of_late(monkeypatch):
    now = [0.0]
    errand = Told()
    total = Total(errand, [10_000_000, 0], clock=lambda: now[0])
    total.begin(0, SimpleNamespace(state="partial", size=4_000_000, file=SimpleNamespace(file="a/b.bin")))
    total.step(1_000_000, 0)  # what was there is read again: no speed, and the bar does not fall
    assert errand.steps[-1] == (0.4, "Downloading b.bin", "4.0 MB of 10 MB")
    for second in range(1, 5):
        now[0] = float(second)
        total.step(4_000_000 + 500_000 * second, 500_000 * second)
    assert errand.steps[-1][2] == "6.0 MB of 10 MB, 500 kB/s" and errand.progress.eta == pytest.approx(8.0)
    total.sleep(3)
    now[0] = 100.0
    total.step(6_000_000, 2_000_000)
    assert errand.steps[-1][2] == "6.0 MB of 10 MB" and errand.pauses == [3]
    total.end(10_000_000)
    assert errand.progress.fraction == 1.0
    total.begin(1, SimpleNamespace(state="absent", size=0, file=SimpleNamespace(file="c")))
    total.step(300, 2_000_300)
    assert errand.steps[-1][1:] == ("Downloading c", "10 MB")
