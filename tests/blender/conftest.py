"""The built zip, installed in a fresh profile of Blender's module; each test starts with an empty file."""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "bl_ext.user_default.maquette"

if importlib.util.find_spec("bpy") is None:
    collect_ignore_glob = ["test_*.py"]
else:  # Blender reads its profile once, when the module is imported
    PROFILE = Path(tempfile.mkdtemp(prefix="maquette profile é "))  # as people's folders are called
    os.environ["BLENDER_USER_RESOURCES"] = str(PROFILE)
    atexit.register(shutil.rmtree, PROFILE, ignore_errors=True)


def pytest_sessionfinish(session, exitstatus):
    session.config.maquette_verdict = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leaves without Blender's static destructors: after ``export_scene.gltf`` alone, with no add-on and no pytest,
    4.2's ``SpaceType`` calls Python after Python has ended, and a process whose every test passed dies of SIGSEGV.
    """
    if "bpy" in sys.modules and hasattr(config, "maquette_verdict"):
        atexit._run_exitfuncs()  # ours among them: the backend must end by itself
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.maquette_verdict)


def pytest_report_header():
    if importlib.util.find_spec("bpy") is None:
        return "tests/blender: left out, because this Python has no bpy (pip install bpy==5.0.1)"
    return f"tests/blender: profile {PROFILE}"


@pytest.fixture(scope="session")
def zip_path(tmp_path_factory) -> Path:
    from maquette.build_tools import package

    return package.build_zip(package.this_platform(), tmp_path_factory.mktemp("zip"))


class Modules:
    """The add-on's modules, each as an attribute."""

    def __getattr__(self, name):
        try:
            return importlib.import_module(f"{PACKAGE}.blender_addon.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(name) from error


@pytest.fixture(scope="session")
def installed(zip_path):
    """The add-on's modules by name, as Blender loaded them from the zip."""
    import bpy

    answer = bpy.ops.extensions.package_install_files(
        repo="user_default", filepath=str(zip_path), enable_on_install=True
    )
    assert answer == {"FINISHED"}
    modules = Modules()
    assert Path(modules.scene.__file__).is_relative_to(PROFILE)
    yield modules
    modules.runtime.close()


@pytest.fixture
def addon(installed):
    """The add-on in an empty file, its cursor at the origin, nothing running."""
    import bpy

    installed.runtime.close()
    installed.runtime.delivery.notes.clear()
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.cursor.location = (0, 0, 0)
    yield installed
    installed.runtime.close()


@pytest.fixture
def start_with(addon, tmp_path):
    """A function that makes the session of a chosen backend: a script of this folder, and its arguments."""

    def start(script: str, *arguments: object, **patience):
        addon.runtime._session = new_session(addon, tmp_path / "data", script, *arguments, **patience)
        return addon.runtime._session

    return start


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Keeps one backend for all tests that leave it well: starting it is most of what a test takes."""
    kept = SimpleNamespace(session=None, data=tmp_path_factory.mktemp("shared"))
    yield kept
    if kept.session is not None:
        kept.session.close()


@pytest.fixture
def signpost(addon, shared):
    """The session of the real backend with a quick engine whose object tells its sides apart."""
    if shared.session is None:
        shared.session = new_session(addon, shared.data, "signpost.py")
    addon.runtime._session = shared.session
    yield shared.session
    if addon.runtime._session is not shared.session:  # the test closed it
        shared.session = None
        return
    shared.session.cancel_all()
    pump(addon, lambda: not addon.runtime.busy())
    shared.session.jobs.clear()
    addon.runtime._session = None


def new_session(addon, data: Path, script: str, *arguments: object, **patience):
    launch = addon.session.Launch(
        interpreter=sys.executable,
        root=addon.launching.ROOT,
        data_dir=data,
        command=(sys.executable, str(ROOT / "tests/blender/backends" / script), *map(str, arguments)),
    )
    return addon.session.Session(launch, addon.session.Patience(**patience))


@pytest.fixture
def picture(tmp_path):
    """A function that writes a small picture of an orange disc and returns its path."""

    def write(name: str = "disc.png", folder: Path = tmp_path, size: int = 64) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        y, x = np.mgrid[:size, :size] / (size - 1) * 2 - 1
        rgba = np.zeros((size, size, 4), np.uint8)
        rgba[..., :3] = (230, 120, 30)
        rgba[..., 3] = (x**2 + y**2 < 0.6) * 255
        return write_png(folder / name, rgba)

    return write


def write_png(path: Path, pixels: np.ndarray, extra: bytes = b"") -> Path:
    """``pixels`` (H, W, 4|3) uint8 or uint16, row 0 on top. ``extra`` chunks go before the pixels."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, channels = pixels.shape
    depth = 8 * pixels.dtype.itemsize
    head = struct.pack(">IIBBBBB", width, height, depth, {3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(f">u{pixels.dtype.itemsize}").tobytes() for row in pixels)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    return path


def exif_chunk(orientation: int) -> bytes:
    """A PNG's eXIf chunk that says which way up the pixels are."""
    import struct
    import zlib

    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return struct.pack(">I", len(tiff)) + b"eXIf" + tiff + struct.pack(">I", zlib.crc32(b"eXIf" + tiff))


def pump(addon, until, seconds: float = 60.0) -> None:
    """Calls the timer's function as Blender with a window would, until ``until()`` holds."""
    import time

    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, [(job.id, job.state, job.stage) for job in addon.runtime.session().jobs]
        addon.runtime.pump()
        time.sleep(0.005)
