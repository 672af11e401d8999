"""The command line: ``python -m backend generate | batch | engines | serve``.

Standard output carries results (files written, tables), standard error progress and what went wrong.
Exit codes: 0 done · 1 some pictures of a batch failed · 2 nothing could be done · 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from . import __version__, engines, pipeline, server
from .bar import Bar
from .errors import BadRequest, Cancelled, DiskFull, MissingFolder
from .imaging.cutout import MODES
from .imaging.read import list_images, read_image
from .jobs import failure
from .pipeline import Catalogue
from .progress import Meter, Timings
from .protocol import Picture, Placement, Request, to_json
from .runtime import blas, threads
from .shapes.files import FORMATS, write_mesh

SOME_FAILED, FAILED, INTERRUPTED = 1, 2, 130
MAX_SEED, MAX_THREADS = 2**31 - 1, 1024  # a seed must also fit into Blender's properties


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
            print(f"{info.id:10} {info.title}: from {' or '.join(info.inputs)}, presets {', '.join(info.presets)}")
            print(f"{'':10} {info.status or 'Ready.'} Weights: {info.weights_licence or 'none'}.")
    return 0


def _generate(args: argparse.Namespace, catalogue: Catalogue) -> int:
    if (args.image is None) == (args.prompt is None):
        raise BadRequest("Give either a picture or --prompt with a text.", "See: python -m backend generate --help")
    _check_output(args.output, args.image)
    request = replace(_request(args), prompt=args.prompt or "")
    pipeline.find_engine(request, catalogue)
    if args.image is not None:
        request = _with_picture(request, args.image)
    with _interruptible() as stop:
        maker = Maker(catalogue, stop, args)
        maker.make(request, args.output, args.image.name if args.image is not None else args.prompt[:40])
    return 0


def _batch(args: argparse.Namespace, catalogue: Catalogue) -> int:
    request = _request(args)
    pipeline.find_engine(request, catalogue)
    pictures = list_images(args.folder)
    if not pictures:
        raise BadRequest(f"There are no pictures in “{args.folder}”.", "Name a folder that holds PNG or JPEG files.")
    _make_folder(args.output)
    made = failed = 0
    with _interruptible() as stop:
        maker = Maker(catalogue, stop, args)
        for i, (picture, output) in enumerate(_outputs(pictures, args.output, "." + args.format), 1):
            if args.skip_existing and os.path.exists(output):
                made += 1
                continue
            try:
                _check_output(output, None)
                maker.make(_with_picture(request, picture), output, f"{i}/{len(pictures)} {picture.name}")
                made += 1
            except Cancelled:
                break
            except BrokenPipeError:
                raise
            except Exception as error:
                failed += 1
                told = failure("", error)
                print(f"{picture.name} was skipped. {told.sentence} {told.fix}", file=sys.stderr)
                if isinstance(error, DiskFull):
                    break  # every later picture would end the same way
        left = len(pictures) - made - failed
        print(f"{made} made, {failed} failed, {left} not started, in {args.output}", file=sys.stderr)
        if stop.is_set():
            return INTERRUPTED
    return 0 if made == len(pictures) else SOME_FAILED if made else FAILED


# ------------------------------------------------------------------------------------------ the steps


class Maker:
    """Makes files, one after the other; what it learns of the time they take serves the next."""

    def __init__(self, catalogue: Catalogue, stop: threading.Event, args: argparse.Namespace):
        self._catalogue, self._stop, self._quiet = catalogue, stop, args.quiet
        self._timings = Timings(None)
        blas.choose(args.blas, args.threads or threads.thread_cap(interactive=False))

    def make(self, request: Request, output: Path, title: str) -> None:
        """Does the job and writes the file. Raises JobError."""
        bar = Bar(title, quiet=self._quiet)
        meter = Meter(bar.show, self._stop.is_set, self._timings.expected(request.engine, request.preset))
        try:
            finished = pipeline.run(request, meter, self._catalogue)
            write_mesh(output, finished.made)
        finally:
            bar.clear()
        self._timings.learn(request.engine, request.preset, meter.seconds)
        report = finished.report
        solid = "watertight" if report.watertight else "not watertight"
        parts = f"{report.parts} part{'s' if report.parts != 1 else ''}"
        print(f"{output}: {report.faces} faces, {parts}, {solid}, {report.seconds:.1f} s", flush=True)
        for warning in report.warnings:
            print(f"{title}: {warning}", file=sys.stderr)


def _request(args: argparse.Namespace) -> Request:
    return Request(
        engine=args.engine,
        seed=args.seed,
        preset=args.preset,
        target_faces=args.faces,
        cutout=args.cutout,
        placement=Placement(height=args.height),
    )


def _with_picture(request: Request, path: Path) -> Request:
    return replace(request, images=(Picture(read_image(path)),), name=path.stem, source=str(path.resolve()))


def _check_output(output: Path, source: Path | None) -> None:
    """Before minutes are spent on what could not be written."""
    if output.suffix.lower() not in FORMATS:
        raise BadRequest(f"Meshes cannot be written as “{output.name}”.", f"End the name in {' or '.join(FORMATS)}.")
    if not os.path.isdir(output.parent):
        raise MissingFolder(f"There is no folder “{output.parent}”.", "Make it first, or write somewhere else.")
    try:
        output.stat()
    except FileNotFoundError:
        return
    except OSError as error:  # a name that is too long, above all
        reason = (error.strerror or str(error)).lower()
        raise BadRequest(f"“{output}” cannot be written: {reason}.", "Give the mesh another name.") from None
    if source is not None and os.path.exists(source) and os.path.samefile(output, source):
        raise BadRequest("The output is the picture itself.", "Give the mesh another name.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise MissingFolder(f"“{folder}” is a file, not a folder.", "Name a folder for the meshes.") from None
    except PermissionError:
        raise MissingFolder(f"“{folder}” cannot be made.", "Name a folder you may write to.") from None


def _outputs(pictures: list[Path], folder: Path, suffix: str) -> Iterator[tuple[Path, Path]]:
    """A file for each picture, named after it; chair.png and chair.jpg do not share one."""
    stems = [picture.stem.casefold() for picture in pictures]
    for picture, stem in zip(pictures, stems, strict=True):
        alone = stems.count(stem) == 1
        name = picture.stem if alone else picture.name.replace(".", "_")
        yield picture, folder / (name + suffix)


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C stops at the next step and keeps what is done; the second ends at once."""
    stop = threading.Event()

    def interrupt(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


# ------------------------------------------------------------------------------------------ the words


def _seed(text: str) -> int:
    return _whole(text, MAX_SEED)


def _threads(text: str) -> int:
    return _whole(text, MAX_THREADS)


def _whole(text: str, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"“{text[:40]}” is not a whole number from 0 to {most:,}.")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend", description="Coloured meshes from pictures, offline.")
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    generate = verbs.add_parser("generate", help="make one mesh")
    generate.add_argument("image", type=Path, nargs="?", help="the picture to make it from")
    generate.add_argument("--prompt", help="the text to make it from, for an engine that takes one")
    generate.add_argument("-o", "--output", type=Path, required=True, help=f"a file: {' '.join(FORMATS)}")
    generate.set_defaults(run=_generate)

    batch = verbs.add_parser("batch", help="make a mesh of every picture in a folder")
    batch.add_argument("folder", type=Path)
    batch.add_argument("-o", "--output", type=Path, required=True, help="the folder for the meshes")
    batch.add_argument("--format", choices=[name[1:] for name in FORMATS], default="glb")
    batch.add_argument("--skip-existing", action="store_true", help="leave out what has been made before")
    batch.set_defaults(run=_batch)

    for verb, faces in ((generate, 0), (batch, 20000)):
        verb.add_argument("--engine", default="pocket")
        verb.add_argument("--preset", default="standard", help="fast, standard or fine")
        verb.add_argument("--faces", type=int, default=faces, help="at most so many; 0 keeps all (default %(default)s)")
        verb.add_argument("--height", type=float, default=0.0, help="metres; 0 makes the longest side 1 m")
        verb.add_argument("--cutout", choices=MODES, default="auto", help="how the object is told from its background")
        verb.add_argument("--seed", type=_seed, default=0)
        verb.add_argument("--threads", type=_threads, default=0, help="0 uses every processor")
        verb.add_argument("--blas", default="", metavar="PATH", help="an OpenBLAS library to multiply with")
        verb.add_argument("--quiet", action="store_true", help="no progress")

    listing = verbs.add_parser("engines", help="what can make meshes")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_engines)

    serve = verbs.add_parser("serve", help="answer requests on a local port (docs/protocol.md)")
    serve.add_argument("--standalone", action="store_true", help="make a token and print it")
    serve.add_argument("--detached", action="store_true", help="also go on when standard input closes")
    serve.set_defaults(run=_serve)
    return parser
