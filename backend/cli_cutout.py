"""``cutout``: a picture apart from its background, into a file that can be painted on before a mesh is made of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .checks import find_remover
from .cli_common import check_output, interruptible
from .cli_make import DEFAULT, Maker, add_compute
from .engines.engine import Catalogue
from .errors import UnknownEngine
from .imaging.cutout import MODES
from .imaging.read import read_image
from .protocol import Picture, Request

SUFFIXES = (".png",)


def register(verbs: Any) -> None:
    """Adds the verb to the parser."""
    cutout = verbs.add_parser("cutout", help="take a picture's background away")
    cutout.add_argument("image", type=Path, help="the picture")
    cutout.add_argument("-o", "--output", type=Path, required=True, help="a .png, which keeps transparency")
    cutout.add_argument("--engine", default="", help="a remover by name; else the best that is installed")
    cutout.add_argument("--cutout", choices=MODES, default="auto", help="how the object is told from its background")
    add_compute(cutout)
    cutout.set_defaults(run=_cutout)


def _cutout(args: argparse.Namespace, catalogue: Catalogue) -> int:
    check_output(args.output, SUFFIXES, "Cut-outs", args.image)
    request = Request(engine=args.engine or DEFAULT, output="cutout", cutout=args.cutout)
    remover = find_remover(request, catalogue)
    if args.engine and (remover is None or remover.id != args.engine):
        raise UnknownEngine(f"There is no remover called {args.engine!r}.", "See: python -m backend engines")
    pixels = read_image(args.image)
    request = Request(
        engine=request.engine, output="cutout", cutout=args.cutout, images=(Picture(pixels),), source=str(args.image)
    )
    with interruptible() as stop:
        Maker(catalogue, stop, args).make(request, args.output, args.image.name)
    return 0
