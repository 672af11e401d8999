"""The command line: ``python -m backend COMMAND``; ``--help`` lists the commands, each in a module of its own.

Standard output carries results (files written, tables), standard error progress and what went wrong.
Exit codes: 0 done · 1 some of a batch failed · 2 nothing could be done · 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from . import __version__, cli_cutout, cli_make, engines, server
from .cli_common import FAILED, INTERRUPTED
from .engines.engine import Catalogue
from .errors import Cancelled
from .jobs import failure
from .protocol import EngineInfo, to_json
from .runtime.environment import verb as runtime_verb
from .runtime.store import verb as weights_verb


def main(argv: list[str] | None = None, catalogue: Catalogue = engines) -> int:
    """Runs one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that knows no “ must not end a job
    args = _parser().parse_args(argv)
    try:
        code = int(args.run(args, catalogue))
        sys.stdout.flush()  # here, where a reader who has gone is caught
        return code
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        told = failure("", error)
        print(f"{told.sentence} {told.fix}", file=sys.stderr)
        return INTERRUPTED if isinstance(error, Cancelled) else FAILED


def _serve(args: argparse.Namespace, catalogue: Catalogue) -> int:
    alone = args.standalone or args.detached or sys.stdin.isatty()
    return server.main(catalogue, standalone=alone, detached=args.detached)


def _engines(args: argparse.Namespace, catalogue: Catalogue) -> int:
    for info in catalogue.engines():
        if args.json:
            print(to_json(info))
        else:
            print("\n           ".join([f"{info.id:10} {info.title}", *_about(info)]))
    return 0


def _about(info: EngineInfo) -> list[str]:
    where = "on a graphics card, or slowly without" if info.tier == "gpu" else "on the processor"
    lines = [f"makes {' or '.join(info.makes)} from {' or '.join(info.inputs)}, {where}"]
    lines.append(f"{'ready' if info.available else 'not ready'}. {info.status}".rstrip())
    lines.append(f"presets: {', '.join(info.presets)}; weights: {info.weights_licence or 'none'}")
    return lines + ([f"proof: {info.proof}"] if info.proof else [])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend", description="Coloured meshes from pictures, offline.")
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (cli_make, cli_cutout, runtime_verb, weights_verb):
        module.register(verbs)
    _register(verbs)
    return parser


def _register(verbs: Any) -> None:
    listing = verbs.add_parser("engines", help="what can make meshes")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_engines)

    serve = verbs.add_parser("serve", help="answer requests on a local port (docs/protocol.md)")
    serve.add_argument("--standalone", action="store_true", help="make a token and print it")
    serve.add_argument("--detached", action="store_true", help="also go on when standard input closes")
    serve.set_defaults(run=_serve)
