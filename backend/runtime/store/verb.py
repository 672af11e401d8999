"""``python -m backend weights …``: what is here, fetch, import, delete, move, verify.

Each but the list is an errand (``errand``): a bar for a person, a report file for Blender.
"""

from __future__ import annotations

import argparse
import json

from ...errand import Errand, add_options, carry_out
from . import catalogue as books
from . import configure, shelf
from .access import Access
from .catalogue import Catalogue
from .fetch import fetch
from .names import in_words


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds ``weights`` to the command line."""
    weights = verbs.add_parser("weights", help="official weights of the GPU engines: list, fetch, import, delete, …")
    deeds = weights.add_subparsers(required=True, metavar="DEED")

    listing = deeds.add_parser("list", help="which there are, and what of them is here")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_list)

    fetching = deeds.add_parser("fetch", help="download an engine's weights, or the rest of them")
    fetching.add_argument("engine")
    fetching.add_argument("--mirror", default="", metavar="URL", help="takes the place of huggingface.co")
    fetching.add_argument("--proxy", default="", metavar="URL", help="an http proxy, or none")
    fetching.set_defaults(run=_fetch)

    deleting = deeds.add_parser("delete", aliases=["remove"], help="remove an engine's weights from the disk")
    deleting.add_argument("engine")
    deleting.set_defaults(run=_delete)

    for deed in (fetching, deleting):
        add_options(deed)
    for deed in (listing, fetching, deleting):
        add_places(deed)


def add_places(parser: argparse.ArgumentParser) -> None:
    """Where weights and our other data are."""
    parser.add_argument("--weights-dir", default="", metavar="FOLDER", help="where weights are kept")
    parser.add_argument("--data-dir", default="", metavar="FOLDER", help="where Maquette keeps its data")


def go_to_places(args: argparse.Namespace) -> None:
    configure(args.weights_dir, args.data_dir)


def _list(args: argparse.Namespace, catalogue: Catalogue) -> int:
    go_to_places(args)
    for info in books.kept(catalogue):
        if args.json:
            print(json.dumps(books.as_data(shelf(), info)))
        else:
            print("\n".join(books.lines(shelf(), info)))
    if not args.json:
        print(f"Folder: {shelf().root}")
    return 0


def _fetch(args: argparse.Namespace, catalogue: Catalogue) -> int:
    go_to_places(args)

    def work(errand: Errand) -> str:
        info = books.find(catalogue, args.engine)
        errand.say(f"{info.title}: {books.size(info)}, to “{shelf().root}”. {books.licence(info)}")
        return fetch(shelf(), info, Access.from_environment(args.mirror, args.proxy), errand)

    return carry_out(args, args.engine, work)


def _delete(args: argparse.Namespace, catalogue: Catalogue) -> int:
    go_to_places(args)

    def work(errand: Errand) -> str:
        info = books.find(catalogue, args.engine)
        errand.step(0.0, "Deleting")
        freed = shelf().delete(info)
        return f"{info.title}'s weights are deleted; {in_words(freed)} are free again."

    return carry_out(args, args.engine, work)
