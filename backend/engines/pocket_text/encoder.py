"""Tokens of a text → vectors for the flow: the network of ``backend/training/text/encoder.py``."""

from __future__ import annotations

import numpy as np

from ...network.layers import Run, normalise
from .blocks import Block, Weights, linear
from .sizes import Sizes
from .words import Reading


class Encoder:
    def __init__(self, weights: Weights, sizes: Sizes):
        self._words, self._grams = weights["text.word.weight"], weights["text.gram.weight"]
        self._summary, self._place = weights["text.summary"], weights["text.place"]
        self._blocks = [Block(weights, f"text.blocks.{i}") for i in range(sizes.text_blocks)]
        self._leave = linear(weights, "text.leave")

    def __call__(self, run: Run, reading: Reading | None = None) -> np.ndarray:
        """→ (1 + words, D) float32; the first row sums up the text and is all there is of the empty one (None)."""
        ids, grams = (reading.ids, reading.grams) if reading else ((), ())
        count = min(len(ids), len(self._place))
        x = np.empty((1 + count, len(self._summary)), np.float32)
        x[0] = self._summary
        for i in range(count):
            x[1 + i] = self._words[ids[i]] + self._place[i] + self._grams[list(grams[i])].mean(0)
        for block in self._blocks:
            block(run, x)
        return self._leave(run, normalise(x))
