"""``build.py lint``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import environments
from ..steps import Steps

SUMMARY = "check format (ruff), style (ruff) and types (mypy)"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fix", action="store_true", help="format and mend what can be mended first")


def run(options: argparse.Namespace) -> int:
    steps, python = Steps(), environments.make(environments.DEV)
    if options.fix:
        steps.command("ruff check --fix", [python, "-m", "ruff", "check", "--quiet", "--fix-only", "."])
        steps.command("ruff format", [python, "-m", "ruff", "format", "."])
    check(steps, python)
    return steps.finish()


def check(steps: Steps, python: Path) -> None:
    steps.command("ruff format --check", [python, "-m", "ruff", "format", "--check", "."])
    steps.command("ruff check", [python, "-m", "ruff", "check", "."])
    steps.command("mypy", [python, "-m", "mypy", "backend", "build.py", "build_tools"])
