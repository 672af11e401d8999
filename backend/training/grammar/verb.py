"""``python -m backend.training grammar``: look at what the grammar makes, and at its words."""

from __future__ import annotations

import argparse
from pathlib import Path

from .sample import FAMILIES, held_out_specimens
from .sheet import contact_sheet
from .vocabulary import words


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.training grammar", description=__doc__)
    parser.add_argument("--sheet", type=Path, help="picture of families × seeds to write (.png, .jpg; needs Pillow)")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--size", type=int, default=96, help="pixels of one object")
    parser.add_argument("--family", nargs="+", choices=FAMILIES, default=FAMILIES, metavar="NAME")
    parser.add_argument("--captions", action="store_true", help="write captions into the picture, not names")
    parser.add_argument("--groups", type=int, default=1, help="columns of families")
    parser.add_argument("--words", type=Path, help="write every word of the captions and how often it comes")
    parser.add_argument("--prompts", type=int, help="print this many prompts of combinations that are never trained")
    given = parser.parse_args(arguments)
    if given.sheet:
        from PIL import Image

        picture = contact_sheet(tuple(given.family), given.seeds, given.size, given.captions, given.groups)
        Image.fromarray(picture).save(given.sheet, quality=80, optimize=True)
        print(f"{len(given.family)} families × {given.seeds} seeds: {given.sheet}")
    if given.words:
        counted = words()
        given.words.write_text("".join(f"{word} {count}\n" for word, count in counted.most_common()), "utf-8")
        print(f"{len(counted)} words: {given.words}")
    if given.prompts:
        print("\n".join(specimen.captions[0] for specimen in held_out_specimens(given.prompts)))
    if not (given.sheet or given.words or given.prompts):
        print(f"{len(FAMILIES)} families: {', '.join(FAMILIES)}")
    return 0
