"""``python -m backend.training text STAGE --out FOLDER``: text → 3D, stage by stage or all in order.

Each stage can be cut off at any moment and goes on when it is called again; ``--piece`` ends it by itself. ``all`` does
what is not yet finished, in order. On a GPU (``--device cuda``) the batches are larger and everything else is the same.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import torch

from ..data.shards import FOLDER
from .config import Config, tiny
from .course import Course
from .sampling import Settings

STAGES = ("real", "autoencoder", "latents", "flow", "distil", "look", "choose", "measure", "export", "all")


def main(arguments: list[str]) -> int:
    """→ 0 when the stage is finished, 3 when there is more to do: call again."""
    parser = _parser()
    options = parser.parse_args(arguments)
    there = options.data is not None and (options.data / "index.jsonl.gz").is_file()
    if not there and options.data not in (None, FOLDER):
        parser.error(f"there is no index.jsonl.gz in {options.data}; --data '' trains on the grammar alone")
    if options.device == "cpu":
        torch.set_num_threads(options.threads)
    course = Course(
        folder=options.out,
        config=tiny() if options.tiny else Config(),
        data=options.data if there else None,
        device=options.device,
        minutes=options.minutes,
        piece=options.piece,
        objects=options.objects,
        workers=workers(options.workers, options.device),
        part=options.part,
        batch=options.batch,
        share=options.share,
        settings=Settings(options.steps, options.guidance, options.shift),
        begun=time.monotonic(),
    )
    finished = getattr(course, options.stage)()
    print("finished" if finished else "cut off: call again to go on")
    return 0 if finished else 3


def workers(asked: int | None, device: str) -> int:
    """As many as are asked for; else none on a processor, which they would share, and many where that waits."""
    if asked is not None:
        return asked
    return 0 if torch.device(device).type == "cpu" else min(16, os.cpu_count() or 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.training text", description=__doc__.splitlines()[0])
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--out", type=Path, required=True, help="folder of this training, gone on with if it is there")
    parser.add_argument("--data", type=_folder, default=FOLDER, help="folder of real objects; '' for none")
    parser.add_argument("--minutes", type=float, default=30, help="of the stage's own clock, in all pieces together")
    parser.add_argument("--piece", type=float, default=float("inf"), help="minutes that this call may take")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, …")
    parser.add_argument("--tiny", action="store_true", help="the networks of the tests")
    parser.add_argument("--objects", type=int, default=60_000, help="of the grammar, for the flow")
    parser.add_argument("--workers", type=int, help="processes that make solids for the autoencoder; else as needed")
    parser.add_argument("--part", type=_part, default=(0, 1), metavar="I/N", help="latents: every N-th shard from I on")
    parser.add_argument("--batch", type=int, default=0, help="0: what suits the device")
    parser.add_argument("--share", type=float, default=0.25, help="of real objects in the flow's batches")
    parser.add_argument("--threads", type=int, default=1, help="of a processor")
    parser.add_argument("--steps", type=int, default=Settings.steps, help="of the sampler")
    parser.add_argument("--guidance", type=float, default=Settings.guidance, help="its strength")
    parser.add_argument("--shift", type=float, default=Settings.shift, help="of its times; above 1: slower at first")
    return parser


def _folder(text: str) -> Path | None:
    return Path(text) if text else None


def _part(text: str) -> tuple[int, int]:
    which, of = text.split("/")
    return int(which), int(of)
