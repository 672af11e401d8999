#!/usr/bin/env python3
"""The one entry for developers: ``python3 build.py VERB``. Any Python from 3.9 on will do; it finds the rest itself."""

from __future__ import annotations

import argparse
import importlib
import sys

# Each verb is a module of build_tools with SUMMARY, arguments(parser) and run(options) → exit code.
VERBS = ("demo", "test", "bench", "package", "evaluate", "train", "wheels", "lint", "clean")


def main() -> int:
    if sys.version_info < (3, 9):  # noqa: UP036 (an older Python reads this line too)
        print(f"build.py needs Python 3.9 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    from build_tools.paths import Stop

    parser = argparse.ArgumentParser(prog="build.py", description="Builds, tests and shows Maquette.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    modules = {}
    for name in VERBS:
        modules[name] = importlib.import_module(f"build_tools.verbs.{name}")
        modules[name].arguments(verbs.add_parser(name, help=modules[name].SUMMARY, description=modules[name].SUMMARY))
    verbs.add_parser("help", help="show this")
    options, rest = parser.parse_known_args()
    if options.verb in (None, "help"):
        parser.print_help()
        return 0
    if rest and not getattr(modules[options.verb], "PASSES_ON", False):
        parser.error(f"{options.verb} does not know {' '.join(rest)}")
    options.rest = rest
    try:
        return modules[options.verb].run(options)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
