"""The velocity that carries noise to latents: the network of ``backend/training/text/flow.py``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...network.layers import Run, normalise, silu
from .blocks import Block, Weights, linear
from .sizes import TOKENS, Sizes

FASTEST, SLOWEST = 1000.0, 0.1  # angular frequencies of a number's waves


class Number:
    """A number → a vector: its waves through a small network."""

    def __init__(self, weights: Weights, name: str, sizes: Sizes):
        steps = np.arange(sizes.frequencies) / max(sizes.frequencies - 1, 1)
        self._speeds = (SLOWEST * np.exp(steps * math.log(FASTEST / SLOWEST))).astype(np.float32)
        self._up, self._down = linear(weights, name + ".up"), linear(weights, name + ".down")

    def __call__(self, run: Run, number: float) -> np.ndarray:
        """→ (1, D)."""
        angles = (np.float32(number) * self._speeds)[None]
        y = self._up(run, np.concatenate([np.cos(angles), np.sin(angles)], 1))
        silu(y)
        return self._down(run, y)


class Texts:
    """Encoded texts side by side, each filled up to the longest: what ``Flow`` looks at beside the latents."""

    def __init__(self, texts: Sequence[np.ndarray]):
        """Each (Nᵢ, D) as ``Encoder`` gives it."""
        longest = max(len(text) for text in texts)
        self.vectors = np.zeros((len(texts), longest, texts[0].shape[1]), np.float32)
        self.seen = np.ones((len(texts), longest + TOKENS), bool)
        for vectors, seen, text in zip(self.vectors, self.seen, texts, strict=True):
            vectors[: len(text)] = text
            seen[len(text) : longest] = False


class Flow:
    def __init__(self, weights: Weights, sizes: Sizes):
        self._enter, self._place = linear(weights, "flow.enter"), weights["flow.place"]
        self._time, self._guidance = (Number(weights, f"flow.{name}", sizes) for name in ("time", "guidance"))
        self._modulate, self._table = linear(weights, "flow.modulate"), weights["flow.table"]
        self._blocks = [Block(weights, f"flow.blocks.{i}") for i in range(sizes.flow_blocks)]
        self._last, self._leave = linear(weights, "flow.last"), linear(weights, "flow.leave")

    def __call__(self, run: Run, x: np.ndarray, t: float, texts: Texts, strength: float | None = None) -> np.ndarray:
        """Latents ``x`` (64, C) on their way at time ``t`` → what each of G texts would move them by, (G, 64, C).

        ``strength`` of the guidance, for a network that was taught to imitate it.
        """
        groups, n, d = texts.vectors.shape
        c = texts.vectors[:, 0] + self._time(run, t)
        if strength is not None:
            c += self._guidance(run, math.log(strength))
        silu(c)
        modulation = self._modulate(run, c).reshape(groups, 6, d)
        h = np.empty((groups, n + TOKENS, d), np.float32)
        h[:, :n] = texts.vectors
        h[:, n:] = self._enter(run, x) + self._place
        rows, seen = h.reshape(-1, d), None if texts.seen.all() else texts.seen.reshape(-1)
        for block, table in zip(self._blocks, self._table, strict=True):
            block(run, rows, groups, seen, modulation + table)
        shift, scale = np.split(self._last(run, c)[:, None], 2, -1)
        y = normalise(h[:, n:]) * (1 + scale) + shift
        return self._leave(run, y.reshape(-1, d)).reshape(groups, TOKENS, -1)
