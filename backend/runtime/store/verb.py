"""``python -m backend weights list | fetch | import | delete | move | verify`` and ``python -m backend verify``.

The words only; ``deeds`` does them, and is loaded when one is asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from ...errand import add_options


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds ``weights`` and ``verify`` to the command line."""
    weights = verbs.add_parser("weights", help="official weights of the GPU engines: list, fetch, import, delete, …")
    deeds = weights.add_subparsers(required=True, metavar="DEED")

    listing = deeds.add_parser("list", help="which there are, and what of them is here")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_deed("list_all"))

    fetching = deeds.add_parser("fetch", help="download an engine's weights, or the rest of them")
    fetching.add_argument("--mirror", default="", metavar="URL", help="takes the place of huggingface.co")
    fetching.add_argument("--proxy", default="", metavar="URL", help="an http proxy, or none")
    fetching.set_defaults(run=_deed("fetch_weights"))

    importing = deeds.add_parser("import", help="take over files that you have")
    importing.set_defaults(run=_deed("import_files"))

    deleting = deeds.add_parser("delete", aliases=["remove"], help="remove an engine's weights from the disk")
    deleting.set_defaults(run=_deed("delete_weights"))

    moving = deeds.add_parser("move", help="move all weights to another folder")
    moving.add_argument("folder", type=Path)
    moving.set_defaults(run=_deed("move_all"))

    verifying = deeds.add_parser("verify", help="compare an engine's weights with what they should be, and run them")
    also = verbs.add_parser("verify", help="the same as weights verify: a report to paste into an issue")
    for parser in (verifying, also):
        parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # not in the environment's Python
        parser.set_defaults(run=_deed("verify_weights"))

    for deed in (fetching, importing, deleting, verifying, also):
        deed.add_argument("engine")
    importing.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders to look through")
    importing.add_argument("--copy", action="store_true", help="never share a file's bytes with the folder it is from")
    for deed in (fetching, importing, deleting, moving, verifying, also):
        add_options(deed)
    for deed in (listing, fetching, importing, deleting, moving, verifying, also):
        deed.add_argument("--weights-dir", default="", metavar="FOLDER", help="where weights are kept")
        deed.add_argument("--data-dir", default="", metavar="FOLDER", help="where Maquette keeps its data")


def _deed(name: str) -> Callable[[argparse.Namespace, Any], int]:
    def run(args: argparse.Namespace, catalogue: Any) -> int:
        return int(getattr(import_module(".deeds", __package__), name)(args, catalogue))

    return run
