"""``build.py evaluate``."""

from __future__ import annotations

import argparse
import subprocess

from .. import environments
from ..paths import ROOT

SUMMARY = "measure quality on the benchmark (needs the folder shared/data beside the checkout)"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="passed on to python -m backend.evaluation")


def run(options: argparse.Namespace) -> int:
    python = environments.make(environments.DEV)
    return subprocess.run([str(python), "-m", "backend.evaluation", *options.rest], cwd=ROOT).returncode
