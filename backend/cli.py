"""The command line: ``python -m backend generate | batch | engines | serve``."""

from __future__ import annotations

import argparse
import sys

from . import engines, server


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="maquette")
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", help="answer requests on a local port")
    serve.add_argument("--standalone", action="store_true", help="make a token and print it")
    serve.add_argument("--detached", action="store_true", help="go on when standard input closes")
    args = parser.parse_args(argv)
    alone = args.standalone or args.detached or sys.stdin.isatty()
    return server.main(engines, standalone=alone, detached=args.detached)
