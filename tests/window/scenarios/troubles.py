"""Everything a user can hand over that is no picture of an object, and disks that take nothing."""

import contextlib
import shutil
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import addon_utils
import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import hands
import product

facts: dict[str, Any] = {}
INBOX = Path("/tmp/inbox")
MUG = Path("/samples/mug.png")


def png(width: int, height: int, value: int) -> bytes:
    """Grey with transparency, 8 bits, every byte ``value``."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(b"\0" + bytes([value]) * 2 * width) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 4, 0, 0, 0)),
            chunk(b"IDAT", rows),
            chunk(b"IEND", b""),
        ]
    )


def fill_inbox() -> dict[str, Path]:
    """Name of the trouble → the file."""
    INBOX.mkdir()
    contents = {
        "text": b"This is a letter, not a picture.\n",
        "empty": b"",
        "torn": MUG.read_bytes()[: MUG.stat().st_size // 2],
        "clear": png(64, 64, 0),
        "dot": png(1, 1, 255),
        "wall": png(200, 200, 255),
        "ribbon": png(6000, 1, 255),
        "huge": png(12_000, 12_000, 255),
    }
    files = {name: INBOX / f"{name}.png" for name in contents}
    for name, path in files.items():
        path.write_bytes(contents[name])
    files["missing"], files["folder"] = INBOX / "missing.png", INBOX
    files["named"] = INBOX / "Tasse à thé 茶 ☕.png"
    shutil.copy(MUG, files["named"])
    return files


def attempt(clock: hands.Clock, path: Path) -> Iterator[float]:
    """Presses Generate for one file and returns how it ended."""
    start, settings = time.monotonic(), bpy.context.scene.maquette
    settings.filepath, settings.preset = str(path), "fast"
    yield 0.1
    before = {job.id for job in product.session().jobs} if product.session() else set()
    try:
        with bpy.context.temp_override(window=hands.window(), area=hands.viewport(), region=hands.region()):
            bpy.ops.maquette.generate_from_image("INVOKE_DEFAULT")
    except RuntimeError as refusal:
        return {"state": "refused", "sentence": str(refusal).strip()}
    job = next(job for job in product.session().jobs if job.id not in before)
    yield from hands.wait_for(lambda: job.ended, f"the end of {path}")
    yield 0.3
    outcome = {"state": job.state, "longest gap": clock.between(start, time.monotonic())["longest"]}
    if job.failure is not None:
        outcome.update(code=job.failure.code, sentence=job.failure.sentence, fix=job.failure.fix)
    if job.report is not None:
        outcome.update(warnings=job.report.warnings)
    return outcome


def unwritable(clock: hands.Clock, kind: str, options: str) -> Iterator[float]:
    """A job whose data folder is another, bad disk."""
    folder = Path("/home/box/profile/extensions/.user/user_default/maquette")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "bad", str(folder)], check=True)
    if kind == "full":
        with contextlib.suppress(OSError):
            (folder / "filler").write_bytes(b"x" * 1_000_000)
    facts[kind] = yield from attempt(clock, MUG)
    facts[kind]["note"] = product.session().note
    hands.picture(f"t-{kind}")
    addon_utils.disable(product.PACKAGE)
    yield 1.0
    facts[kind]["backends"] = hands.backends()
    subprocess.run(["umount", "-l", str(folder)], check=True)
    addon_utils.enable(product.PACKAGE)
    yield 0.5


def scenario() -> Iterator[float]:
    clock = hands.Clock()
    yield 0.5
    product.install()
    yield from hands.open_tab("Maquette")
    yield from hands.make_room()
    yield from unwritable(clock, "readonly", "ro,size=64k")
    yield from unwritable(clock, "full", "size=8k")
    yield from hands.open_tab("Maquette")
    facts["pictures"] = {}
    for name, path in fill_inbox().items():
        facts["pictures"][name] = yield from attempt(clock, path)
    facts["objects"] = sorted(thing.name for thing in bpy.data.objects)
    facts["images"] = sorted(image.name for image in bpy.data.images)
    yield 0.5
    hands.picture("t-pictures")
    bpy.ops.maquette.clear_finished()
    (INBOX / "huge.png").unlink()
    bpy.ops.maquette.generate_from_folder("EXEC_DEFAULT", directory=str(INBOX), preset="fast")
    yield from hands.wait_for(lambda: all(job.ended for job in product.session().jobs), "the end of the batch")
    yield 1.0
    hands.picture("t-batch")
    facts["batch"] = {
        "collections": {c.name: sorted(o.name for o in c.objects) for c in bpy.data.collections},
        "states": {job.request.name: job.state for job in product.session().jobs},
    }


hands.play(scenario(), facts)
