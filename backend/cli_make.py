"""``generate`` and ``batch``: one thing, or a folder or list of them, into files."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from . import pipeline
from .bar import Bar
from .checks import OWN
from .cli_common import FAILED, INTERRUPTED, SOME_FAILED, check_output, interruptible, make_folder, seed
from .cli_common import threads as thread_count
from .cli_png import write_png
from .cli_texts import file_names, read_texts, title_of
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
DEFAULT, CLOUDS, TEXTS = (OWN[kind] for kind in ("image", "cloud", "prompt"))  # where no engine is named
OUTPUTS = {"mesh": (MESHES, "Meshes"), "cloud": ((SUFFIX,), "Clouds")}


def register(verbs: Any) -> None:
    """Adds both verbs to the parser."""
    generate = verbs.add_parser("generate", help="make one mesh")
    generate.add_argument("source", type=Path, nargs="?", help="a picture, or a .ply of Gaussians or points")
    generate.add_argument("target", type=Path, nargs="?", metavar="output", help="the file, where -o does not name it")
    generate.add_argument("--prompt", help="instead of a source: a few words of English for what it is to be")
    generate.add_argument("-o", "--output", type=Path, help=f"a file: {' '.join(MESHES)}")
    generate.set_defaults(run=_generate)

    batch = verbs.add_parser("batch", help="make a mesh of every picture, or every .ply, in a folder, or of every text")
    batch.add_argument("folder", type=Path, nargs="?")
    batch.add_argument("--prompts", type=Path, metavar="FILE", help="instead of a folder: a file with one text a line")
    batch.add_argument("-o", "--output", type=Path, required=True, help="the folder for the meshes")
    batch.add_argument("--format", choices=[name[1:] for name in MESHES], default="", help="glb unless said otherwise")
    batch.add_argument("--skip-existing", action="store_true", help="leave out what has been made before")
    batch.add_argument("--force", action="store_true", help="with --prompts: make again what has been made before")
    batch.set_defaults(run=_batch)

    for verb, faces in ((generate, 0), (batch, 20000)):
        verb.add_argument("--without", default="", metavar="TEXT", help="what the thing of a text is not to be or have")
        verb.add_argument("--engine", default="", help=f"{CLOUDS} for a .ply, {TEXTS} for a text, else {DEFAULT}")
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
    source, output = args.source, args.output or args.target
    if args.prompt is not None and output is None:  # generate --prompt "a chair" chair.glb
        source, output = None, source
    if (source is None) == (args.prompt is None) or (args.output and args.target):
        raise BadRequest("Give either a picture or --prompt with a text.", "See: python -m backend generate --help")
    if output is None:
        raise BadRequest("There is no name for the output.", f"Give one with -o, such as thing{MESHES[0]}.")
    check_output(output, *OUTPUTS[args.made], source)
    of_cloud = source is not None and source.suffix.lower() == SUFFIX
    request = _of_text(args, args.prompt) if source is None else _request(args, CLOUDS if of_cloud else DEFAULT)
    _check_method(args, pipeline.find_engine(request, catalogue))
    if source is not None:
        request = _with_source(request, source)
    with interruptible() as stop:
        Maker(catalogue, stop, args).make(request, output, source.name if source is not None else request.name)
    return 0


def _batch(args: argparse.Namespace, catalogue: Catalogue) -> int:
    if (args.folder is None) == (args.prompts is None):
        raise BadRequest("Give either a folder or --prompts with a file.", "See: python -m backend batch --help")
    suffix = (args.format and "." + args.format) or (SUFFIX if args.made == "cloud" else ".glb")
    suffixes, what = OUTPUTS[args.made]
    if suffix not in suffixes:
        raise BadRequest(f"{what} cannot be written as {suffix}.", f"Choose --format {suffixes[0][1:]}.")
    plans = _of_folder(args, suffix, catalogue) if args.folder is not None else _of_texts(args, suffix, catalogue)
    make_folder(args.output)
    made = kept = failed = 0
    with interruptible() as stop:
        maker = Maker(catalogue, stop, args)
        for i, plan in enumerate(plans, 1):
            if (args.skip_existing or (args.prompts and not args.force)) and os.path.exists(plan.output):
                kept += 1
                continue
            try:
                check_output(plan.output, suffixes, what, plan.source)
                maker.make(plan.request(), plan.output, f"{i}/{len(plans)} {plan.title}")
                made += 1
            except Cancelled:
                break
            except BrokenPipeError:
                raise
            except Exception as error:
                failed += 1
                told = failure("", error)
                print(f"{plan.title} was skipped. {told.sentence} {told.fix}", file=sys.stderr)
                if isinstance(error, DiskFull):
                    break  # every later one would end the same way
        left = len(plans) - made - kept - failed
        again = " (--force makes them again)" if args.prompts else ""
        before = f"{kept} were there before{again}, " if kept else ""
        print(f"{made} made, {before}{failed} failed, {left} not started, in {args.output}", file=sys.stderr)
        if stop.is_set():
            return INTERRUPTED
    return 0 if made + kept == len(plans) else SOME_FAILED if made + kept else FAILED


@dataclass(frozen=True)
class Plan:
    """One thing of a batch; ``request`` reads what it is made from, and may raise JobError."""

    title: str
    output: Path
    request: Callable[[], Request]
    source: Path | None = None


def _of_texts(args: argparse.Namespace, suffix: str, catalogue: Catalogue) -> list[Plan]:
    texts = read_texts(args.prompts)
    _check_method(args, pipeline.find_engine(_of_text(args, texts[0]), catalogue))
    names = file_names(texts, suffix)
    return [
        Plan(title_of(text), args.output / name, partial(_of_text, args, text))
        for text, name in zip(texts, names, strict=True)
    ]


def _of_folder(args: argparse.Namespace, suffix: str, catalogue: Catalogue) -> list[Plan]:
    sources, request = _sources(args, catalogue)
    return [
        Plan(source.name, output, partial(_with_source, request, source), source)
        for source, output in _outputs(sources, args.output, suffix)
    ]


def _sources(args: argparse.Namespace, catalogue: Catalogue) -> tuple[list[Path], Request]:
    """What of the folder to begin with, and the request for each: what the engine takes, or, where none is named,
    its pictures, and its .ply files where it holds no picture.
    """
    pictures, clouds = list_images(args.folder), list_images(args.folder, (SUFFIX,))
    if args.engine:
        info = pipeline.find_engine(_request(args), catalogue)
        of_clouds = not {"image", "views"} & set(info.inputs)
    else:
        of_clouds = bool(clouds) and not pictures
    request = _request(args, CLOUDS if of_clouds else DEFAULT)
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


def _request(args: argparse.Namespace, engine: str = "") -> Request:
    """``engine`` where the user names none."""
    options: dict[str, Any] = {"up": args.up} if args.up != AUTO else {}
    if args.method:
        options["method"] = args.method
    return Request(
        engine=args.engine or engine,
        seed=args.seed,
        preset=args.preset,
        target_faces=args.faces,
        cutout=args.cutout,
        placement=Placement(height=args.height),
        output=args.made,
        options=options | ({"keep_scale": True} if args.keep_scale else {}),
    )


def _of_text(args: argparse.Namespace, text: str) -> Request:
    if not text.strip():
        raise BadRequest("The text is empty.", "Say in a few words of English what it is to be.")
    return replace(_request(args), prompt=text, negative_prompt=args.without, name=title_of(text))


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
