"""``build.py demo``."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from pathlib import Path

from .. import environments, package
from ..paths import BUILD, ROOT, Stop

SUMMARY = "a picture and a text become meshes in a real, headless Blender; see build/demo"

FOLDER = BUILD / "demo"
SAMPLES = ROOT / "docs/samples"
SAMPLE = "mug.png"
TEXT = "a red chair"
# The first whose Python this computer has: 5.0 is tested most, and 3.11 is what a README's reader is asked for.
ORDER = ("blender-5.0", "blender-5.2", "blender-4.2")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image", type=Path, default=SAMPLES / SAMPLE, help="your own picture")
    parser.add_argument("--prompt", default=TEXT, help=f"your own text (default: {TEXT})")


def run(options: argparse.Namespace) -> int:
    picture = options.image.resolve()
    if not picture.is_file():
        raise Stop(f"There is no picture {picture}. Name one with --image PATH.")
    start = time.monotonic()
    python = _blender()
    archive = package.build_zip(package.this_platform(), BUILD / "zips")
    print(f"packed {archive.name} ({archive.stat().st_size / 1e6:.1f} MB)", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(FOLDER / "profile")}
    script = ROOT / "build_tools/inside/demo_scene.py"
    command = [str(python), str(script), str(archive), str(picture), options.prompt, str(FOLDER)]
    if subprocess.run(command, env=environment, cwd=FOLDER).returncode != 0:
        raise Stop("The demo made no mesh; why stands above.")
    print(f"\nall in {time.monotonic() - start:.0f} s, from {picture} and “{options.prompt}”")
    for name, what in (("demo.png", "rendered with Cycles"), ("demo.blend", "the scene"), ("demo.glb", "the meshes")):
        print(f"  {FOLDER / name}  {what}")
    return 0


def _blender() -> Path:
    """The interpreter of an environment with Blender, made if need be."""
    recipes = {recipe.name: recipe for recipe in environments.BLENDERS}
    chosen = environments.first_possible([recipes[name] for name in ORDER])
    return environments.make(chosen)
