"""``python -m backend.training image STAGE --out FOLDER``: image → 3D.

*train* begins or goes on, *dry* measures a few steps and writes no weights, *export* writes the file that the engine
reads, from the weights that did best on the validation objects.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from ..data.shards import FOLDER
from ..export import dequantised
from ..loop import Plan, interruption, log
from .config import LAYOUTS, Config, tiny
from .source import training, validation
from .train import Machine, run, ship, speed

STAGES = ("train", "dry", "export")
WEIGHTS = Path(__file__).resolve().parents[2] / "weights" / "pocket_int8.safetensors"


def main(arguments: list[str]) -> int:
    """→ 0 when the stage is finished, 3 when there is more to do: call again."""
    begun = time.monotonic()
    options = _parser().parse_args(arguments)
    if options.stage == "export":
        to = options.to or options.out / "pocket_int8.safetensors"
        print(f"{to}: {ship(options.out, to):,} bytes")
        return 0
    device = torch.device(options.device)
    if device.type == "cpu":
        torch.set_num_threads(options.threads)
    else:
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    config = configured(options)
    machine = Machine(device, half=not options.whole, compiled=options.compile)
    cache = options.cache or options.out / "fields"
    with interruption() as interrupted:
        given = (options.data, cache, device, config.points, options.objects)
        how = (lambda: interrupted() or time.monotonic() - begun >= options.piece * 60, partial(log, options.out))
        source = training(*given, options.grammar, *how)
        check = validation(*given, *how) if source and options.stage == "train" else None
        if source is None or (check is None and options.stage == "train") or interrupted():
            print("cut off before all fields were made: call again to go on")
            return 3
    if options.stage == "dry":
        print(" ".join(f"{name} {value:.3g}" for name, value in speed(config, machine, source).items()))
        return 0
    assert check is not None
    start = None if options.tiny or options.start is None else dequantised(options.start)
    plan = Plan(minutes=options.minutes, lr=config.lr, warmup=200, ema=0.9995, save_every=120.0)
    torch.manual_seed(0)
    left = options.piece - (time.monotonic() - begun) / 60
    data = {"objects": options.objects, "grammar": options.grammar}
    reached = run(config, plan, machine, source, check, options.out, left, start, data=data)
    print("finished" if reached.finished else "cut off: call again to go on")
    return 0 if reached.finished else 3


def configured(options: argparse.Namespace) -> Config:
    """The configuration that the options ask for."""
    config = tiny() if options.tiny else Config(layout=options.layout)
    wanted = {"batch": options.batch, "micro": options.micro, "points": options.points, "lr": options.lr}
    return replace(config, **{name: value for name, value in wanted.items() if value})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.training image", description=__doc__.splitlines()[0])
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--out", type=Path, required=True, help="folder of this training, gone on with if it is there")
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the real objects")
    parser.add_argument("--cache", type=Path, help="where the objects' fields are kept (default: OUT/fields)")
    parser.add_argument("--minutes", type=float, default=25, help="of the training's own clock, in all pieces together")
    parser.add_argument("--piece", type=float, default=float("inf"), help="minutes that this call may take")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--layout", choices=[*LAYOUTS], default=Config.layout, help="which network")
    parser.add_argument("--start", type=Path, default=WEIGHTS, help="weights to begin with (default: those that ship)")
    parser.add_argument("--scratch", dest="start", action="store_const", const=None, help="begin with nothing")
    parser.add_argument("--tiny", action="store_true", help="the network of the tests")
    parser.add_argument("--objects", type=int, help="real objects (default: all)")
    parser.add_argument("--grammar", type=int, default=4000, help="procedural objects besides")
    parser.add_argument("--batch", type=int, default=0, help="samples a step")
    parser.add_argument("--micro", type=int, default=0, help="of them at once (default: as many as memory holds)")
    parser.add_argument("--points", type=int, default=0, help="points asked of each")
    parser.add_argument("--lr", type=float, default=0.0, help="peak of the learning rate")
    parser.add_argument("--compile", action="store_true", help="compile the transformer's blocks")
    parser.add_argument(
        "--whole", action="store_true", help="float32 throughout instead of bfloat16 where that is safe"
    )
    parser.add_argument("--threads", type=int, default=1, help="of a processor")
    parser.add_argument("--to", type=Path, help="export: the file to write")
    return parser
