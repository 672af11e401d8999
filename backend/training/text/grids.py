"""Objects of the grammar as batches of grids, made while they are needed: a hundred a second on one core."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data.grids import read as read_real
from ..grammar.field import grids
from ..grammar.sample import Specimen, held_out, sample
from .config import BAND, RESOLUTION

PLATEAU = 0.92
ASIDE = 50_000_000  # beyond all seeds that are counted through, and below those that evaluation asks for
Maker = Callable[[int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Batch:
    """``sdf`` (B,64,64,64) float32, signed distance / band in ±1, positive inside, index order x, y, z;
    ``rgb`` (B,3,32,32,32) float32 sRGB in [0, 1] of the nearest surface.
    """

    sdf: Tensor
    rgb: Tensor

    @property
    def near(self) -> Tensor:
        """(B,1,32,32,32) bool: cells in which some finer cell is within half the band of the surface."""
        far = self.sdf.abs()[:, None]
        return -torch.nn.functional.max_pool3d(-far, 2) < 0.5

    def seen(self) -> Tensor:
        """Colour as the encoder reads it: ±1, and 0 where no surface is near."""
        return (self.rgb * 2 - 1) * self.near

    def to(self, device: torch.device | str) -> Batch:
        return Batch(self.sdf.to(device), self.rgb.to(device))


def small(specimen: Specimen) -> tuple[np.ndarray, np.ndarray]:
    """An object → (64,64,64) int8 of signed distance / band · 127 and (32,32,32,3) uint8."""
    sdf, rgb = grids(specimen.solids, RESOLUTION, BAND)
    return np.rint(sdf * 127).astype(np.int8), rgb


def make(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The small grids of the grammar's object of this seed, or of another seed's where this one's is held out."""
    specimen = sample(seed)
    while held_out(specimen.attributes):
        seed += ASIDE
        specimen = sample(seed)
    return small(specimen)


def settled(sdf: np.ndarray) -> np.ndarray:
    """Distances in ±1 of a real object → int8, its plateau at ±127: where walls are thickened after the cut-off,
    as ``data.fields`` does, the plateau lies a little below, and would be taken for a surface's neighbourhood.
    """
    return np.where(np.abs(sdf) > PLATEAU, np.sign(sdf) * 127, np.rint(sdf * 127)).astype(np.int8)


class Mixed:
    """A maker that takes every n-th object from files of real ones (``training data grids``), read once into memory."""

    def __init__(self, files: Sequence[Path], every: int = 6):
        self.every = every
        self.real = [(settled(sdf), rgb) for sdf, rgb, _ in read_real(files)]

    def __call__(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        if seed % self.every or not self.real:
            return make(seed)
        return self.real[seed // self.every % len(self.real)]


def batch(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Batch:
    """Small grids → a batch."""
    sdf = torch.from_numpy(np.stack([sdf for sdf, _ in pairs])).float() / 127
    rgb = torch.from_numpy(np.stack([rgb for _, rgb in pairs])).permute(0, 4, 1, 2, 3).float() / 255
    return Batch(sdf, rgb)


def varied(given: Batch, generator: torch.Generator) -> Batch:
    """Half of the objects mirrored left to right, half of them with their colour channels in another order: the
    autoencoder is to know solids and colours, not sentences.
    """
    sdf, rgb = given.sdf.clone(), given.rgb.clone()
    for i in range(len(sdf)):
        mirror, swap = torch.rand(2, generator=generator).tolist()
        if mirror < 0.5:
            sdf[i], rgb[i] = sdf[i].flip(0), rgb[i].flip(1)
        if swap < 0.5:
            rgb[i] = rgb[i][torch.randperm(3, generator=generator)]
    return Batch(sdf, rgb)


class Supply:
    """Batches of the objects of a run of seeds, the next ones being made by other processes while one is used."""

    def __init__(self, size: int, workers: int = 0, first: int = 0, make: Maker = make, ahead: int = 4):
        """The ``step``-th batch has ``size`` seeds from ``first`` + step·size on; ``workers`` 0: made when asked."""
        self.size, self.first, self.make, self.ahead = size, first, make, ahead
        # Forked where that is safe: a maker may hold gigabytes of real objects, which are then shared, not sent.
        context = get_context("fork" if sys.platform == "linux" else None)
        self._pool = context.Pool(workers, _gently, (make, os.getpid())) if workers else None
        self._coming: dict[int, AsyncResult] = {}

    def batch(self, step: int) -> Batch:
        """The batch of a step, the same whenever it is asked for."""
        if self._pool is None:
            return batch([self.make(seed) for seed in self._seeds(step)])
        for later in range(step, step + self.ahead):
            if later not in self._coming:
                self._coming[later] = self._pool.map_async(_made, self._seeds(later))
        return batch(self._coming.pop(step).get())

    def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool.join()

    def _seeds(self, step: int) -> range:
        return range(self.first + step * self.size, self.first + (step + 1) * self.size)


_maker: Maker = make  # of this process, if it is a supply's worker


def _made(seed: int) -> tuple[np.ndarray, np.ndarray]:
    return _maker(seed)


def _gently(maker: Maker, parent: int) -> None:
    """A worker's beginning. What ends the training as a whole (Ctrl-C, ``timeout``, a scheduler) signals its process
    group; a worker that such a signal ends would keep the lock of the queue it waits at, and the parent would hang. So
    each is a group of its own, ended by the parent alone, or by itself where the parent was killed.
    """
    global _maker
    _maker = maker
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(5)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(1)
