"""The pinned OpenBLAS wheels: fetched by pip, accepted only with the SHA-256 of the lock."""

from __future__ import annotations

import json
import tempfile
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

_DOWNLOAD = ("download", "--quiet", "--no-deps", "--only-binary", ":all:")


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


def pin(version: str) -> None:
    """Moves the lock to another release: downloads it for every platform and writes down what came."""
    from .pips import pip

    lock = read_lock()
    lock["version"] = version
    for platform, tag in PIP_PLATFORMS.items():
        with tempfile.TemporaryDirectory(dir=WHEELS) as folder:
            pip(*_DOWNLOAD, "--platform", tag, "--dest", folder, f"{lock['package']}=={version}")
            (wheel,) = Path(folder).glob("*.whl")
            path = wheel.replace(WHEELS / wheel.name)
        lock["wheels"][platform] = {"file": path.name, "size": path.stat().st_size, "sha256": sha256(path)}
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


def _download(lock: dict, platform: str) -> None:
    from .pips import pip  # only a download needs pip; packing offline does not

    entry = lock["wheels"][platform]
    print(f"fetching {entry['file']}", flush=True)
    with tempfile.TemporaryDirectory(dir=WHEELS) as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{lock['package']}=={lock['version']} --hash=sha256:{entry['sha256']}\n", encoding="utf-8")
        tag = PIP_PLATFORMS[platform]
        pip(*_DOWNLOAD, "--require-hashes", "--platform", tag, "--dest", folder, "--requirement", str(wanted))
        wheel = Path(folder) / entry["file"]
        if not wheel.exists():
            raise Stop(f"pip brought another file than {wheel.name}. Check wheels/{LOCK.name}.")
        wheel.replace(WHEELS / wheel.name)
