"""The wheels that zips carry: OpenBLAS, one a platform, and pip's own; accepted only with the SHA-256 of a lock."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .paths import REQUIREMENTS, WHEELS, Stop, sha256

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


def fetch_pip(offline: bool = False) -> Path:
    """pip's wheel in ``wheels/``, with which the GPU runtime is installed: a Debian has Python without pip."""
    version, hashes = pinned_pip()
    path = WHEELS / f"pip-{version}-py3-none-any.whl"
    if not path.exists():
        if offline:
            raise Stop(f"wheels/{path.name} is missing. Run python3 build.py wheels where there is a network.")
        from .pips import pip

        print(f"fetching {path.name}", flush=True)
        with tempfile.TemporaryDirectory(dir=WHEELS) as folder:
            wanted = Path(folder) / "wanted.txt"
            hashed = " ".join(f"--hash=sha256:{digest}" for digest in hashes)
            wanted.write_text(f"pip=={version} {hashed}\n", encoding="utf-8")
            newer = ("--python-version", "3.11")  # build.py itself may run on an older one
            pip(*_DOWNLOAD, "--require-hashes", *newer, "--dest", folder, "--requirement", str(wanted))
            (Path(folder) / path.name).replace(path)
    if sha256(path) not in hashes:
        raise Stop(f"wheels/{path.name} is not the file of the lock. Delete it and run python3 build.py wheels.")
    return path


def pinned_pip() -> tuple[str, list[str]]:
    """Version and hashes of the newest pip in ``requirements/pip.lock``."""
    entries = re.split(r"\n(?=pip==)", (REQUIREMENTS / "pip.lock").read_text(encoding="utf-8"))
    entry = max(entries, key=lambda text: [int(part) for part in re.findall(r"\d+", text.split(" ")[0])])
    return entry.split(" ")[0].removeprefix("pip=="), re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)


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
