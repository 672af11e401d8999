"""Whoever answers a prompt with an object: Pocket Text, and those it is compared with."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy import ndimage

from .retrieve import WordOverlap
from .solid import Solid
from .specimens import Asked, alike, make

Sample = Callable[[str, int], tuple[np.ndarray, np.ndarray]]  # prompt, seed → sdf (R, R, R), rgb (R/2, R/2, R/2, 3)


@dataclass(frozen=True)
class Made:
    """An object and the processor seconds it took; NaN where nobody counted."""

    solid: Solid
    seconds: float


class Maker(Protocol):
    """A row of the table."""

    title: str

    def make(self, asked: Asked, seed: int) -> Made:
        """The object for a prompt; only ``Grammar`` may look at more of ``asked`` than its prompt."""
        ...


class Generator:
    """Pocket Text. What it made is kept in ``folder`` and not made again; ``version`` names weights and code."""

    def __init__(self, title: str, sample: Sample, folder: Path, version: str) -> None:
        self.title, self._sample, self._folder = title, sample, folder / version

    def make(self, asked: Asked, seed: int) -> Made:
        name = hashlib.sha256(f"{seed} {asked.prompt}".encode()).hexdigest()[:20]
        path = self._folder / f"{name}.npz"
        if path.is_file():
            with np.load(path) as z:
                return Made(Solid.of(z["sdf"].astype(np.float32) / 127, z["rgb"]), float(z["seconds"]))
        began = time.process_time()
        sdf, rgb = self._sample(asked.prompt, seed)
        made = Made(Solid.of(sdf, rgb), time.process_time() - began)
        self._folder.mkdir(parents=True, exist_ok=True)
        levels = np.rint(made.solid.sdf * 127).astype(np.int8)
        levels[(levels == 0) & made.solid.inside] = 1  # what is inside stays inside
        colours = np.rint(made.solid.rgb * 255).astype(np.uint8)
        np.savez_compressed(path, sdf=levels, rgb=colours, seconds=made.seconds, prompt=asked.prompt)
        return made


class Retrieval:
    """The training object with the caption most like the prompt, as it is; the seed chooses among equals."""

    title = "nearest training caption"

    def __init__(self, captions: Sequence[str], objects: Sequence[tuple[int, str]]) -> None:
        """``objects``: seed and family behind each caption."""
        self._finder, self._objects = WordOverlap(captions), objects

    def make(self, asked: Asked, seed: int) -> Made:
        began = time.process_time()
        solid = make(*self._objects[self._finder.best(asked.prompt, seed)])
        return Made(solid, time.process_time() - began)


class Chance:
    """Any training object, whatever the prompt."""

    title = "a training object at random"

    def __init__(self, objects: Sequence[tuple[int, str]]) -> None:
        self._objects = objects

    def make(self, asked: Asked, seed: int) -> Made:
        rng = np.random.default_rng([seed, asked.seed])
        return Made(make(*self._objects[int(rng.integers(len(self._objects)))]), float("nan"))


class Grammar:
    """What the prompt was said of, from rules and never from training: the upper bound. Other seeds give other objects
    of which the same can be said but for colours.
    """

    title = "the grammar's own objects"

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], list[Solid]] = {}

    def make(self, asked: Asked, seed: int) -> Made:
        if seed == 0:
            return Made(make(asked.seed, asked.family), float("nan"))
        known = self._known.get((asked.seed, asked.family), [])
        if len(known) <= seed:
            known = alike(asked, max(4, seed + 1))
            self._known[asked.seed, asked.family] = known
        return Made(known[seed % len(known)], float("nan"))


class Worsened:
    """Another maker's objects, smoothed and made uneven: shows what the judges still see in imperfect ones."""

    def __init__(self, other: Maker, blur: float = 0.8, noise: float = 0.25, tint: float = 0.06) -> None:
        """``blur`` in cells, ``noise`` in bands, coherent over about three cells, ``tint`` per channel."""
        self.title = f"{other.title}, worsened"
        self._other, self._blur, self._noise, self._tint = other, blur, noise, tint

    def make(self, asked: Asked, seed: int) -> Made:
        made = self._other.make(asked, seed)
        return Made(worsen(made.solid, self._blur, self._noise, self._tint, (seed, asked.seed)), made.seconds)


def worsen(solid: Solid, blur: float, noise: float, tint: float, seed: int | tuple[int, ...] = 0) -> Solid:
    """See ``Worsened``."""
    rng = np.random.default_rng(seed)
    sdf = ndimage.gaussian_filter(solid.sdf, blur, truncate=3)
    bumps = _coherent(rng, len(sdf), 1)[..., 0]
    sdf += noise * bumps / bumps.std() * (1 - np.square(sdf))  # near the surface: no crumbs in the empty space
    speckle = _coherent(rng, len(solid.rgb), 3)
    return Solid.of(sdf, ndimage.uniform_filter(solid.rgb, (3, 3, 3, 1)) + tint * speckle / speckle.std())


def _coherent(rng: np.random.Generator, size: int, channels: int) -> np.ndarray:
    """(size, size, size, channels) float32 noise of which three cells in a row are alike."""
    count = -(-size // 3)
    blocks = rng.standard_normal((count, count, count, channels), np.float32)
    for axis in range(3):
        blocks = blocks.repeat(3, axis)
    return ndimage.uniform_filter(blocks[:size, :size, :size], (3, 3, 3, 1))
