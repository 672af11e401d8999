"""What this process holds, what the computer has left, and what control groups leave of it."""

import ctypes
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from maquette.backend.runtime import memory

GIB = 1 << 30


def test_what_is_free_and_what_there_is_agree_with_another_witness():
    assert abs(memory.total_memory() - psutil.virtual_memory().total) < 0.02 * memory.total_memory()
    assert 0 < memory.free_memory() <= psutil.virtual_memory().available + GIB
    assert abs(memory.current_memory() - psutil.Process().memory_info().rss) < 64 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process forget its peak")
def test_a_peak_is_of_one_job_and_not_of_all():
    large = np.ones(100 << 20, np.uint8)
    with_it = memory.peak_memory()
    del large
    memory.forget_peak()
    after = memory.peak_memory()
    assert with_it - after > 80 << 20
    assert after >= memory.current_memory() - (8 << 20)


def group(root, name, **files):
    folder = root / "sys/fs/cgroup" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file.replace("_", ".", 1)).write_text(text)


def place(root, path):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(f"0::{path}\n")


def test_the_tightest_group_counts_and_files_can_be_dropped(tmp_path):
    place(tmp_path, "/user/blender")
    group(tmp_path, "user/blender", memory_max="max", memory_current="5")
    group(
        tmp_path,
        "user",
        memory_max=str(4 * GIB),
        memory_current=str(3 * GIB),
        memory_stat=f"anon 1\ninactive_file {GIB}\n",
    )
    assert memory._granted(tmp_path) == 2 * GIB
    group(tmp_path, "user/blender", memory_max=str(GIB), memory_current=str(GIB // 2))
    assert memory._granted(tmp_path) == GIB // 2


def test_the_old_groups_are_known_too(tmp_path):
    place(tmp_path, "/")
    folder = tmp_path / "sys/fs/cgroup/memory"
    folder.mkdir(parents=True)
    (folder / "memory.limit_in_bytes").write_text(str(2 * GIB))
    (folder / "memory.usage_in_bytes").write_text(str(GIB))
    assert memory._granted(tmp_path) == GIB


@pytest.mark.parametrize("text", ["", "max\n", "many", "-"])
def test_groups_that_say_nothing_limit_nothing(tmp_path, text):
    place(tmp_path, "/")
    group(tmp_path, "", memory_max=text, memory_current="5")
    assert memory._granted(tmp_path) == memory.UNLIMITED == memory._granted(tmp_path / "no such system")


def test_a_full_group_leaves_nothing_and_not_less(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "linux")
    monkeypatch.setattr(memory, "_meminfo", lambda name: 5)
    monkeypatch.setattr(memory, "_granted", lambda: -7)
    assert memory.free_memory() == 0


def test_a_system_that_does_not_tell_is_no_error(monkeypatch):
    def nothing(*_):
        raise OSError

    monkeypatch.setattr(memory, "_meminfo", nothing)
    for platform in ("linux", "darwin"):  # on another system the library of macOS is not there
        monkeypatch.setattr(memory.sys, "platform", platform)
        if sys.platform != "darwin":
            assert (memory.free_memory(), memory.total_memory()) == (0, 0)


def test_macos_tells_in_percent(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    monkeypatch.setattr(memory, "_sysctl", {"hw.memsize": 16 * GIB, "kern.memorystatus_level": 25}.__getitem__)
    assert (memory.free_memory(), memory.total_memory()) == (4 * GIB, 16 * GIB)


def test_windows_fills_a_structure_of_the_size_it_expects(monkeypatch):
    assert ctypes.sizeof(memory._Status) == 64

    class Kernel:
        def GlobalMemoryStatusEx(self, pointer):
            status = pointer._obj
            assert status.dwLength == 64
            status.ullTotalPhys, status.ullAvailPhys = 16 * GIB, 3 * GIB
            return 1

    monkeypatch.setattr(memory.sys, "platform", "win32")
    monkeypatch.setattr(memory.ctypes, "windll", type("Dlls", (), {"kernel32": Kernel()}), raising=False)
    assert (memory.free_memory(), memory.total_memory()) == (3 * GIB, 16 * GIB)


def test_it_is_this_computers_file_that_is_read():
    if sys.platform == "linux":
        assert memory._meminfo(b"MemTotal:") // 1024 == int(Path("/proc/meminfo").read_text().split()[1])
