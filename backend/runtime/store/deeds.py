"""What ``python -m backend weights DEED`` does: errands, with a bar for a person and a report file for Blender.

Apart from ``verb``, so that a backend that only serves never loads what speaks to servers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from ...errand import DONE, FAILED, INTERRUPTED, Errand, carry_out
from ...errors import BadRuntime, JobError
from .. import device
from ..environment import interpreter
from . import catalogue as books
from . import configure, data_dir, folder, shelf
from .access import Access
from .adopt import adopt
from .catalogue import Catalogue
from .fetch import fetch
from .lock import alone_in
from .move import move
from .names import in_words
from .verify import verify

ROOT = Path(__file__).resolve().parents[3]  # the folder that holds ``backend``
REPAIR = "Repair it under GPU Engines (python -m backend runtime install --repair)."


def list_all(args: argparse.Namespace, catalogue: Catalogue) -> int:
    configure(args.weights_dir, args.data_dir)
    for info in books.kept(catalogue):
        if args.json:
            print(json.dumps(books.as_data(shelf(), info)))
        else:
            print("\n".join(books.lines(shelf(), info)))
    if not args.json:
        print(f"Folder: {shelf().root}")
        try:
            folder.check_there(shelf().root, data_dir())
        except JobError as error:
            print(error)
    return 0


def fetch_weights(args: argparse.Namespace, catalogue: Catalogue) -> int:
    configure(args.weights_dir, args.data_dir)

    def work(errand: Errand) -> str:
        info = books.find(catalogue, args.engine)
        folder.check_there(shelf().root, data_dir())
        errand.say(f"{info.title}: {books.size(info)}, to “{shelf().root}”. {books.licence(info)}")
        return fetch(shelf(), info, Access.from_environment(args.mirror, args.proxy), errand)

    return carry_out(args, args.engine, work)


def import_files(args: argparse.Namespace, catalogue: Catalogue) -> int:
    configure(args.weights_dir, args.data_dir)

    def work(errand: Errand) -> str:
        info = books.find(catalogue, args.engine)
        folder.check_there(shelf().root, data_dir())
        return adopt(shelf(), info, catalogue.load(info.id), args.paths, errand, link=not args.copy)

    return carry_out(args, args.engine, work)


def delete_weights(args: argparse.Namespace, catalogue: Catalogue) -> int:
    configure(args.weights_dir, args.data_dir)

    def work(errand: Errand) -> str:
        info = books.find(catalogue, args.engine)
        folder.check_there(shelf().root, data_dir())
        errand.step(0.0, "Deleting")
        if not shelf().root.is_dir():
            return f"Nothing of {info.title}'s weights is there."
        with alone_in(shelf().root):
            freed = shelf().delete(info)
        return f"{info.title}'s weights are deleted: {in_words(freed)}."

    return carry_out(args, args.engine, work)


def move_all(args: argparse.Namespace, catalogue: Catalogue) -> int:
    configure(args.weights_dir, args.data_dir)

    def work(errand: Errand) -> str:
        folder.check_there(shelf().root, data_dir())
        told = move(shelf(), args.folder, books.kept(catalogue), data_dir(), errand)
        if os.environ.get(folder.ENVIRONMENT) and not args.weights_dir:
            errand.say(f"The environment variable {folder.ENVIRONMENT} still names the old folder; change it.")
        return told

    return carry_out(args, "weights", work)


def verify_weights(args: argparse.Namespace, catalogue: Catalogue) -> int:
    configure(args.weights_dir, args.data_dir)
    other = None if args.here or device.torch_present() else interpreter(data_dir())
    if other is not None:
        return _verify_there(other, args)
    right = True

    def work(errand: Errand) -> str:
        nonlocal right
        info = books.find(catalogue, args.engine)
        folder.check_there(shelf().root, data_dir())
        findings = verify(shelf(), info, catalogue.load(info.id), errand)
        right = not findings.problems
        if args.report is None:
            return findings.text()
        print(findings.text())  # for the log: what is shown beside the button is short
        return findings.sentence

    code = carry_out(args, args.engine, work)
    return code if right else FAILED


def _verify_there(python: Path, args: argparse.Namespace) -> int:
    """The same in the other interpreter, which takes over our input and output."""
    command = [str(python), "-X", "utf8", "-m", "backend", "weights", "verify", args.engine, "--here"]
    command += ["--weights-dir", str(shelf().root), "--data-dir", str(data_dir())]
    command += ["--quiet"] if args.quiet else []
    command += ["--follow"] if args.follow else []
    command += ["--report", os.path.abspath(args.report)] if args.report else []
    sys.stdout.flush()
    stopped = False
    try:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    except OSError as error:
        return _no_start(args, (error.strerror or str(error)).lower())
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:  # it has heard of it too
            stopped = True
    if code in (DONE, FAILED, INTERRUPTED):
        return code
    return INTERRUPTED if stopped else _no_start(args, f"signal {-code}" if code < 0 else f"exit code {code}")


def _no_start(args: argparse.Namespace, why: str) -> int:
    """The other interpreter is broken and has said nothing that anybody understands."""

    def work(_errand: Errand) -> str:
        raise BadRuntime(f"The GPU runtime does not start ({why}).", REPAIR)

    return carry_out(args, args.engine, work)
