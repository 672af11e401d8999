"""A file comes whole and right, or is not there, whatever the server does; every end is told in words."""

import errno
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import BadRequest, Cancelled, DiskFull, JobError
from maquette.backend.protocol import WeightsInfo
from maquette.backend.runtime.store import download as download_module
from maquette.backend.runtime.store.access import Access
from maquette.backend.runtime.store.download import Download
from maquette.backend.runtime.store.troubles import Denied, NotThere, NotTrusted, Offline, ServerTrouble, WrongFile
from store_server import Manners, Server

CONTENT = random.Random(7).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = {"stall": 0.4, "pause": 0.01, "slowest": 2000, "tries": 4}


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("HF_", "MAQUETTE_")):
            monkeypatch.delenv(name)


class Fetched:
    """One download into a folder, and what it told."""

    def __init__(self, folder: Path, url: str, size=300_000, sha256=SHA256, access=None, stop_at=None, name="w.bin"):
        self.path = folder / name
        self.lines, self.paused, self.steps = [], [], []
        self._stop_at = stop_at
        file = WeightsInfo(name, size, sha256=sha256, url=url)
        self.download = Download(
            file, self.path, access or Access(**QUICK), self._step, self.paused.append, self.lines.append
        )

    def _step(self, there):
        self.steps.append((there, self.download.came))
        if self._stop_at is not None and there >= self._stop_at:
            raise Cancelled

    def run(self):
        return self.download.run()

    @property
    def part(self):
        return self.path.with_name(self.path.name + ".part")

    def whole(self):
        return self.path.read_bytes() == CONTENT and sorted(os.listdir(self.path.parent)) == [self.path.name]


def test_brings_a_file(tmp_path):
    with Server(CONTENT) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        assert fetched.run() == SHA256
    assert fetched.whole() and server.ranges() == [None]
    assert fetched.steps[-1] == (len(CONTENT), len(CONTENT))


def test_goes_on_where_the_server_hung_up(tmp_path):
    with Server(CONTENT, Manners(cut=100_000), Manners(cut=50_000), Manners(cut=0), Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        fetched.run()
    assert fetched.whole()
    assert server.ranges() == [None, "bytes=100000-", "bytes=150000-", "bytes=150000-"]
    assert all(headers["If-Range"] == '"v1"' for _, _, headers in server.asked[1:])
    assert len(fetched.paused) == 3 and "hung up after 100 kB of 300 kB" in fetched.lines[0]


def test_goes_on_after_a_reset(tmp_path):
    with Server(CONTENT, Manners(cut=100_000, reset=True), Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        fetched.run()
    assert fetched.whole() and "broke off" in fetched.lines[0]


def test_goes_on_after_silence(tmp_path):
    with Server(CONTENT, Manners(cut=100_000, stall=30), Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        fetched.run()
    assert fetched.whole() and "stopped sending" in fetched.lines[0]
    assert server.ranges()[1] == "bytes=100000-"


def test_a_server_that_never_answers_is_given_up(tmp_path):
    with Server(CONTENT, Manners(mute=30)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", access=Access(**QUICK | {"stall": 0.1}))
        with pytest.raises(ServerTrouble, match="stopped sending"):
            fetched.run()
    assert len(server.asked) == QUICK["tries"] and not fetched.path.exists()


def test_drop_by_drop_is_no_download(tmp_path):
    with Server(CONTENT, Manners(drip=0.02), Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        fetched.run()
    assert fetched.whole() and "stopped sending" in fetched.lines[0]


def test_the_number_of_tries_is_bounded_and_what_came_stays(tmp_path):
    with Server(CONTENT, Manners(cut=1000)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        with pytest.raises(ServerTrouble, match="hung up") as caught:
            fetched.run()
    assert len(server.asked) == QUICK["tries"] and "what has come is kept" in caught.value.fix
    assert fetched.part.read_bytes() == CONTENT[: 1000 * QUICK["tries"]] and not fetched.path.exists()


def test_tries_that_bring_much_do_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr(download_module, "WORTH", 30_000)
    with Server(CONTENT, Manners(cut=30_000)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        fetched.run()
    assert fetched.whole() and len(server.asked) == 10


def test_another_process_goes_on(tmp_path):
    with Server(CONTENT, Manners(cut=120_000)) as server:
        with pytest.raises(ServerTrouble):
            Fetched(tmp_path, server.url + "/w.bin", access=Access(**QUICK | {"tries": 1})).run()
        server.manners = [Manners()]
        again = Fetched(tmp_path, server.url + "/w.bin")
        again.run()
    assert again.whole() and server.ranges() == [None, "bytes=120000-"]
    assert again.steps[-1] == (len(CONTENT), len(CONTENT) - 120_000)


@pytest.mark.parametrize("sha256", [SHA256, ""])
def test_a_server_without_ranges_starts_anew(tmp_path, sha256):
    with Server(CONTENT, Manners(cut=120_000), Manners(ranges=False)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", sha256=sha256)
        assert fetched.run() == SHA256
    assert fetched.whole() and any("starts from the beginning" in line for line in fetched.lines)


@pytest.mark.parametrize("sha256", [SHA256, ""])
def test_a_file_that_changed_meanwhile_is_never_glued_together(tmp_path, sha256):
    """The tag has changed: a good server sends all of it, a bad one the rest of the other file."""
    older = bytes(len(CONTENT))
    for heeds_tag in (True, False):
        first = Manners(cut=120_000, content=older, etag='"v0"')
        with Server(CONTENT, first, Manners(heeds_tag=heeds_tag), Manners()) as server:
            fetched = Fetched(tmp_path / f"{heeds_tag}", server.url + "/w.bin", sha256=sha256)
            assert fetched.run() == SHA256
        assert fetched.whole()
        assert server.asked[1][2]["If-Range"] == '"v0"' and len(server.asked) == (2 if heeds_tag else 3)


def test_without_tag_and_hash_nothing_is_resumed(tmp_path):
    with Server(CONTENT, Manners(cut=120_000, etag=""), Manners(etag="")) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", sha256="")
        fetched.run()
    assert fetched.whole() and server.ranges() == [None, None]


def test_a_weak_tag_proves_nothing(tmp_path):
    with Server(CONTENT, Manners(cut=120_000, etag='W/"v1"'), Manners(etag='W/"v1"')) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", sha256="")
        fetched.run()
    assert fetched.whole() and server.ranges() == [None, None]


def test_a_rest_that_begins_elsewhere_is_not_taken(tmp_path):
    with Server(CONTENT, Manners(cut=120_000), Manners(range_from=0), Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", sha256="")
        fetched.run()
    assert fetched.whole() and server.ranges() == [None, "bytes=120000-", None]


def test_a_spoilt_part_is_thrown_away_and_fetched_again(tmp_path):
    with Server(CONTENT, Manners(cut=120_000)) as server:
        with pytest.raises(ServerTrouble):
            Fetched(tmp_path, server.url + "/w.bin", access=Access(**QUICK | {"tries": 1})).run()
        server.manners = [Manners()]
        again = Fetched(tmp_path, server.url + "/w.bin")
        again.part.write_bytes(bytes(120_000))
        again.run()
    assert again.whole() and any("is spoilt" in line for line in again.lines)


def test_a_part_of_another_address_or_without_its_note_is_not_used(tmp_path):
    for spoil in ("address", "note", "garbage", "longer"):
        with Server(CONTENT, Manners(cut=120_000)) as server:
            folder = tmp_path / spoil
            first = Fetched(folder, server.url + "/w.bin", access=Access(**QUICK | {"tries": 1}))
            with pytest.raises(ServerTrouble):
                first.run()
            note = first.path.with_name("w.bin.part.json")
            if spoil == "address":
                note.write_text(json.dumps(json.loads(note.read_text()) | {"url": "https://example.org/w"}))
            elif spoil == "note":
                note.unlink()
            elif spoil == "garbage":
                note.write_text('{"url": 3}')
            else:
                first.part.write_bytes(CONTENT + b"more")
            server.manners = [Manners()]
            again = Fetched(folder, server.url + "/w.bin")
            again.run()
        assert again.whole() and server.ranges() == [None, None], spoil


def test_a_part_that_is_whole_needs_no_server(tmp_path):
    with Server(CONTENT, Manners(cut=120_000)) as server:
        with pytest.raises(ServerTrouble):
            Fetched(tmp_path, server.url + "/w.bin", access=Access(**QUICK | {"tries": 1})).run()
        again = Fetched(tmp_path, server.url + "/w.bin")
        again.part.write_bytes(CONTENT)
        again.run()
    assert again.whole() and len(server.asked) == 1


def test_416_starts_anew(tmp_path):
    with Server(CONTENT, Manners(cut=120_000), Manners(status=416), Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        fetched.run()
    assert fetched.whole() and server.ranges() == [None, "bytes=120000-", None]


# --------------------------------------------------------------------------------- what is not the file


def test_wrong_bytes_are_thrown_away_and_said(tmp_path):
    wrong = CONTENT[:-1] + b"?"
    with Server(wrong) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        with pytest.raises(WrongFile, match=r"not what was published.*thrown away") as caught:
            fetched.run()
    assert os.listdir(tmp_path) == [] and caught.value.code == "wrong_file" and len(server.asked) == 1


@pytest.mark.parametrize("length", [len(CONTENT) - 10, len(CONTENT) + 10])
def test_another_length_is_refused_before_a_byte_is_kept(tmp_path, length):
    with Server(CONTENT, Manners(length=length)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        with pytest.raises(WrongFile, match=f"{length:,} bytes instead of 300,000"):
            fetched.run()
    assert os.listdir(tmp_path) == [] and len(server.asked) == 1


def test_a_lie_about_the_length_of_an_unknown_file(tmp_path):
    """More is announced than ever comes: tried again, never taken for whole."""
    with Server(CONTENT, Manners(length=len(CONTENT) + 10)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", size=0, sha256="")
        with pytest.raises(ServerTrouble):
            fetched.run()
    assert not fetched.path.exists()


def test_more_than_is_due_is_cut_off(tmp_path):
    with Server(CONTENT * 2, Manners(chunked=True)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        with pytest.raises(WrongFile, match="sends more than the 300,000 bytes"):
            fetched.run()
    assert os.listdir(tmp_path) == []


def test_what_never_ends_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(download_module, "LARGEST", 100_000)
    with Server(CONTENT, Manners(chunked=True)) as server, pytest.raises(WrongFile, match="sends more than"):
        Fetched(tmp_path, server.url + "/w.bin", size=0, sha256="").run()
    assert os.listdir(tmp_path) == []


def test_a_file_of_unknown_length_and_hash_comes(tmp_path):
    with Server(CONTENT, Manners(chunked=True)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", size=0, sha256="")
        assert fetched.run() == SHA256
    assert fetched.whole()


def test_nothing_is_no_file(tmp_path):
    for manners in (Manners(chunked=True), Manners()):
        with Server(b"", manners) as server, pytest.raises(WrongFile, match="sends nothing"):
            Fetched(tmp_path, server.url + "/w.bin", size=0, sha256="").run()
    assert os.listdir(tmp_path) == []


def test_unknown_safetensors_are_at_least_whole(tmp_path):
    with Server(CONTENT) as server:
        fetched = Fetched(tmp_path, server.url + "/w.safetensors", size=0, sha256="", name="w.safetensors")
        with pytest.raises(WrongFile, match=r"is damaged .*thrown away"):
            fetched.run()
    assert os.listdir(tmp_path) == []


def test_a_web_page_is_no_file(tmp_path):
    page = Manners(content=b"<html>Log in</html>", headers={"Content-Type": "text/html; charset=utf-8"})
    with Server(CONTENT, page) as server, pytest.raises(WrongFile, match="sends a web page"):
        Fetched(tmp_path, server.url + "/w.bin").run()
    assert os.listdir(tmp_path) == []


def test_packed_bytes_are_refused(tmp_path):
    with Server(CONTENT, Manners(headers={"Content-Encoding": "gzip"})) as server:
        with pytest.raises(WrongFile, match="packed"):
            Fetched(tmp_path, server.url + "/w.bin").run()
        assert server.asked[0][2]["Accept-Encoding"] == "identity"


# -------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, Denied, "logged in"),
        (403, Denied, "refuses"),
        (404, NotThere, "no longer has"),
        (410, NotThere, "no longer has"),
        (407, Denied, "log in first"),
        (418, ServerTrouble, "418"),
    ],
)
def test_refusals_end_at_once_in_words(tmp_path, status, error, words):
    with Server(CONTENT, Manners(status=status)) as server, pytest.raises(error, match=words) as caught:
        Fetched(tmp_path, server.url + "/w.bin").run()
    assert len(server.asked) == 1 and caught.value.fix.endswith(".") and not list(tmp_path.glob("*.bin"))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_server_in_trouble_is_asked_again(tmp_path, status):
    with Server(CONTENT, Manners(status=status), Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        fetched.run()
    assert fetched.whole() and str(status) in fetched.lines[0]


def test_a_server_in_lasting_trouble_is_given_up(tmp_path):
    with Server(CONTENT, Manners(status=503)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        with pytest.raises(ServerTrouble, match="trouble of its own"):
            fetched.run()
    assert len(server.asked) == QUICK["tries"] and fetched.paused == [0.01, 0.02, 0.04]


def test_retry_after_is_kept_to(tmp_path):
    soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 90))
    answers = [Manners(status=429, headers={"Retry-After": after}) for after in ("17", soon, "soon", "-5", "9" * 400)]
    with Server(CONTENT, *answers[:4], Manners()) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", access=Access(**QUICK | {"tries": 9}))
        fetched.run()
    assert fetched.paused[0] == 17 and 80 < fetched.paused[1] <= 90 and fetched.paused[2:] == [0.04, 0.08]
    with Server(CONTENT, answers[4]) as server, pytest.raises(ServerTrouble, match="429") as caught:
        Fetched(tmp_path / "x", server.url + "/w.bin").run()
    assert "what has come is kept" in caught.value.fix


def test_nobody_there(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        fetched = Fetched(tmp_path, f"http://127.0.0.1:{taken.getsockname()[1]}/w.bin")
        with pytest.raises(Offline, match="cannot be reached"):
            fetched.run()
    assert len(fetched.paused) == 1  # one more try, not minutes of them


def test_no_such_host(tmp_path):
    fetched = Fetched(tmp_path, "https://nowhere.invalid/w.bin", access=Access(**QUICK, proxy="none"))
    with pytest.raises(Offline, match=r"nowhere.invalid was not found"):
        fetched.run()


def test_a_server_that_speaks_no_tls(tmp_path):
    with Server(CONTENT) as server:
        fetched = Fetched(tmp_path, server.url.replace("http:", "https:") + "/w.bin")
        with pytest.raises(ServerTrouble, match="broke off"):
            fetched.run()


@pytest.mark.parametrize("url", ["http://example.org/w", "ftp://127.0.0.1/w", "file:///etc/passwd", "https://a:b@c/w"])
def test_unsafe_addresses_are_not_asked(tmp_path, url):
    with pytest.raises(BadRequest, match="no safe address"):
        Fetched(tmp_path, url).run()


# ------------------------------------------------------------------------------------- stopped and full


def test_a_stop_is_heard_while_the_server_is_silent(tmp_path):
    with Server(CONTENT, Manners(cut=100_000, stall=60)) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin", access=Access(**QUICK | {"stall": 60}), stop_at=100_000)
        with pytest.raises(Cancelled):
            fetched.run()
    assert fetched.part.read_bytes() == CONTENT[:100_000]


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from backend.protocol import WeightsInfo
from backend.runtime.store.access import Access
from backend.runtime.store.download import Download
from pathlib import Path
file = WeightsInfo("w.bin", int(sys.argv[4]), sha256=sys.argv[5], url=sys.argv[3])
Download(file, Path(sys.argv[2]) / "w.bin", Access(), lambda there: None, None, print).run()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
def test_killed_in_the_middle_and_resumed(tmp_path):
    root = Path(__file__).resolve().parents[3]
    with Server(CONTENT, Manners(cut=200_000, stall=60), Manners()) as server:
        url = server.url + "/w.bin"
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, root, tmp_path, url, str(len(CONTENT)), SHA256], stdin=subprocess.DEVNULL
        )
        part = tmp_path / "w.bin.part"
        until = time.monotonic() + 30
        while time.monotonic() < until and not (part.exists() and part.stat().st_size == 200_000):
            time.sleep(0.02)
        child.kill()
        child.wait()
        assert not (tmp_path / "w.bin").exists() and part.read_bytes() == CONTENT[:200_000]
        again = Fetched(tmp_path, url)
        again.run()
    assert again.whole() and server.ranges()[1] == "bytes=200000-"


class Full:
    """A file on a disk with room for 100,000 bytes."""

    def __init__(self, file):
        self._file, self._room = file, 100_000

    def write(self, piece):
        if len(piece) > self._room:
            self._file.write(piece[: self._room])
            self._file.flush()
            raise OSError(errno.ENOSPC, "No space left on device")
        self._room -= len(piece)
        return self._file.write(piece)

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_a_disk_that_fills_up(tmp_path, monkeypatch):
    write = Download._write
    full = []

    def tight(self, part, piece):
        full[:] = full or [Full(part)]
        write(self, full[0], piece)

    with Server(CONTENT) as server:
        fetched = Fetched(tmp_path, server.url + "/w.bin")
        with monkeypatch.context() as patch:
            patch.setattr(Download, "_write", tight)
            with pytest.raises(DiskFull, match="is full") as caught:
                fetched.run()
        assert "what has come is kept" in caught.value.fix
        kept = fetched.part.read_bytes()
        assert kept == CONTENT[: len(kept)]
        again = Fetched(tmp_path, server.url + "/w.bin")
        again.run()
    assert again.whole()
    assert server.ranges() == [None, f"bytes={len(kept)}-" if kept else None]


ANSWERS = st.builds(
    Manners,
    status=st.sampled_from([200] * 12 + [206, 302, 416, 429, 500]),
    content=st.sampled_from([None] * 6 + [CONTENT[:-1], CONTENT + b"x", bytes(len(CONTENT)), b""]),
    etag=st.sampled_from(['"v1"', '"v1"', '"v2"', 'W/"v1"', "", "v1", '"']),
    ranges=st.booleans(),
    heeds_tag=st.booleans(),
    cut=st.sampled_from([-1, -1, 0, 1, 70_000, 200_000]),
    reset=st.booleans(),
    chunked=st.booleans(),
    length=st.sampled_from([None] * 6 + [0, 5, 1 << 50]),
    range_from=st.sampled_from([None] * 6 + [0, 70_000, 1 << 50]),
    headers=st.sampled_from(
        [{}] * 6
        + [{"Content-Type": "text/html"}, {"Content-Encoding": "br"}, {"Content-Range": "bytes x-y/z"}]
        + [{"X-Linked-Etag": "0" * 64}, {"X-Linked-Size": "7"}, {"Location": "/there"}, {"Content-Length": "-1"}]
    ),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=6), st.booleans())
def test_whatever_the_server_does_the_file_is_right_or_not_there(tmp_path_factory, answers, kind):
    """Any sequence of answers, good, bad and mad; ``kind``: the last one is as it should be."""
    access = Access(**QUICK | {"pause": 0.0, "tries": 3})
    with Server(CONTENT, *answers, *([Manners()] * kind)) as server:
        fetched = Fetched(tmp_path_factory.mktemp("w"), server.url + "/w.bin", access=access)
        try:
            assert fetched.run() == SHA256
        except JobError as error:
            assert error.sentence.endswith(".") and error.fix.endswith(".") and not fetched.path.exists()
        else:
            assert fetched.whole()
        assert len(server.asked) < 40


def test_a_redirect_to_an_unsafe_place_is_refused(tmp_path):
    for target in ("http://example.org/w", "ftp://127.0.0.1/w", "file:///etc/passwd", "https://u:p@127.0.0.1/w"):
        with Server(CONTENT, Manners(status=302, headers={"Location": target})) as server:
            with pytest.raises(NotTrusted, match="unsafe address"):
                Fetched(tmp_path, server.url + "/w.bin").run()
            assert len(server.asked) == 1
