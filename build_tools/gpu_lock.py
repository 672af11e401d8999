"""Writes ``backend/runtime/environment/lock.json`` from ``requirements/gpu.in``: every wheel with its hash and sizes.

uv resolves for each platform and Python, pip fetches each file once (4 GB) so that its hash and its sizes are our own
finding. What only PyTorch's own index has comes from ``requirements/gpu-torch.json``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from .paths import BUILD, REQUIREMENTS, ROOT, Stop, sha256
from .pips import pip, uv

LOCK = ROOT / "backend/runtime/environment/lock.json"
CACHE = BUILD / "gpu-wheels"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # Blender's own, and those of distributions that build Blender
# Blender's name → (uv's platform, the tags that pip may take, the builds whose torch is on every index)
PLATFORMS = {
    "linux-x64": ("x86_64-manylinux_2_28", [f"manylinux_2_{n}_x86_64" for n in range(28, 4, -1)], ("cu130",)),
    "windows-x64": ("x86_64-pc-windows-msvc", ["win_amd64"], ("cpu",)),
    "macos-arm64": ("aarch64-apple-darwin", [f"macosx_{n}_0_arm64" for n in range(14, 10, -1)], ("mps",)),
}
OLDER_TAGS = ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]
# Declared by torch, but only for torch.compile and for building extensions, which no engine of ours does.
OMITTED = {"triton", "cuda-bindings", "cuda-pathfinder", "setuptools"}
CUDA_ONLY = ("nvidia-", "cuda-")
GUESS = 1.75  # unpacked bytes a packed byte of a Windows CUDA build: for what could not be fetched


def make() -> Path:
    """Resolves, fetches, measures and writes. Raises Stop."""
    if sys.version_info < (3, 11):
        raise Stop("Making the GPU lock needs Python 3.11 or newer.")
    tool = uv()
    if tool is None:
        raise Stop("uv could not be had, and without it there is no lock. Install it with: pip install uv")
    files: dict[str, dict[str, Any]] = {}
    sets: dict[str, dict[str, dict[str, list[str]]]] = {}
    extra = json.loads((REQUIREMENTS / "gpu-torch.json").read_text(encoding="utf-8"))
    for platform in PLATFORMS:
        for python in PYTHONS:
            found = _resolve(tool, platform, python)
            _fetch(platform, python, found)
            files.update({name: _measured(name, entry) for name, entry in found.items()})
            common = [n for n, e in found.items() if e["name"] != "torch" and not e["name"].startswith(CUDA_ONLY)]
            of_cuda = [name for name, entry in found.items() if entry["name"].startswith(CUDA_ONLY)]
            builds = {}
            for build in PLATFORMS[platform][2]:
                torch = [name for name, entry in found.items() if entry["name"] == "torch"]
                builds[build] = sorted(common) + sorted(of_cuda) + torch
            for entry in extra["files"]:
                if (entry["platform"], entry["python"]) == (platform, python):
                    name, described = _torch_file(entry, found)
                    files[name] = described
                    builds[entry["build"]] = [*sorted(common), name]
            sets.setdefault(platform, {})[python] = dict(sorted(builds.items()))
    lock = {"torch_index": extra["index"], "files": dict(sorted(files.items())), "sets": sets}
    LOCK.write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")
    return LOCK


def _resolve(tool: list[str], platform: str, python: str) -> dict[str, dict[str, Any]]:
    """File name → name, version, sha256 of the one wheel of each package that fits best."""
    import tomllib

    BUILD.mkdir(exist_ok=True)
    out = BUILD / "pylock.gpu.toml"
    command = [*tool, "pip", "compile", "--quiet", "--no-config", "--upgrade", "--only-binary", ":all:"]
    command += ["--python-platform", PLATFORMS[platform][0], "--python-version", python, "--format", "pylock.toml"]
    import os

    told = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}  # what this torch asks for
    if subprocess.run([*command, str(REQUIREMENTS / "gpu.in"), "--output-file", str(out)], env=told).returncode:
        raise Stop(f"uv could not resolve requirements/gpu.in for {platform} and Python {python}; why stands above.")
    found = {}
    for package in tomllib.loads(out.read_text(encoding="utf-8"))["packages"]:
        if package["name"] not in OMITTED:
            wheel = max(package["wheels"], key=lambda wheel: _rank(wheel["url"], platform))
            name = wheel["url"].rpartition("/")[2].replace("%2B", "+")
            entry = {"name": package["name"], "version": package["version"], "sha256": wheel["hashes"]["sha256"]}
            found[name] = entry
    return found


def _rank(url: str, platform: str) -> int:
    """The more specific a wheel's platform tag, the better: what pip itself would take."""
    tags = PLATFORMS[platform][1]
    return max((len(tags) - i for i, tag in enumerate(tags) if tag in url), default=0)


def _fetch(platform: str, python: str, found: dict[str, dict[str, Any]]) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    missing = {n: e for n, e in found.items() if not (CACHE / n).exists() or sha256(CACHE / n) != e["sha256"]}
    if not missing:
        return
    wanted = CACHE / "wanted.txt"
    lines = [f"{entry['name']}=={entry['version']} --hash=sha256:{entry['sha256']}\n" for entry in missing.values()]
    wanted.write_text("".join(lines), encoding="utf-8")
    tags = PLATFORMS[platform][1] + (OLDER_TAGS if platform.startswith("linux") else [])
    which = [word for tag in tags for word in ("--platform", tag)]
    how = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir", "--dest", str(CACHE))
    version = ("--python-version", python, "--implementation", "cp")
    pip("download", "--quiet", *how, *version, *which, "--requirement", str(wanted))
    wanted.unlink()


def _measured(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    path = CACHE / name
    if sha256(path) != entry["sha256"]:
        raise Stop(f"{name} is not the file that uv resolved. Delete {CACHE} and try again.")
    return {**entry, "size": path.stat().st_size, "unpacked": unpacked(path)}


def unpacked(wheel: Path) -> int:
    """Bytes that installing it writes."""
    left_out = ("torch/include/", "torch/share/cmake/", "torch/test/")
    with zipfile.ZipFile(wheel) as archive:
        return sum(info.file_size for info in archive.infolist() if not info.filename.startswith(left_out))


def _torch_file(entry: dict[str, Any], found: dict[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """A file of gpu-torch.json as the lock has it."""
    version = next(e["version"] for e in found.values() if e["name"] == "torch") + f"+{entry['build']}"
    name = f"torch-{version}-{entry['tag']}.whl"
    size = entry.get("size", 0) or entry["about"]
    ratio = GUESS if entry["build"] != "cpu" else 3.5
    at_hand = CACHE / name
    described = {
        "name": "torch",
        "version": version,
        "sha256": entry["sha256"],
        "size": entry.get("size", 0),
        "about": entry.get("about", 0),
        "unpacked": unpacked(at_hand) if at_hand.exists() else int(size * ratio),
        "index": entry["build"],
        "verified": entry.get("verified", False),
    }
    return name, described
