"""Work is done once, errors arrive, and the machine's limits are respected."""

import mmap
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from maquette.backend.runtime import memory, threads
from maquette.backend.runtime.threads import Threads

ROOT = Path(__file__).resolve().parents[3]
TEAMS = {count: Threads(count) for count in (1, 2, 3, 5)}


@given(st.sampled_from(sorted(TEAMS)), st.integers(0, 500), st.integers(1, 600))
def test_slices_cover_everything_once(count, length, chunk):
    done, lock = [], threading.Lock()

    def work(rows):
        with lock:
            done.append(rows)

    TEAMS[count].map(work, length, chunk)
    covered = [i for rows in sorted(done, key=lambda rows: rows.start) for i in range(rows.start, rows.stop)]
    assert covered == list(range(length))
    sizes = [rows.stop - rows.start for rows in done]
    assert not sizes or (0 < max(sizes) <= chunk and max(sizes) - min(sizes) <= 1)
    assert len(sizes) == length or len(sizes) % count == 0


def test_several_threads_work_at_once():
    together = threading.Barrier(3, timeout=20)
    Threads(3).each(lambda item: together.wait(), range(3))  # passes only when three are inside


def test_work_may_spread_its_own_work():
    team, done = Threads(3), []
    team.each(lambda outer: team.each(lambda inner: done.append((outer, inner)), range(4)), range(30))
    assert sorted(done) == [(outer, inner) for outer in range(30) for inner in range(4)]


@pytest.mark.parametrize("count", TEAMS)
def test_errors_in_work_arrive_and_stop_the_rest(count):
    seen = []

    def work(item):
        seen.append(item)
        if item == 3:
            raise KeyError(item)

    with pytest.raises(KeyError):
        TEAMS[count].each(work, range(10_000))
    assert len(seen) < 10_000
    TEAMS[count].each(seen.append, ["still works"])
    assert seen[-1] == "still works"


@pytest.mark.parametrize("count", TEAMS)
def test_step_runs_in_the_callers_thread_and_may_stop_everything(count):
    callers, done = set(), []

    def step():
        callers.add(threading.current_thread())
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        TEAMS[count].each(done.append, range(100_000), step)
    assert callers == {threading.current_thread()}
    finished = len(done)
    assert finished < 100_000
    time.sleep(0.05)
    assert len(done) == finished  # nobody worked on after the error


def test_cap_leaves_blender_a_processor(monkeypatch):
    monkeypatch.setattr(threads, "available_processors", lambda: 8)
    assert threads.thread_cap() == 7 and threads.thread_cap(interactive=False) == 8
    monkeypatch.setattr(threads, "available_processors", lambda: 1)
    assert threads.thread_cap() == threads.thread_cap(interactive=False) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="affinity masks and control groups are Linux's")
def test_affinity_and_quota_limit_the_processors(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)))
    monkeypatch.setattr(threads, "_quota", lambda: threads.UNLIMITED)
    assert threads.available_processors() == 6
    monkeypatch.setattr(threads, "_quota", lambda: 2)
    assert threads.available_processors() == 2


def test_quotas_of_control_groups(tmp_path):
    assert threads._quota(tmp_path) == threads.UNLIMITED
    group = tmp_path / "sys/fs/cgroup/user.slice/app.slice"
    group.mkdir(parents=True)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/user.slice/app.slice\n")
    assert threads._quota(tmp_path) == threads.UNLIMITED
    (group / "cpu.max").write_text("max 100000\n")
    assert threads._quota(tmp_path) == threads.UNLIMITED
    (group.parent / "cpu.max").write_text("250000 100000\n")
    assert threads._quota(tmp_path) == 3
    (group / "cpu.max").write_text("50000 100000\n")
    assert threads._quota(tmp_path) == 1
    (tmp_path / "proc/self/cgroup").write_text("0::/../../etc\n")  # outside our own view of the tree
    assert threads._quota(tmp_path) == threads.UNLIMITED


def test_quota_of_version_one(tmp_path):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("4:cpu,cpuacct:/docker/x\n")
    folder = tmp_path / "sys/fs/cgroup/cpu"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_period_us").write_text("100000\n")
    (folder / "cpu.cfs_quota_us").write_text("-1\n")
    assert threads._quota(tmp_path) == threads.UNLIMITED
    (folder / "cpu.cfs_quota_us").write_text("400000\n")
    assert threads._quota(tmp_path) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="niceness is POSIX's")
def test_priority_is_lowered_once():
    code = "from backend.runtime.threads import lower_priority as l; import os; assert l() and l(); print(os.nice(0))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(told.stdout) == max(10, os.nice(0))


def test_memory_follows_what_is_held():
    before = memory.current_memory()
    with mmap.mmap(-1, 64 << 20) as block:  # fresh pages: an allocator may hand out old ones
        block.write(b"x" * len(block))
        held = memory.current_memory()
        assert held - before > 48 << 20
        assert memory.peak_memory() >= held - (1 << 20)
    assert memory.current_memory() < held - (48 << 20)
    assert memory.peak_memory() >= held - (1 << 20)


def test_memory_agrees_with_the_system():
    psutil = pytest.importorskip("psutil")
    told = psutil.Process().memory_info().rss
    assert abs(memory.current_memory() - told) < 32 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands a parent's peak down")
def test_a_child_does_not_inherit_the_peak():
    block = bytearray(os.urandom(1) * (256 << 20))
    code = "from backend.runtime.memory import peak_memory as p; print(p())"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 0 < int(told.stdout) < 128 << 20
    del block
