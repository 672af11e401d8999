"""What training could see, kept under ``build/``: captions to retrieve from, shelves to compare with, a judge."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ...training.grammar.field import grids
from ...training.grammar.sample import sample
from . import judge_training
from .judge import Judge
from .judge_training import Course, Lesson
from .makers import worsen
from .measures import rank
from .nearest import SIZE, Shelf
from .solid import Solid
from .specimens import UNSEEN, fingerprint, held_out_prompts, main_colour, make, solid_of, trained
from .views import CHANNELS, VIEWS, shrunk, views
from .views import SIZE as PIXELS

Tell = Callable[[str], None]


class Trained:
    """Everything follows from the grammar and is made again when it changes. ``folder`` may be deleted."""

    def __init__(self, folder: Path, tell: Tell = print, key: str | None = None) -> None:
        """``key``: of an earlier state of the grammar, to go on with the judge that was trained on it."""
        self.key = key or fingerprint()
        self.folder, self._tell = folder, tell

    def captions(self, count: int) -> tuple[list[str], list[tuple[int, str]]]:
        """Every caption of the first ``count`` training objects, and the (seed, family) behind each."""
        path = self.folder / f"captions_{count}_{fingerprint()}.json"
        if not path.is_file():
            self._tell(f"reading the captions of {count} training objects")
            rows = [(seed, s.family, s.captions) for seed, s in trained(count)]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(rows), encoding="utf-8")
        rows = json.loads(path.read_text(encoding="utf-8"))
        pairs = [(caption, (int(seed), str(family))) for seed, family, captions in rows for caption in captions]
        return [caption for caption, _ in pairs], [whose for _, whose in pairs]

    def shelf(self, family: str, count: int) -> Shelf:
        """The first ``count`` training objects of a family."""
        path = self.folder / "shelves" / f"{family.replace(' ', '_')}_{count}_{fingerprint((family,))}.npz"
        if not path.is_file():
            self._tell(f"filling the shelf of {family}")
            seeds = [seed for seed, _ in trained(count, family)]
            Shelf.fill(seeds, lambda s: grids(sample(s, family).solids, SIZE)[0]).save(path)
        return Shelf.load(path)

    def judge(self, count: int, course: Course, checked: int = 600) -> tuple[Judge, dict[str, float]]:
        """A judge of ``count`` training objects, and how often it is right on ``checked`` combinations it never saw."""
        key = f"{count} {checked} {json.dumps(asdict(course))}"
        path = self.folder / f"judge_{self.key}.safetensors"
        known = judge_training.load(path, key)
        if known is not None:
            return known
        began = time.process_time()
        judge = judge_training.train(self._lesson(count, course.seed), course, tell=self._tell)
        report = examine(judge, checked)
        report["processor seconds"] = time.process_time() - began
        judge_training.save(judge, path, key, report)
        self._tell(f"judge: {report}")
        return judge, report

    def _lesson(self, count: int, seed: int) -> Lesson:
        """Views of training objects; every other one is worsened first, more or less."""
        path = self.folder / f"views_{count}_{seed}_{self.key}.npy"
        objects = list(trained(count))
        if not path.is_file():
            self._tell(f"looking at {count} training objects")
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part.npy")
            shape = (count, len(VIEWS), CHANNELS, PIXELS, PIXELS)
            pictures = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
            rng = np.random.default_rng(seed)
            for i, (number, specimen) in enumerate(objects):
                pictures[i] = views(_seen(shrunk(solid_of(specimen)), rng, number))
            pictures.flush()
            unfinished.replace(path)
        return Lesson(
            np.load(path, mmap_mode="r"),
            tuple(s.family for _, s in objects),
            tuple(main_colour(s) for _, s in objects),
            tuple(s.captions for _, s in objects),
        )


def _seen(solid: Solid, rng: np.random.Generator, number: int) -> Solid:
    if rng.random() < 0.5:
        return solid
    return worsen(solid, rng.uniform(0.1, 0.5), rng.uniform(0, 0.3), rng.uniform(0, 0.08), number)


def examine(judge: Judge, count: int, start: int = 2 * UNSEEN) -> dict[str, float]:
    """How often the judge is right about combinations that it never saw, drawn apart from those that are asked for:
    family and colour; the own caption first among 100 (or ``count``, where that is less).
    """
    asked = held_out_prompts(count, start)
    verdict = judge.judge(np.stack([views(make(a.seed, a.family)) for a in asked]))
    read = judge.read([a.prompt for a in asked])
    size = min(100, len(asked))
    blocks = range(0, len(asked) - size + 1, size)
    ranks = [r for i in blocks for r in caption_ranks(verdict.embedding, read, i, size)]
    coloured = [c == a.colour for c, a in zip(verdict.colour, asked, strict=True) if a.colour]
    return {
        "family": float(np.mean([f == a.family for f, a in zip(verdict.family, asked, strict=True)])),
        "colour": float(np.mean(coloured)),
        "caption first among 100": float(np.mean([r <= 1 for r in ranks])),
    }


def caption_ranks(pictures: np.ndarray, captions: np.ndarray, start: int = 0, size: int = 100) -> list[float]:
    """For each of ``size`` objects from ``start``: the place of its own caption among theirs, 1 = first."""
    block = slice(start, start + size)
    alike = pictures[block] @ captions[block].T
    return [rank(row, i) for i, row in enumerate(alike)]
