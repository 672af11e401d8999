"""``build.py test``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from functools import partial
from pathlib import Path

from .. import environments, package
from ..paths import BUILD
from ..steps import Steps
from . import lint

SUMMARY = "lint, and run every test that this computer can run"

# What computes; what only talks, fetches and stores knows no NumPy, and has been tested once.
ARITHMETIC = (
    *(f"tests/backend/{room}" for room in ("engines", "imaging", "render", "shapes", "surface")),
    *("tests/backend/runtime/test_blas.py", "tests/backend/runtime/test_weights.py", "tests/parity"),
    *("tests/backend/test_pipeline.py", "tests/backend/test_whole_job.py"),
)
# Minutes after which what takes long is not begun, so that the whole stays under a quarter of an hour: slow tests take
# four, windows eight, and with Debian boxes that are yet to be made a few more.
LATEST, LATEST_WINDOWS = 10.0, 6.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="slow tests and real windows too, however long it takes")
    parser.add_argument("--quick", action="store_true", help="only lint and the tests that need no Blender")


def run(options: argparse.Namespace) -> int:
    steps = Steps()
    thorough = options.all or bool(os.environ.get("CI"))
    dev = environments.make(environments.DEV)
    lint.check(steps, dev)
    blenders: list[tuple[environments.Recipe, Path]] = []
    if options.quick:
        steps.leave_out("tests in Blender", "--quick")
    else:
        blenders, missing = environments.available(environments.BLENDERS)
        for sentence in missing:
            steps.leave_out("tests in Blender", sentence)
        if blenders:
            package.build_zip(package.this_platform(), BUILD / "zips")  # fetched and built once, for every Blender

    plain = ("tests", "--ignore=tests/blender", "--ignore=tests/window", "--ignore=tests/package/test_install.py")

    def without_blender() -> None:
        steps.pytest("tests without Blender", dev, *plain, "-m", "not slow and not window")

    def in_blender(recipe: environments.Recipe, python: Path) -> None:
        rooms = ("tests/blender", "tests/package/test_install.py")
        steps.pytest(f"tests in {recipe.name}", python, *rooms, "-m", "not slow and not window")

    def slow() -> None:
        if _wanted(steps, options, "slow tests", thorough):
            steps.pytest("slow tests without Blender", dev, *plain, "-m", "slow and not window")

    def arithmetic() -> None:
        for recipe, python in blenders:
            if recipe.name == environments.LOW_END:
                steps.pytest("arithmetic on the oldest NumPy", python, *ARITHMETIC, "-m", "not slow and not quality")

    def slow_in_blender() -> None:
        if blenders and _wanted(steps, options, "slow tests in Blender", thorough):
            for recipe, python in blenders:
                steps.pytest(f"slow tests in {recipe.name}", python, "tests/blender", "-m", "slow and not window")

    # What takes longest begins first, what may be left out for want of time comes late.
    steps.together(
        without_blender,
        lambda: _on_torch(steps, options),
        *(partial(in_blender, recipe, python) for recipe, python in blenders),
        slow,
        arithmetic,
        slow_in_blender,
        lambda: _windows(steps, options, thorough, dev),
    )
    return steps.finish()


def _wanted(steps: Steps, options: argparse.Namespace, what: str, thorough: bool, latest: float = LATEST) -> bool:
    """Whether there is a wish and time for what takes minutes; says so where there is not."""
    if not thorough:
        steps.leave_out(what, "only with --all, or where CI is set")
    elif not options.all and steps.minutes > latest:
        steps.leave_out(what, f"{steps.minutes:.0f} minutes have gone already; --all runs them")
    else:
        return True
    return False


def _on_torch(steps: Steps, options: argparse.Namespace) -> None:
    """What needs torch, in the GPU runtime as its own installer makes it, here for the processor."""
    if options.quick:
        steps.leave_out("tests on torch", "--quick")
        return
    reason = environments.why_no_gpu_environment()
    if reason:
        steps.leave_out("tests on torch", reason)
        return
    python = steps.made("the GPU runtime", environments.gpu_environment)
    if python is not None:
        steps.pytest("tests on torch", python, "tests/torch", "tests/parity", may_be_empty=False)


def _windows(steps: Steps, options: argparse.Namespace, thorough: bool, dev: Path) -> None:
    """Real windows under Xvfb, in Debian chroots that the tests make (and keep) under build/boxes."""
    root = sys.platform.startswith("linux") and os.geteuid() == 0 and shutil.which("apt-get")
    what = "tests in a real window"
    if options.quick:
        steps.leave_out(what, "--quick")
    elif not root:
        steps.leave_out(what, "they need root on Debian or Ubuntu")
    elif _wanted(steps, options, what, thorough, LATEST_WINDOWS):
        steps.pytest(what, dev, "tests/window", "-m", "window")
