"""A crash of Blender loses no job; two Blenders do not take each other's."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from maquette.blender_addon import saved_queue
from maquette.blender_addon.link import Picture, Request
from maquette.blender_addon.saved_queue import SavedQueue, text_of

from .conftest import tick_until

PICTURE = Picture(np.zeros((2, 2, 4), np.uint8))
ABSOLUTE = os.path.abspath("/pictures/chair.png")
FILED = Request(images=(PICTURE,), source=ABSOLUTE, name="chair", seed=7)


def file_of(folder, *requests, pid=2**22 + 1):
    """A queue as another process would have left it; the default process id cannot exist."""
    (folder / "queue").mkdir(parents=True, exist_ok=True)
    path = folder / "queue" / f"{pid}-0123abcd.json"
    path.write_text('{"requests": [' + ",".join(text_of(request) for request in requests) + "]}")
    return path


def queue_files(folder):
    return sorted(path.name for path in (folder / "queue").glob("*")) if (folder / "queue").exists() else []


def test_only_what_can_be_run_again_is_saved():
    assert text_of(FILED) and json.loads(text_of(FILED))["images"] == []
    assert text_of(Request(prompt="a cat"))
    assert not text_of(Request(images=(PICTURE,), source="Render Result"))
    assert not text_of(Request(images=(PICTURE,)))
    assert not text_of(Request())


def test_the_queue_is_on_disk_while_jobs_wait_and_gone_when_they_are_done(toy, tmp_path):
    first = toy.submit(Request(prompt="a"))
    second = toy.submit(Request(prompt="b", options={"seconds": 2.0}))
    toy.tick()
    (name,) = queue_files(tmp_path / "data")
    saved = json.loads((tmp_path / "data" / "queue" / name).read_text())["requests"]
    assert [entry["prompt"] for entry in saved] == ["a", "b"]
    path = tmp_path / "data" / "queue" / name
    tick_until(toy, lambda: [e["prompt"] for e in json.loads(path.read_text())["requests"]] == ["b"])
    assert toy.job(first).ended and not toy.job(second).ended
    tick_until(toy, lambda: toy.job(second).ended)
    assert queue_files(tmp_path / "data") == []  # at once: Blender may be closed now


def test_what_a_dead_blender_left_is_found_until_it_is_discarded(session, tmp_path):
    file_of(tmp_path / "data", FILED, Request(prompt="a cat"))
    there = session("toy_backend.py")
    assert [(r.source, r.prompt, r.seed, r.images) for r in there.restore()] == [
        (ABSOLUTE, "", 7, ()),
        ("", "a cat", 0, ()),
    ]
    assert len(there.restore()) == 2  # looking does not lose it
    there.discard_saved()
    assert there.restore() == [] and queue_files(tmp_path / "data") == []


def test_a_crash_is_survived_for_real(tmp_path):
    code = f"""
import sys; sys.path.insert(0, {str(saved_queue.__file__.rpartition("blender_addon")[0] + "tests")!r})
import conftest, os, pathlib
from maquette.blender_addon.session import Launch, Session
from maquette.blender_addon.link import Request
there = Session(Launch("/nowhere", pathlib.Path("/"), pathlib.Path({str(tmp_path)!r})))
for name in "abc": there.submit(Request(prompt=name))
there.tick()
os._exit(1)
"""
    subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert [request.prompt for request in SavedQueue(tmp_path).orphans()] == ["a", "b", "c"]


def test_a_living_blender_keeps_its_queue(tmp_path):
    path = file_of(tmp_path, FILED, pid=os.getppid())
    queue = SavedQueue(tmp_path)
    assert queue.orphans() == []
    old = time.time() - 2 * saved_queue.FRESH
    os.utime(path, (old, old))  # so old that the process of that id must be another one
    assert len(queue.orphans()) == 1


def test_only_one_session_gets_an_orphan(tmp_path):
    file_of(tmp_path, FILED)
    one, two = SavedQueue(tmp_path), SavedQueue(tmp_path)
    one.write([text_of(Request(prompt="mine"))])
    assert len(two.orphans()) == 1  # the orphan, not what the other session is still working on
    two.discard()
    assert one.orphans() == [] and len(queue_files(tmp_path)) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"requests": 5}', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_damaged_file_is_set_aside(tmp_path, damage):
    file_of(tmp_path).write_bytes(damage)
    queue = SavedQueue(tmp_path)
    assert queue.orphans() == []
    assert [name.rpartition(".")[2] for name in queue_files(tmp_path)] == ["damaged"]


def test_what_another_version_wrote_is_left_out(tmp_path):
    path = file_of(tmp_path, FILED)
    saved = json.loads(path.read_text())
    saved["requests"] += [{"engine": "pocket"}, 5, {**saved["requests"][0], "new": 1}]
    path.write_text(json.dumps(saved))
    assert len(SavedQueue(tmp_path).orphans()) == 1


def test_a_huge_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(saved_queue, "MAX_FILE", 100)
    file_of(tmp_path, FILED)
    assert SavedQueue(tmp_path).orphans() == []


def test_a_long_queue_is_saved_whole(tmp_path):
    queue = SavedQueue(tmp_path)
    long = replace(FILED, source=os.path.abspath("/" + "ü" * 100), images=())
    queue.write([text_of(replace(long, seed=n)) for n in range(5000)])
    queue.close()
    assert [request.seed for request in SavedQueue(tmp_path).orphans()] == list(range(5000))
    assert saved_queue.MAX_SAVED >= 20_000
    assert len(text_of(long)) * saved_queue.MAX_SAVED < saved_queue.MAX_FILE


def test_what_is_written_can_be_read_again(tmp_path, monkeypatch):
    """What would not fit is left out, or the whole file would be taken for damaged."""
    texts = [text_of(replace(FILED, seed=n, images=())) for n in range(50)]
    monkeypatch.setattr(saved_queue, "MAX_FILE", 10 * len(texts[-1]))
    queue = SavedQueue(tmp_path)
    queue.write(texts)
    queue.close()
    kept = [request.seed for request in SavedQueue(tmp_path).orphans()]
    assert kept == list(range(len(kept))) and 8 <= len(kept) <= 10


def test_writing_a_long_queue_takes_a_small_part_of_the_time(toy, monkeypatch):
    writes = []
    clock = iter(range(0, 10**6, 2))  # every look at it finds two seconds gone
    monkeypatch.setattr("maquette.blender_addon.job_queue.time.perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(toy._queue.saved, "write", lambda texts: writes.append(len(texts)))
    toy.submit(Request(prompt="a"))
    for now in range(1000, 1300):
        toy._queue._changed = True
        toy._queue._save(float(now))
    assert len(writes) == 3


def test_a_request_that_cannot_be_written_down_is_not_saved():
    assert not text_of(Request(prompt="x", options={"k": float("nan")}))


def test_a_disk_that_is_full_stops_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved_queue.os, "replace", full)
    SavedQueue(tmp_path).write(["{}"])
    assert queue_files(tmp_path) == []


def test_closing_with_jobs_left_keeps_them_for_the_next_time(session, tmp_path):
    there = session("toy_backend.py")
    there.submit(Request(prompt="left"))
    there.close()
    assert [request.prompt for request in SavedQueue(tmp_path / "data").orphans()] == ["left"]
