"""Noise → latents, in Euler steps along the rectified flow, guided by a text and away from another.

The same as ``backend/training/text/sampling.py``; there is told where it comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...network.layers import Run
from .flow import Flow, Texts


@dataclass(frozen=True)
class Settings:
    """How a network is best sampled; shipped as ``settings`` (4,)."""

    steps: int
    guidance: float
    shift: float
    distilled: bool

    @classmethod
    def of(cls, tensor: np.ndarray) -> Settings:
        steps, guidance, shift, distilled = tensor.tolist()
        return cls(max(1, round(steps)), guidance, shift, distilled > 0.5)


def noise(seed: int, *shape: int) -> np.ndarray:
    """Standard normal float32 numbers, the same for a seed on every platform and under every NumPy.

    NumPy promises that of a bit generator's raw numbers (NEP 19), not of the distributions it makes of them, so the
    step to normal numbers (Box & Muller 1958) is our own. Philox (Salmon et al. 2011) takes any seed as its key.
    """
    count = math.prod(shape)
    half = -(-count // 2)
    raw = np.random.Philox(key=seed % 2**64).random_raw(2 * half)
    uniform = ((raw >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53  # in (0, 1)
    radius, angle = np.sqrt(-2 * np.log(uniform[:half])), 2 * np.pi * uniform[half:]
    normal = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return normal[:count].reshape(shape).astype(np.float32)


def schedule(steps: int, shift: float) -> list[float]:
    """steps + 1 times from 0 to 1."""
    return [i / (i + shift * (steps - i)) for i in range(steps + 1)]


@dataclass(frozen=True)
class Guide:
    """The velocity of latents under a text. ``text`` and ``against`` (N, D) as the encoder gives them; ``against`` is
    the empty text, or what is not wanted.
    """

    flow: Flow
    text: np.ndarray
    against: np.ndarray
    strength: float
    distilled: bool = False
    unwanted: bool = False  # whether ``against`` says something

    def __call__(self, run: Run) -> Callable[[np.ndarray, float], np.ndarray]:
        """(64, C), time → (64, C)."""
        if self.distilled and not self.unwanted:  # the network has learned what guidance does
            alone = Texts([self.text])
            return lambda x, t: self.flow(run, x, t, alone, self.strength)[0]
        if self.strength == 1 and not self.unwanted:
            alone = Texts([self.text])
            return lambda x, t: self.flow(run, x, t, alone)[0]
        both, unguided = Texts([self.text, self.against]), 1.0 if self.distilled else None

        def velocity(x: np.ndarray, t: float) -> np.ndarray:
            told, against = self.flow(run, x, t, both, unguided)
            return against + np.float32(self.strength) * (told - against)

        return velocity


def walk(
    velocity: Callable[[np.ndarray, float], np.ndarray],
    x: np.ndarray,
    times: list[float],
    after: Callable[[int, np.ndarray], None] = lambda step, ahead: None,
) -> np.ndarray:
    """Noise ``x`` (64, C) at the first of ``times`` → latents at the last. After each step ``after`` is told how many
    there have been, and the latents at which the flow would end on its present course.
    """
    for step, (now, then) in enumerate(pairwise(times), 1):
        v = velocity(x, now)
        ahead = x + np.float32(1 - now) * v
        x = x + np.float32(then - now) * v
        after(step, ahead)
    return x
