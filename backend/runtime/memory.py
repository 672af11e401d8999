"""How much memory this process holds, and held at most."""

from __future__ import annotations

import ctypes
import os
import sys


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
