"""Run as a script: asks NVIDIA's driver library, by ctypes, for its GPUs and prints them as JSON. No GPU: ``{}``.

Source of the functions and attribute numbers: NVIDIA CUDA Driver API, "Device Management" and "Version Management".
"""

import ctypes
import json
import sys

MAJOR, MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR


def main() -> int:
    """Prints ``{"cuda": 13000, "gpus": [{"name", "memory", "major", "minor"}]}``."""
    try:
        cuda = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        print("{}")
        return 0
    version, count = ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDriverGetVersion(ctypes.byref(version)) or cuda.cuDeviceGetCount(ctypes.byref(count)):
        print("{}")
        return 0
    gpus = []
    for index in range(count.value):
        device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
        name, memory = ctypes.create_string_buffer(128), ctypes.c_size_t()
        failed = cuda.cuDeviceGet(ctypes.byref(device), index) or cuda.cuDeviceGetName(name, len(name), device)
        failed = failed or cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
        failed = failed or cuda.cuDeviceGetAttribute(ctypes.byref(major), MAJOR, device)
        failed = failed or cuda.cuDeviceGetAttribute(ctypes.byref(minor), MINOR, device)
        if not failed:
            told = {"name": name.value.decode("utf-8", "replace"), "memory": memory.value}
            gpus.append({**told, "major": major.value, "minor": minor.value})
    print(json.dumps({"cuda": version.value, "gpus": gpus}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
