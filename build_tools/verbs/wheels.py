"""``build.py wheels``."""

from __future__ import annotations

import argparse

from .. import wheelhouse

SUMMARY = "fetch the pinned OpenBLAS wheels into wheels/"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("platform", nargs="*", help=f"{', '.join(wheelhouse.PIP_PLATFORMS)} (default: all of them)")
    parser.add_argument("--pin", metavar="VERSION", help="move the lock to another release and fetch that")


def run(options: argparse.Namespace) -> int:
    if options.pin:
        wheelhouse.pin(options.pin)
    for path in wheelhouse.fetch(options.platform or wheelhouse.PIP_PLATFORMS):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0
