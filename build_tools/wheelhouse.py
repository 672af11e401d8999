"""The pinned OpenBLAS wheels: fetched by pip, accepted only with the SHA-256 of the lock."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .paths import WHEELS, Stop, sha256

LOCK = WHEELS / "openblas.lock.json"

# Blender's name of a platform → what pip calls it.
PIP_PLATFORMS = {
    "linux-x64": "manylinux_2_28_x86_64",
    "linux-arm64": "manylinux_2_28_aarch64",
    "windows-x64": "win_amd64",
    "windows-arm64": "win_arm64",
    "macos-arm64": "macosx_11_0_arm64",
    "macos-x64": "macosx_10_13_x86_64",
}


def read_lock() -> dict:
    return json.loads(LOCK.read_text(encoding="utf-8"))


def fetch(platforms: Iterable[str], offline: bool = False) -> list[Path]:
    """The wheels of ``platforms`` in ``wheels/``, downloaded where they are missing and checked every time."""
    lock = read_lock()
    found = []
    for platform in platforms:
        entry = lock["wheels"][platform]
        path = WHEELS / entry["file"]
        if not path.exists():
            if offline:
                raise Stop(f"wheels/{path.name} is missing. Run python3 build.py wheels where there is a network.")
            _download(lock, platform)
        if sha256(path) != entry["sha256"]:
            raise Stop(f"wheels/{path.name} is not the file of the lock. Delete it and run python3 build.py wheels.")
        found.append(path)
    return found


def _download(lock: dict, platform: str) -> None:
    from .pips import pip  # only a download needs pip; packing offline does not

    entry = lock["wheels"][platform]
    print(f"fetching {entry['file']}", flush=True)
    wanted = WHEELS / f"{platform}.part"
    wanted.write_text(f"{lock['package']}=={lock['version']} --hash=sha256:{entry['sha256']}\n", encoding="utf-8")
    try:
        pip("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes",
            "--platform", PIP_PLATFORMS[platform], "--dest", str(WHEELS), "--requirement", str(wanted))
    finally:
        wanted.unlink()
    if not (WHEELS / entry["file"]).exists():
        raise Stop(f"pip brought another file than {entry['file']}. Check wheels/{LOCK.name}.")
