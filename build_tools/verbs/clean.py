"""``build.py clean``."""

from __future__ import annotations

import argparse
import shutil

from ..paths import BUILD, DIST, ROOT

SUMMARY = "delete build/ and dist/ (environments, demo, zips) and the caches"

CACHES = (".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache")


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace) -> int:
    for folder in (BUILD, DIST, *(ROOT / name for name in CACHES)):
        if folder.is_dir():
            shutil.rmtree(folder)
            print(f"deleted {folder}")
    return 0
