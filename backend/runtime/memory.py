"""How much memory this process holds and held at most, and how much of the computer's is free."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path

from ..errors import OutOfMemory
from .threads import control_groups

UNLIMITED = 1 << 62


def current_memory() -> int:
    """Bytes resident now; 0 where the platform does not tell. Never raises."""
    try:
        if sys.platform == "win32":
            return _windows().WorkingSetSize
        if sys.platform == "darwin":
            return _macos_resident()
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError, IndexError):
        return 0


def peak_memory() -> int:
    """Bytes resident at the highest point of this process's life; 0 where the platform does not tell. Never raises."""
    try:
        if sys.platform == "win32":
            return _windows().PeakWorkingSetSize
        if sys.platform == "darwin":
            import resource

            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # not getrusage: there a child starts with the peak of the process that forked it
        with open("/proc/self/status", "rb") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(b"VmHWM:"))
    except (ImportError, OSError, ValueError, AttributeError, StopIteration):
        return 0


def forget_peak() -> None:
    """Lets the highest point begin anew, where the system can do that (Linux). Never raises."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "wb") as file:
            file.write(b"5")


def free_memory() -> int:
    """Bytes that programs may still take without the system swapping; 0 where it does not tell. Never raises."""
    try:
        if sys.platform == "win32":
            return _windows_status().ullAvailPhys
        if sys.platform == "darwin":
            return _sysctl("hw.memsize") * _sysctl("kern.memorystatus_level") // 100  # a level in percent
        return max(0, min(_meminfo(b"MemAvailable:"), _granted()))
    except (OSError, ValueError, AttributeError, StopIteration):
        return 0


def total_memory() -> int:
    """Bytes the computer has; 0 where it does not tell. Never raises."""
    try:
        if sys.platform == "win32":
            return _windows_status().ullTotalPhys
        if sys.platform == "darwin":
            return _sysctl("hw.memsize")
        return _meminfo(b"MemTotal:")
    except (OSError, ValueError, AttributeError, StopIteration):
        return 0


def is_out_of_memory(error: BaseException) -> bool:
    """NumPy's and Python's own, and torch's: its own exception on CUDA, a plain RuntimeError on Metal and the CPU."""
    if isinstance(error, (MemoryError, OutOfMemory)):
        return True
    if type(error).__name__ == "OutOfMemoryError" and type(error).__module__.partition(".")[0] == "torch":
        return True
    words = str(error).lower() if isinstance(error, RuntimeError) else ""
    return any(sign in words for sign in ("out of memory", "can't allocate memory", "not enough memory"))


def _meminfo(name: bytes) -> int:
    with open("/proc/meminfo", "rb") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


def _granted(root: Path = Path("/")) -> int:
    """Bytes that Linux control groups still grant us; a very large number where none is set."""
    left = [UNLIMITED]
    for folder in [*control_groups(root), root / "sys/fs/cgroup/memory"]:  # the last is the old (v1) place
        for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            with contextlib.suppress(OSError, ValueError):  # "max", or no such file
                most, now = (int((folder / name).read_text()) for name in (limit, used))
                left.append(most - now + _droppable(folder))
    return min(left)


def _droppable(folder: Path) -> int:
    """Bytes of files that the system keeps in memory on this group's account and drops when others need them."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = (folder / "memory.stat").read_text().splitlines()
        return next(
            int(line.split()[1]) for line in lines if line.startswith(("inactive_file ", "total_inactive_file "))
        )
    return 0


def _sysctl(name: str) -> int:
    """A number that the macOS kernel keeps under ``name``."""
    system = ctypes.CDLL("/usr/lib/libSystem.dylib")
    value = ctypes.c_uint64(0)  # narrower ones fill its lower bytes
    size = ctypes.c_size_t(ctypes.sizeof(value))
    if system.sysctlbyname(name.encode(), ctypes.byref(value), ctypes.byref(size), None, ctypes.c_size_t(0)):
        raise OSError(name)
    return value.value


class _Status(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("dwLength", ctypes.c_uint32),
        ("dwMemoryLoad", ctypes.c_uint32),
        *(
            (name, ctypes.c_uint64)
            for name in (
                "ullTotalPhys",
                "ullAvailPhys",
                "ullTotalPageFile",
                "ullAvailPageFile",
                "ullTotalVirtual",
                "ullAvailVirtual",
                "ullAvailExtendedVirtual",
            )
        ),
    )


def _windows_status() -> _Status:
    status = _Status()
    status.dwLength = ctypes.sizeof(status)
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # type: ignore[attr-defined]
        raise OSError("GlobalMemoryStatusEx")
    return status


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of the Windows API."""

    _fields_ = (
        ("cb", ctypes.c_uint32),
        ("PageFaultCount", ctypes.c_uint32),
        *(
            (name, ctypes.c_size_t)
            for name in (
                "PeakWorkingSetSize",
                "WorkingSetSize",
                "QuotaPeakPagedPoolUsage",
                "QuotaPagedPoolUsage",
                "QuotaPeakNonPagedPoolUsage",
                "QuotaNonPagedPoolUsage",
                "PagefileUsage",
                "PeakPagefileUsage",
            )
        ),
    )


def _windows() -> _Counters:
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32GetProcessMemoryInfo.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Counters), ctypes.c_uint32]
    counters = _Counters()
    counters.cb = ctypes.sizeof(counters)
    if not kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb):
        raise OSError("GetProcessMemoryInfo")
    return counters


class _TaskInfo(ctypes.Structure):
    """mach_task_basic_info of the Mach kernel."""

    _fields_ = (
        ("virtual_size", ctypes.c_uint64),
        ("resident_size", ctypes.c_uint64),
        ("resident_size_max", ctypes.c_uint64),
        ("user_time", ctypes.c_int32 * 2),
        ("system_time", ctypes.c_int32 * 2),
        ("policy", ctypes.c_int32),
        ("suspend_count", ctypes.c_int32),
    )


def _macos_resident() -> int:
    system = ctypes.CDLL("/usr/lib/libSystem.dylib")
    info, basic_info = _TaskInfo(), 20
    count = ctypes.c_uint32(ctypes.sizeof(info) // 4)
    task = ctypes.c_uint32.in_dll(system, "mach_task_self_")
    if system.task_info(task, basic_info, ctypes.byref(info), ctypes.byref(count)):
        raise OSError("task_info")
    return info.resident_size
