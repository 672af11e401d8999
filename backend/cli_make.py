"""``generate`` and ``batch``: one thing, or a folder of them, into files."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import pipeline
from .bar import Bar
from .cli_common import FAILED, INTERRUPTED, SOME_FAILED, check_output, interruptible, make_folder, seed
from .cli_common import threads as thread_count
from .cli_png import write_png
from .engines.engine import Catalogue
from .engines.splat.engine import METHODS
from .errors import BadRequest, Cancelled, DiskFull
from .imaging.cutout import MODES, CutOut
from .imaging.read import list_images, read_image
from .inputs import SUFFIX
from .jobs import failure
from .progress import Meter, Timings
from .protocol import EngineInfo, Picture, Placement, Report, Request
from .runtime import blas, threads
from .shapes import TriangleMesh
from .shapes.files import FORMATS, write_mesh
from .shapes.files.cloud import write_cloud
from .shapes.files.frames import AUTO, TO_WORLD

MESHES = tuple(FORMATS)
DEFAULT, CLOUDS = "pocket", "splat"  # the engines for pictures and for clouds where none is named
OUTPUTS = {"mesh": (MESHES, "Meshes"), "cloud": ((SUFFIX,), "Clouds")}


def register(verbs: Any) -> None:
    """Adds both verbs to the parser."""
    generate = verbs.add_parser("generate", help="make one mesh")
    generate.add_argument("source", type=Path, nargs="?", help="a picture, or a .ply of Gaussians or points")
    generate.add_argument("--prompt", help="the text to make it from, for an engine that takes one")
    generate.add_argument("-o", "--output", type=Path, required=True, help=f"a file: {' '.join(MESHES)}")
    generate.set_defaults(run=_generate)

    batch = verbs.add_parser("batch", help="make a mesh of every picture, or every .ply, in a folder")
    batch.add_argument("folder", type=Path)
    batch.add_argument("-o", "--output", type=Path, required=True, help="the folder for the meshes")
    batch.add_argument("--format", choices=[name[1:] for name in MESHES], default="", help="glb unless said otherwise")
    batch.add_argument("--skip-existing", action="store_true", help="leave out what has been made before")
    batch.set_defaults(run=_batch)

    for verb, faces in ((generate, 0), (batch, 20000)):
        verb.add_argument("--engine", default="", help=f"{CLOUDS} for a .ply, else {DEFAULT} (default)")
        verb.add_argument("--as", dest="made", choices=list(OUTPUTS), default="mesh", help="what is to come out")
        verb.add_argument("--preset", default="standard", help="fast, standard or fine")
        verb.add_argument("--faces", type=int, default=faces, help="at most so many; 0 keeps all (default %(default)s)")
        verb.add_argument("--height", type=float, default=0.0, help="metres; 0 makes the longest side 1 m")
        verb.add_argument("--keep-scale", action="store_true", help="leave a cloud in the size and place it has")
        up = " ".join([AUTO, *TO_WORLD])
        verb.add_argument("--up", type=_up, default=AUTO, metavar="AXIS", help=f"of a .ply: {up}; write --up=-Y")
        ways = "|".join(METHODS)
        verb.add_argument("--method", type=_method, metavar=ways, help="how a cloud becomes a mesh")
        verb.add_argument("--cutout", choices=MODES, default="auto", help="how the object is told from its background")
        verb.add_argument("--seed", type=seed, default=0)
        add_compute(verb)


def add_compute(verb: argparse.ArgumentParser) -> None:
    """The options of whatever computes."""
    verb.add_argument("--threads", type=thread_count, default=0, help="0 uses every processor")
    verb.add_argument("--blas", default="", metavar="PATH", help="an OpenBLAS library to multiply with")
    verb.add_argument("--quiet", action="store_true", help="no progress")


def _generate(args: argparse.Namespace, catalogue: Catalogue) -> int:
    if (args.source is None) == (args.prompt is None):
        raise BadRequest("Give either a picture or --prompt with a text.", "See: python -m backend generate --help")
    check_output(args.output, *OUTPUTS[args.made], args.source)
    of_cloud = args.source is not None and args.source.suffix.lower() == SUFFIX
    request = replace(_request(args, of_cloud), prompt=args.prompt or "")
    _check_method(args, pipeline.find_engine(request, catalogue))
    if args.source is not None:
        request = _with_source(request, args.source)
    with interruptible() as stop:
        maker = Maker(catalogue, stop, args)
        maker.make(request, args.output, args.source.name if args.source is not None else args.prompt[:40])
    return 0


def _batch(args: argparse.Namespace, catalogue: Catalogue) -> int:
    sources, request = _sources(args, catalogue)
    suffix = (args.format and "." + args.format) or (SUFFIX if args.made == "cloud" else ".glb")
    suffixes, what = OUTPUTS[args.made]
    if suffix not in suffixes:
        raise BadRequest(f"{what} cannot be written as {suffix}.", f"Choose --format {suffixes[0][1:]}.")
    make_folder(args.output)
    made = failed = 0
    with interruptible() as stop:
        maker = Maker(catalogue, stop, args)
        for i, (source, output) in enumerate(_outputs(sources, args.output, suffix), 1):
            if args.skip_existing and os.path.exists(output):
                made += 1
                continue
            try:
                check_output(output, suffixes, what, source)
                maker.make(_with_source(request, source), output, f"{i}/{len(sources)} {source.name}")
                made += 1
            except Cancelled:
                break
            except BrokenPipeError:
                raise
            except Exception as error:
                failed += 1
                told = failure("", error)
                print(f"{source.name} was skipped. {told.sentence} {told.fix}", file=sys.stderr)
                if isinstance(error, DiskFull):
                    break  # every later one would end the same way
        left = len(sources) - made - failed
        print(f"{made} made, {failed} failed, {left} not started, in {args.output}", file=sys.stderr)
        if stop.is_set():
            return INTERRUPTED
    return 0 if made == len(sources) else SOME_FAILED if made else FAILED


def _sources(args: argparse.Namespace, catalogue: Catalogue) -> tuple[list[Path], Request]:
    """What of the folder to begin with, and the request for each: what the engine takes, or, where none is named,
    its pictures, and its .ply files where it holds no picture.
    """
    pictures, clouds = list_images(args.folder), list_images(args.folder, (SUFFIX,))
    if args.engine:
        info = pipeline.find_engine(_request(args, False), catalogue)
        of_clouds = not {"image", "views"} & set(info.inputs)
    else:
        of_clouds = bool(clouds) and not pictures
    request = _request(args, of_clouds)
    _check_method(args, pipeline.find_engine(request, catalogue))
    if not (clouds if of_clouds else pictures):
        what, kind = (".ply files", SUFFIX) if of_clouds else ("pictures", "PNG or JPEG")
        raise BadRequest(f"There are no {what} in “{args.folder}”.", f"Name a folder that holds {kind} files.")
    if pictures and clouds and not args.engine:
        count = f"{len(clouds)} {SUFFIX} file{'s' if len(clouds) > 1 else ''}"
        print(f"{count} in “{args.folder}” left out; for those say --engine {CLOUDS}.", file=sys.stderr)
    return (clouds if of_clouds else pictures), request


def _check_method(args: argparse.Namespace, info: EngineInfo) -> None:
    """Before minutes are spent. Raises BadRequest where the choice would be of no effect."""
    if args.method and "method" not in info.options:
        raise BadRequest(f"{info.title} knows no --method.", "Leave that out, or give a .ply of Gaussians or points.")
    if args.method and args.made == "cloud":
        raise BadRequest("A --method is a way to a mesh, and a cloud is asked for.", "Leave one of both out.")


# ------------------------------------------------------------------------------------------ the steps


class Maker:
    """Makes files, one after the other; what it learns of the time they take serves the next."""

    def __init__(self, catalogue: Catalogue, stop: threading.Event, args: argparse.Namespace):
        self._catalogue, self._stop, self._quiet = catalogue, stop, args.quiet
        self._timings = Timings(None)
        blas.choose(args.blas, args.threads or threads.thread_cap(interactive=False))

    def make(self, request: Request, output: Path, title: str) -> None:
        """Does the job and writes the file. Raises JobError."""
        bar, work = Bar(title, quiet=self._quiet), Timings.work(request)
        meter = Meter(bar.show, self._stop.is_set, self._timings.expected(work, request.preset))
        try:
            finished = pipeline.run(request, meter, self._catalogue)
            write(output, finished.made)
        finally:
            bar.clear()
        report = finished.report
        self._timings.learn(work, report.preset, meter.seconds)
        print(f"{output}: {_facts(finished.made, report)}, {report.seconds:.1f} s", flush=True)
        for warning in report.warnings:
            print(f"{title}: {warning}", file=sys.stderr)


def write(output: Path, made: pipeline.Made) -> None:
    """Whatever a job made, as a file of the kind that ``output`` names."""
    if isinstance(made, TriangleMesh):
        write_mesh(output, made)
    elif isinstance(made, CutOut):
        write_png(output, made.rgba)
    else:
        write_cloud(output, made)


def _facts(made: pipeline.Made, report: Report) -> str:
    if isinstance(made, CutOut):
        return f"{made.rgba.shape[1]} × {made.rgba.shape[0]} pixels"
    if not isinstance(made, TriangleMesh):
        return f"{report.vertices} {'Gaussians' if hasattr(made, 'scales') else 'points'}"
    solid = "watertight" if report.watertight else "not watertight"
    return f"{report.faces} faces, {report.parts} part{'s' if report.parts != 1 else ''}, {solid}"


def _request(args: argparse.Namespace, of_cloud: bool) -> Request:
    options: dict[str, Any] = {"up": args.up} if args.up != AUTO else {}
    if args.method:
        options["method"] = args.method
    return Request(
        engine=args.engine or (CLOUDS if of_cloud else DEFAULT),
        seed=args.seed,
        preset=args.preset,
        target_faces=args.faces,
        cutout=args.cutout,
        placement=Placement(height=args.height),
        output=args.made,
        options=options | ({"keep_scale": True} if args.keep_scale else {}),
    )


def _with_source(request: Request, path: Path) -> Request:
    whole = os.path.abspath(path)  # resolving would fail where links lead in a circle; opening it tells that in words
    request = replace(request, name=path.stem, source=whole)
    if path.suffix.lower() == SUFFIX:
        return replace(request, file=whole)
    return replace(request, images=(Picture(read_image(path)),))


def _outputs(sources: list[Path], folder: Path, suffix: str) -> Iterator[tuple[Path, Path]]:
    """A file for each source, named after it; chair.png and chair.jpg do not share one."""
    stems = [source.stem.casefold() for source in sources]
    for source, stem in zip(sources, stems, strict=True):
        alone = stems.count(stem) == 1
        name = source.stem if alone else source.name.replace(".", "_")
        yield source, folder / (name + suffix)


def _up(text: str) -> str:
    """An axis as people write it: +Y, Y, -y, auto."""
    axis = text.strip().upper()
    axis = "+" + axis if axis in ("Y", "Z") else axis.lower() if axis.lower() == AUTO else axis
    if axis != AUTO and axis not in TO_WORLD:
        raise argparse.ArgumentTypeError(f"“{text[:40]}” is not one of {', '.join([AUTO, *TO_WORLD])}.")
    return axis


def _method(text: str) -> str:
    """A way to mesh a cloud, as people write it."""
    method = text.strip().lower()
    if method not in METHODS:
        raise argparse.ArgumentTypeError(f"“{text[:40]}” is not one of {', '.join(METHODS)}.")
    return method
