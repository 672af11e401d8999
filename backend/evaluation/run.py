"""A run: every picture of a set through an engine and its rivals, measured alike and written row by row."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .. import engines
from ..engines.engine import Conditioning, Watch
from ..errors import JobError
from ..imaging.framing import Framed, frame
from ..shapes import TriangleMesh
from ..surface.extract import extract
from .metrics import Figures, Truth, nothing, score
from .objects import Object, View, read_benchmark
from .rivals import Rivals
from .rows import Row, Rows
from .validation import MIXED, read_validation

SETS = ("benchmark", "other_val")
PROTOCOL = 2  # goes up when figures of older rows are no longer comparable
BACKEND = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Plan:
    """What is to be run. ``rivals`` are names of rivals.TITLES; ``aligned`` asks for the protocols of ``align``."""

    data: Path
    cache: Path
    set: str = "benchmark"
    views: tuple[int, ...] = (0, 1)
    every: int = 1
    engine: str = "pocket"
    preset: str = "standard"
    rivals: tuple[str, ...] = ()
    aligned: bool = True
    kinds: tuple[str, ...] = MIXED
    prototype: Path | None = None

    def about(self) -> dict[str, Any]:
        """What rows must share to be of one run: which objects and views are not part of it, so that a sample can
        be widened.
        """
        info = next((i for i in engines.engines() if i.id == self.engine), None)
        return {
            "protocol": PROTOCOL,
            "set": self.set,
            "engine": self.engine,
            "preset": self.preset,
            "weights": [w.sha256 for w in info.weights] if info else [],
            "code": _code(self.engine),
            "rivals": list(self.rivals),
            "aligned": self.aligned,
        }

    def inputs(self) -> list[View]:
        """Every picture, those of one object beside each other."""
        views: list[View] = []
        for number in self.views:
            if self.set == "benchmark":
                views += read_benchmark(self.data, number)[:: self.every]
            else:
                pictures = self.cache / "pictures"
                views += read_validation(self.data, pictures, number, self.kinds, self.every)
        order = {id: i for i, id in enumerate(dict.fromkeys(v.object.id for v in views))}
        return sorted(views, key=lambda v: order[v.object.id])


class Bench:
    """The engine and its rivals, ready to be put to pictures."""

    def __init__(self, plan: Plan):
        self.plan, self.engine = plan, engines.load(plan.engine)
        self._rivals = Rivals(plan.data, plan.cache, self.engine, plan.prototype) if plan.rivals else None
        self.rivals = [t for t in plan.rivals if self._rivals is not None and t in self._rivals.titles]
        self._truth: tuple[str, Truth] | None = None

    def truth(self, thing: Object) -> Truth:
        """Kept for the object's next view."""
        if self._truth is None or self._truth[0] != thing.id:
            self._truth = thing.id, Truth.of(thing.vertices, thing.faces, thing.colours)
        return self._truth[1]

    def make(self, title: str, framed: Framed, warn: Callable[[str], None] = lambda _: None) -> TriangleMesh:
        """The mesh of one picture, by the engine or by one of ``rivals``; raises JobError where there is none."""
        if title != self.plan.engine and self._rivals is not None:
            return self._rivals.make(title, framed.rgba)
        watch = Watch(warn=warn)
        shape = self.engine.generate(Conditioning(images=(framed,), preset=self.plan.preset), watch)
        return extract(shape, self.engine.resolution(self.plan.preset), watch)

    def measure(self, view: View) -> Row:
        """Every method on one picture. A method that makes nothing gets the figures of nothing."""
        framed, truth = read_framed(view), self.truth(view.object)
        figures: dict[str, Figures | None] = {}
        seconds: dict[str, float] = {}
        warnings: list[str] = []
        for title in (self.plan.engine, *self.rivals):
            began = time.process_time()
            try:
                mesh = self.make(title, framed, warnings.append if title == self.plan.engine else lambda _: None)
            except JobError as error:
                warnings.append(f"{title}: {error}")
                figures[title] = None
                continue
            seconds[title] = round(time.process_time() - began, 3)
            figures[title] = score(mesh, truth, view.azimuth, coloured=view.textured, aligned=self.plan.aligned)
        like = next((f for f in figures.values() if f is not None), None)
        whole = {
            title: {key: round(value, 5) for key, value in (f if f is not None else nothing(like)).items()}
            for title, f in figures.items()
        }
        return Row(view.object.id, view.group, view.number, whole, seconds, tuple(warnings))


def read_framed(view: View) -> Framed:
    """The input picture of a view, framed."""
    with Image.open(view.picture) as picture:
        return frame(np.asarray(picture.convert("RGBA"), np.float32) / 255)


def run(
    plan: Plan, out: Path, jobs: int = 1, lenient: bool = False, told: Callable[[Row], None] | None = None
) -> list[Row]:
    """Measures what ``out`` does not hold yet, and returns the rows of all inputs in their order.

    ``jobs`` processes share the objects. ``lenient`` goes on with rows that another state of the code has made.
    """
    rows = Rows(out, plan.about(), lenient)
    inputs = plan.inputs()
    for row in _measured(plan, [v for v in inputs if v.key not in rows.done], jobs):
        rows.add(row)
        if told is not None:
            told(row)
    return [rows.done[v.key] for v in inputs]


def _measured(plan: Plan, views: Sequence[View], jobs: int) -> Iterator[Row]:
    if jobs <= 1 or len(views) <= 1:
        bench = Bench(plan) if views else None
        for view in views:
            assert bench is not None
            yield bench.measure(view)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (plan,)) as pool:
        waiting = [pool.submit(_measure, views[i : i + 4]) for i in range(0, len(views), 4)]
        for done in as_completed(waiting):
            yield from done.result()


_bench: Bench | None = None


def _begin(plan: Plan) -> None:
    global _bench
    _bench = Bench(plan)


def _measure(views: Sequence[View]) -> list[Row]:
    assert _bench is not None
    return [_bench.measure(view) for view in views]


def _code(engine: str) -> str:
    """What the program is that makes the meshes: a digest of its sources."""
    digest = hashlib.sha256()
    for folder in (f"engines/{engine}", "network", "surface", "imaging", "shapes"):
        for path in sorted((BACKEND / folder).glob("**/*.py")):
            digest.update(path.relative_to(BACKEND).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
