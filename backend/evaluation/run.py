"""A run: every picture of a set through an engine and its rivals, measured alike and written row by row.

The rivals do not change with the engine, so their rows are kept apart and measured once for all engines; a run joins
the two picture by picture.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
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
from .rows import Row, Rows, joined
from .validation import MIXED, read_validation

SETS = ("benchmark", "other_val")
PROTOCOL = 2  # goes up when figures of older rows are no longer comparable
BACKEND = Path(__file__).resolve().parents[1]
RIVALS = ("rivals", "inflation", "first_surface", "gallery", "mean_shapes")  # the modules that make them


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
        """What the engine's rows must share to be of one run: which objects and views are not part of it, so that a
        sample can be widened.
        """
        info = next((i for i in engines.engines() if i.id == self.engine), None)
        return {
            "protocol": PROTOCOL,
            "set": self.set,
            "engine": self.engine,
            "preset": self.preset,
            "weights": [w.sha256 for w in info.weights] if info else [],
            "code": _code(f"engines/{self.engine}", "network", "surface", "imaging", "shapes"),
            "aligned": self.aligned,
        }

    def about_rivals(self) -> dict[str, Any]:
        """The same for the rivals' rows."""
        code = _code(*(f"evaluation/{name}.py" for name in RIVALS))
        return {
            "protocol": PROTOCOL,
            "set": self.set,
            "rivals": list(self.rivals),
            "code": code,
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
    """The engine and its rivals, ready to be put to pictures. Without an engine in the plan, there are the rivals."""

    def __init__(self, plan: Plan):
        self.plan, self.engine = plan, engines.load(plan.engine or "pocket")
        self._rivals = Rivals(plan.data, plan.cache, self.engine, plan.prototype) if plan.rivals else None
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

    def measure(self, view: View, titles: Sequence[str]) -> Row:
        """Some methods on one picture. A method that makes nothing gets the figures of nothing."""
        framed, truth = read_framed(view), self.truth(view.object)
        figures: dict[str, Figures | None] = {}
        seconds: dict[str, float] = {}
        warnings: list[str] = []
        for title in titles:
            began = time.process_time()
            try:
                mesh = self.make(title, framed, lambda said, title=title: warnings.append(f"{title}: {said}"))  # type: ignore[misc]
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
    plan: Plan,
    out: Path,
    rivals_out: Path | None = None,
    jobs: int = 1,
    lenient: bool = False,
    told: Callable[[Row], None] | None = None,
) -> list[Row]:
    """Measures what ``out`` (the engine's rows) and ``rivals_out`` (beside it by default) do not hold yet, and
    returns the joined rows of all inputs in their order.

    Without an engine, only the rivals are measured. ``jobs`` processes share the pictures. ``lenient`` goes on with
    rows that another state of the code has made.
    """
    parts: list[tuple[tuple[str, ...], Rows]] = []
    if plan.engine:
        parts.append(((plan.engine,), Rows(out, plan.about(), lenient)))
    if plan.rivals:
        where = rivals_out or out.with_name(f"rivals_{plan.set}.jsonl")
        parts.append((plan.rivals, Rows(where, plan.about_rivals(), lenient)))
    inputs = plan.inputs()
    tasks = []
    for view in inputs:
        titles = tuple(title for some, rows in parts if view.key not in rows.done for title in some)
        if titles:
            tasks.append((view, titles))
    for measured in _measured(plan, tasks, jobs):
        for titles, rows in parts:
            if measured.key not in rows.done:
                rows.add(measured.only(titles))
        if told is not None:
            told(joined([rows.done[measured.key] for _, rows in parts]))
    return [joined([rows.done[view.key] for _, rows in parts]) for view in inputs]


Task = tuple[View, tuple[str, ...]]


def _measured(plan: Plan, tasks: Sequence[Task], jobs: int) -> Iterator[Row]:
    if jobs <= 1 or len(tasks) <= 1:
        bench = Bench(plan) if tasks else None
        for task in tasks:
            assert bench is not None
            yield bench.measure(*task)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (plan,)) as pool:
        objects = groupby(tasks, key=lambda task: task[0].object.id)
        waiting = [pool.submit(_measure, list(of_one)) for _, of_one in objects]
        for done in as_completed(waiting):
            yield from done.result()


_bench: Bench | None = None


def _begin(plan: Plan) -> None:
    global _bench
    _bench = Bench(plan)


def _measure(tasks: Sequence[Task]) -> list[Row]:
    assert _bench is not None
    return [_bench.measure(*task) for task in tasks]


def _code(*parts: str) -> str:
    """What the program is that makes the meshes: a digest of its sources, as far as they lie in ``backend``."""
    digest = hashlib.sha256()
    for part in parts:
        path = BACKEND / part
        for source in [path] if path.is_file() else sorted(path.glob("**/*.py")):
            digest.update(source.relative_to(BACKEND).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:12]
