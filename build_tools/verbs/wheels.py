"""``build.py wheels``."""

from __future__ import annotations

import argparse

from .. import gpu_lock, wheelhouse

SUMMARY = "fetch the pinned wheels of OpenBLAS and pip into wheels/"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("platform", nargs="*", help=f"{', '.join(wheelhouse.PIP_PLATFORMS)} (default: all of them)")
    parser.add_argument("--pin", metavar="VERSION", help="move OpenBLAS to another release and fetch that")
    parser.add_argument("--lock-gpu", action="store_true", help="lock the GPU runtime anew (fetches 6 GB once)")


def run(options: argparse.Namespace) -> int:
    if options.lock_gpu:
        print(gpu_lock.make())
        return 0
    if options.pin:
        wheelhouse.pin(options.pin)
    for path in [*wheelhouse.fetch(options.platform or wheelhouse.PIP_PLATFORMS), wheelhouse.fetch_pip()]:
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0
