"""The text benchmark: Pocket Text beside retrieval, chance and the grammar itself, on combinations nobody trained on.

python -m backend.evaluation.text [--out FOLDER] [--prompts 100] [--free] [--upper]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .judge_training import Course
from .makers import Chance, Generator, Grammar, Made, Maker, Retrieval, Worsened
from .pocket_text import opened, remarks
from .prompts import FREE
from .score import Row, score, table
from .sheet import sheet
from .specimens import UNSEEN, Asked, held_out_prompts
from .trained import Trained

ROOT = Path(__file__).resolve().parents[3]
POOL = 100
SHOWN, SEEDS = 60, 3  # the sheet: so many prompts, each with so many seeds
SPREAD = 30  # prompts that get a fourth seed, for the spread


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; writes results.json, table.md and sheet.jpg to ``--out``."""
    parser = argparse.ArgumentParser(prog="evaluate --text", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=ROOT / "build/evaluation/text")
    parser.add_argument("--weights", type=Path, help="other weights than those that are shipped")
    parser.add_argument("--prompts", type=int, default=POOL, help=f"how many of the {POOL} prompts to ask")
    parser.add_argument("--trained", type=int, default=3000, help="training objects that the judge learns from")
    parser.add_argument("--captions", type=int, default=12000, help="training objects to retrieve from")
    parser.add_argument("--shelf", type=int, default=2000, help="training objects a family to compare with")
    parser.add_argument("--shelves", type=int, default=9, help="families to compare with theirs")
    parser.add_argument("--grammar", help="go on with what was made for this earlier state of the grammar")
    parser.add_argument("--upper", action="store_true", help="only the comparisons, without Pocket Text")
    parser.add_argument("--free", action="store_true", help="only pictures of prompts outside of the grammar")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.free:
        return draw_free(args.out, opened(args.out / "made", args.weights), args.weights)
    trained = Trained(args.out, lambda line: print(line, flush=True), args.grammar)
    judge, report = trained.judge(args.trained, Course())
    captions, objects = trained.captions(args.captions)
    asked = held_out_prompts(POOL)
    pool = [a.prompt for a in asked]
    asked = asked[: args.prompts]
    others = [same_family(a, captions, objects) for a in asked]
    some = list(dict.fromkeys(a.family for a in asked))[: args.shelves]
    shelves = {family: trained.shelf(family, args.shelf) for family in some}
    grammar = Grammar()
    makers: list[Maker] = [Retrieval(captions, objects), Chance(objects), grammar, Worsened(grammar)]
    if not args.upper:
        makers.insert(0, opened(args.out / "made", args.weights))
    state = repr((trained.key, report, args.captions, args.shelf, args.shelves, asked))
    rows: list[Row] = []
    for maker in makers:
        kept = None if isinstance(maker, Generator) else args.out / f"row_{named(maker)}_{stamp(state)}.json"
        if kept is not None and kept.is_file():  # what we compare with does not change with the weights
            rows.append(Row.from_json(kept.read_text(encoding="utf-8")))
            continue
        made = ask(maker, asked)
        near = shelves if isinstance(maker, (Generator, Grammar, Retrieval)) else None
        rows.append(score(maker.title, asked, made, judge, pool, others, near))
        if kept is not None:
            kept.write_text(json.dumps(asdict(rows[-1])), encoding="utf-8")
        else:
            show(args.out / "sheet.jpg", asked, made)
        print(table(rows[-1:]), flush=True)
    (args.out / "table.md").write_text(table(rows) + "\n", encoding="utf-8")
    told = {
        "judge": report,
        "grammar": trained.key,
        "rows": [asdict(r) for r in rows],
        "asked": list(map(asdict, asked)),
    }
    (args.out / "results.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(table(rows))
    return 0


def ask(maker: Maker, asked: Sequence[Asked]) -> list[list[Made]]:
    """One object a prompt; SEEDS for those on the sheet, one more for those whose spread is measured."""
    counts = [SEEDS + 1 if i < SPREAD else SEEDS if i < SHOWN else 1 for i in range(len(asked))]
    return [[maker.make(a, seed) for seed in range(n)] for a, n in zip(asked, counts, strict=True)]


def named(maker: Maker) -> str:
    """Its title as part of a file's name."""
    return maker.title.replace(" ", "_").replace(",", "")


def stamp(state: str) -> str:
    """16 hex digits that change with ``state`` and with the code that measures."""
    told = hashlib.sha256(state.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


def same_family(
    asked: Asked, captions: Sequence[str], objects: Sequence[tuple[int, str]], count: int = 19
) -> list[str]:
    """Full captions of other, trained objects of the same family, all different: the first that each object has."""
    full = {
        caption
        for i, (caption, whose) in enumerate(zip(captions, objects, strict=True))
        if whose[1] == asked.family and (i == 0 or objects[i - 1] != whose)
    }
    mine = sorted(full - {asked.prompt})
    chosen = np.random.default_rng(asked.seed % UNSEEN).permutation(len(mine))[:count]
    return [mine[i] for i in chosen]


def show(path: Path, asked: Sequence[Asked], made: Sequence[Sequence[Made]]) -> None:
    """The sheet of the first SHOWN prompts with SEEDS objects each."""
    rows = [(a.prompt, [m.solid for m in seeds[:SEEDS]]) for a, seeds in zip(asked[:SHOWN], made, strict=False)]
    Image.fromarray(sheet(rows)).save(path, quality=82, optimize=True)


def draw_free(out: Path, maker: Generator, weights: Path | None) -> int:
    """free.jpg: what comes of prompts outside of the grammar, whether or not they would be refused; prints what the
    user is told of each.
    """
    asked = [Asked(prompt, "", "", {}, i) for i, prompt in enumerate(FREE)]
    rows = [(a.prompt, [maker.make(a, seed).solid for seed in range(2)]) for a in asked]
    Image.fromarray(sheet(rows, 6)).save(out / "free.jpg", quality=82, optimize=True)
    for prompt in FREE:
        print(f"{prompt!r}: {' '.join(remarks(prompt, weights)) or 'understood'}")
    return 0
