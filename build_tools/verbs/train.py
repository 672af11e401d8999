"""``build.py train``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from .. import environments
from ..paths import BUILD, ROOT, Stop

SUMMARY = "train our own networks (docs/training.md)"

PASSES_ON = True

NETWORKS = ("image", "text")
STAGES = {"image": "train", "text": "all"}  # where none is named
NEEDED = "torch, numpy, scipy, PIL, safetensors"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", choices=[*NETWORKS, "grammar"], help="which; grammar: look at the made-up objects")
    parser.add_argument("stage", nargs="?", help="one stage of it (default: all of the training)")
    parser.add_argument("--data", type=Path, help="folder of real objects (default: shared/data beside us)")
    parser.add_argument("--out", type=Path, help="folder of the training, gone on with if it is there")
    parser.add_argument("--minutes", type=float, help="of the training's own clock, all pieces together")
    parser.add_argument("--piece", type=float, help="minutes that this call may take")
    parser.add_argument("--device", help="cpu, cuda")
    parser.add_argument("--python", help="an interpreter with PyTorch (default: this one, else the GPU runtime's)")
    parser.epilog = "Other options are passed on to python -m backend.training NETWORK STAGE: see its --help."


def run(options: argparse.Namespace) -> int:
    return subprocess.run([interpreter(options), *command(options)], cwd=ROOT).returncode


def command(options: argparse.Namespace) -> list[str]:
    """What the interpreter is told to do."""
    told = ["-m", "backend.training", options.network]
    if options.network in STAGES:
        told.append(options.stage or STAGES[options.network])
        told += ["--out", str((options.out or BUILD / "training" / options.network).resolve())]
    else:
        told += [options.stage] if options.stage else []
        told += ["--out", str(options.out.resolve())] if options.out else []
    if options.data:
        told += ["--data", str(options.data.resolve())]
    for name in ("minutes", "piece", "device"):
        value = getattr(options, name)
        if value is not None:
            told += ["--" + name, str(value)]
    return told + list(options.rest)


def interpreter(options: argparse.Namespace) -> str:
    """One that has what the training needs. Only the grammar needs no PyTorch.

    A machine with a GPU has its own PyTorch, as a rule in the Python that runs us; where that has none, the GPU
    runtime's is made, for the processor. Raises Stop where the interpreter that was named lacks something.
    """
    if options.python:
        if not _has(options.python):
            raise Stop(f"{options.python} lacks some of {NEEDED}. Install them there, or name another with --python.")
        return str(options.python)
    if options.network == "grammar":
        return str(environments.make(environments.DEV))
    if _has(sys.executable):
        return sys.executable
    if options.device and options.device != "cpu":
        raise Stop(f"This Python lacks some of {NEEDED}. Name one that has them, with PyTorch for the GPU: --python.")
    return str(environments.gpu_environment())


def _has(python: str) -> bool:
    try:
        return subprocess.run([python, "-c", f"import {NEEDED}"], capture_output=True).returncode == 0
    except OSError:
        return False
