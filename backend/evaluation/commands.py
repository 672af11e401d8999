"""What ``python -m backend.evaluation`` understands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .. import engines
from ..engines.engine import Engine
from . import rivals
from .compare import compare
from .objects import read_benchmark
from .pictures import DRAWN, draw
from .recall import recalls
from .rows import Row
from .run import BACKEND, SETS, Bench, Plan, read_framed, run
from .sheet import SHEETS, sheet
from .table import gains_table, means_table, shortfalls
from .validation import KINDS, MIXED

OUT = BACKEND.parent / "build" / "evaluation"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs, prints the tables, and writes rows, tables and sheets under --out. The status is 1 below the quality
    floor, which holds for all objects of the benchmark together: a sample of them has none.
    """
    parser = argparse.ArgumentParser(prog="evaluate", description="How good the meshes are, beside their rivals.")
    parser.add_argument("data", type=Path, help="the folder that holds benchmark/ and the shards")
    parser.add_argument("--out", type=Path, default=OUT, help="a folder for all that is written, or a file.jsonl")
    parser.add_argument("--set", choices=SETS, default="benchmark")
    parser.add_argument("--views", type=_numbers, default=(0, 1), help="which input pictures of an object: 0,1")
    parser.add_argument("--kinds", type=_names, default=MIXED, help=f"of other_val: {','.join((*MIXED, *KINDS))}")
    parser.add_argument("--every", type=int, default=1, help="only every n-th object")
    parser.add_argument("--engine", type=_name, default="pocket", help="its id, or none: only the rivals then")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--rivals", type=_names, default=rivals.TITLES, help="names, or none")
    parser.add_argument("--raw", action="store_true", help="leave out the aligned figures")
    parser.add_argument("--prototype", type=Path, help="the prototype's weights, where the engine has others by now")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--lenient", action="store_true", help="go on with rows made before the code was changed")
    parser.add_argument(
        "--sheets", type=int, nargs="?", const=16, default=0, help="draw contact sheets too, of N objects"
    )
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("BEFORE", "AFTER"), help="instead: two files of rows")
    parser.add_argument("--recall", action="store_true", help="instead: what sparse search finds, on twenty pictures")
    args = parser.parse_args(argv)
    if args.compare:
        print("\n".join(compare(*args.compare)))
        return 0
    if args.recall:
        return _print_recall(engines.load(args.engine), args.data)
    rows_at = args.out if args.out.suffix == ".jsonl" else args.out / f"{args.engine}_{args.set}.jsonl"
    beside = args.data.parent / "pocket" / "pocket_prototype_int8.safetensors"
    prototype = rivals.prototype_weights(args.prototype or (beside if beside.is_file() else None))
    chosen = tuple(t for t in rivals.TITLES if t in args.rivals and (t != "prototype" or prototype is not None))
    plan = Plan(
        args.data, OUT / "cache", args.set, args.views, args.every, args.engine, args.preset,
        chosen, not args.raw, args.kinds, prototype,
    )  # fmt: skip
    rows = run(plan, rows_at, OUT / f"rivals_{args.set}.jsonl", args.jobs, args.lenient, _tell)
    if not args.engine:
        return 0
    table = [*means_table(rows, args.engine), "", *gains_table(rows, args.engine)]
    print("\n".join(table))
    rows_at.with_suffix(".md").write_text("\n".join(table) + "\n", encoding="utf-8")
    if args.sheets:
        bench, inputs = Bench(plan), plan.inputs()
        for which in SHEETS:
            path = rows_at.with_name(f"{rows_at.stem}_{which}.png")
            Image.fromarray(sheet(bench, inputs, rows, which, args.sheets)).save(path)
            print(path)
    short = shortfalls(rows, args.engine) if args.set == "benchmark" and args.every == 1 and 0 in args.views else []
    for sentence in short:
        print("floor:", sentence)
    return 1 if short else 0


def _tell(row: Row) -> None:
    figures = "  ".join(f"{title} {f['F@0.1']:.3f}/{f['IoU']:.3f}" for title, f in row.figures.items())
    print(f"{row.id[-40:]:40} {row.group:6} {row.view} {figures}", flush=True)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _name(text: str) -> str:
    return "" if text == "none" else text


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip() not in ("", "none"))


def _print_recall(engine: Engine, data: Path) -> int:
    """Drawn wires, legs and holes, and benchmark views, at every preset; 1 where the mean is below 99.9 %."""
    pictures = [(name, draw(name)) for name in DRAWN]
    pictures += [(view.object.id, read_framed(view).rgba) for view in read_benchmark(data)[::4][: 20 - len(DRAWN)]]
    rows = []
    for row in recalls(engine, pictures, engine.info.presets):
        rows.append(row)
        print(
            f"{row.picture:60.60} {row.preset:9} {row.missed:5} of {row.crossing:7} cells missed "
            f"({row.fine} refined), asked {row.asked:.1%}",
            flush=True,
        )
    for preset in engine.info.presets:
        chosen = [row for row in rows if row.preset == preset]
        print(
            f"{preset:9} found {np.mean([row.found for row in chosen]):.4%} in the mean,"
            f" {min(row.found for row in chosen):.4%} at worst, asked {np.mean([row.asked for row in chosen]):.1%}"
        )
    found = float(np.mean([row.found for row in rows]))
    print(f"mean {found:.5%} over {len(rows)}")
    return 0 if found >= 0.999 else 1
