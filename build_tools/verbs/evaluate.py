"""``build.py evaluate``."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from .. import environments
from ..paths import BUILD, ROOT, Stop

SUMMARY = "measure quality on held-out objects, beside baselines"

PASSES_ON = True


def arguments(parser: argparse.ArgumentParser) -> None:
    data = ROOT.parent / "shared/data"
    parser.add_argument("--data", type=Path, default=data, help="holds benchmark/ (default: shared/data beside us)")
    parser.add_argument("--out", type=Path, default=BUILD / "evaluation", help="for rows, tables, sheets")
    parser.add_argument("--text", action="store_true", help="instead: texts to 3D, on held-out prompts (docs/text.md)")
    parser.epilog = (
        "Other options are passed on to python -m backend.evaluation: --set benchmark|other_val, --views 0,1, "
        "--every N, --engine ID, --preset NAME, --rivals NAMES, --raw, --sheets, --jobs N, --recall, "
        "--compare BEFORE.jsonl AFTER.jsonl; with --text to python -m backend.evaluation.text: see its --help."
    )


def run(options: argparse.Namespace) -> int:
    if options.text:  # its judge needs PyTorch
        command = [str(environments.gpu_environment()), "-m", "backend.evaluation.text"]
        return subprocess.run([*command, "--out", str(options.out / "text"), *options.rest], cwd=ROOT).returncode
    if not (options.data / "benchmark").is_dir():
        raise Stop(f"There is no benchmark in {options.data}. Name the folder that holds it with --data.")
    python = environments.make(environments.DEV)
    command = [str(python), "-m", "backend.evaluation", str(options.data), "--out", str(options.out), *options.rest]
    return subprocess.run(command, cwd=ROOT).returncode
