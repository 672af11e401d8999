"""``build.py package``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import package, packager
from ..paths import DIST, Stop, sha256

SUMMARY = "write the installable zips to dist/"


def arguments(parser: argparse.ArgumentParser) -> None:
    choices = (*package.PLATFORMS, package.UNIVERSAL)
    parser.add_argument("platform", nargs="*", help=f"{', '.join(choices)} (default: all of them)")
    parser.add_argument("--out", type=Path, default=DIST, help="the folder to write to (default: dist/)")
    parser.add_argument("--offline", action="store_true", help="use only the wheels that lie in wheels/")


def run(options: argparse.Namespace) -> int:
    for platform in options.platform or (*package.PLATFORMS, package.UNIVERSAL):
        path = package.build_zip(platform, options.out, offline=options.offline)
        parts = ", ".join(f"{part} {size / 1e6:.1f}" for part, size in package.sizes(path).items())
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB ({parts})  sha256 {sha256(path)}")
    _validate(options.out)
    return 0


def _validate(out: Path) -> None:
    """By Blender's own packager, where an environment with Blender's module has been made."""
    official = packager.find()
    if official is None:
        print("not validated: no environment with Blender's module yet (python3 build.py test makes them)")
        return
    for path in sorted(out.glob(f"{package.manifest_field('id')}-{package.manifest_field('version')}*.zip")):
        verdict = official.validate(path)
        if verdict is not None:
            raise Stop(f"Blender's packager refuses {path.name}: {verdict}")
    print(f"validated by the packager of {official.label}")
