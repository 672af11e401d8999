"""``build.py test``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from .. import environments, package
from ..paths import BUILD, ROOT
from ..steps import Steps
from . import lint

SUMMARY = "lint, and run every test that this computer can run"

SLOW_UNTIL = 9.0  # minutes: slow tests start no later, so that the whole stays under a quarter of an hour
WINDOW_UNTIL = 8.0  # they take four minutes and more


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="slow tests and real windows too, however long it takes")
    parser.add_argument("--quick", action="store_true", help="only lint and the tests that need no Blender")


def run(options: argparse.Namespace) -> int:
    steps = Steps()
    thorough = options.all or bool(os.environ.get("CI"))
    dev = environments.make(environments.DEV)
    lint.check(steps, dev)
    plain = ("tests", "--ignore=tests/blender", "--ignore=tests/window", "--ignore=tests/package/test_install.py")
    steps.pytest("tests without Blender", dev, *plain, "-m", "not slow and not window")

    blenders: list[tuple[environments.Recipe, Path]] = []
    if options.quick:
        steps.leave_out("tests in Blender", "--quick")
    else:
        blenders, missing = environments.available(environments.BLENDERS)
        for sentence in missing:
            steps.leave_out("tests in Blender", sentence)
        if blenders:
            package.build_zip(package.this_platform(), BUILD / "zips")  # fetched and built once, for every Blender
    for recipe, python in blenders:
        steps.pytest(f"tests in {recipe.name}", python, "tests/blender", "tests/package/test_install.py",
                     "-m", "not slow and not window")  # fmt: skip
        if recipe.name == environments.LOW_END:
            steps.pytest("backend on the oldest NumPy", python, "tests/backend", "tests/parity",
                         "-m", "not slow and not quality")  # fmt: skip

    _slow(steps, options, thorough, dev, plain, blenders)
    _windows(steps, options, thorough, dev)
    return steps.finish()


def _slow(steps, options, thorough, dev, plain, blenders) -> None:
    if not thorough:
        steps.leave_out("slow tests", "only with --all, or where CI is set")
    elif not options.all and steps.minutes > SLOW_UNTIL:
        steps.leave_out("slow tests", f"{steps.minutes:.0f} minutes have gone already; --all runs them")
    else:
        steps.pytest("slow tests without Blender", dev, *plain, "-m", "slow and not window")
        for recipe, python in blenders:
            steps.pytest(f"slow tests in {recipe.name}", python, "tests/blender", "-m", "slow and not window")


def _windows(steps, options, thorough, dev) -> None:
    """Real windows under Xvfb, in Debian chroots that the tests make (and keep) under build/boxes."""
    root = sys.platform.startswith("linux") and os.geteuid() == 0 and shutil.which("apt-get")
    if not (ROOT / "tests/window").is_dir():
        return
    if options.quick or not thorough:
        steps.leave_out("tests in a real window", "only with --all, or where CI is set")
    elif not root:
        steps.leave_out("tests in a real window", "they need root on Debian or Ubuntu")
    elif not options.all and steps.minutes > WINDOW_UNTIL:
        steps.leave_out("tests in a real window", f"{steps.minutes:.0f} minutes have gone already; --all runs them")
    else:
        steps.pytest("tests in a real window", dev, "tests/window", "-m", "window")
