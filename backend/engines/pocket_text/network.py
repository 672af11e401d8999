"""Pocket Text's network as one thing: words → latents → grids."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ...errors import BadWeights
from ...network.layers import Run, Step, ignore
from ...runtime import blas
from ...runtime.weights import REINSTALL, SCALE, load_weights, read_header
from .blocks import Weights
from .decoder import Decoder
from .encoder import Encoder
from .flow import Flow
from .sampler import Guide, Settings
from .sizes import Sizes
from .words import FIRST, Vocabulary


class PocketTextNetwork:
    """Layers made from weights. Threads may share one network."""

    def __init__(self, weights: Weights, sizes: Sizes, vocabulary: Vocabulary):
        """``weights`` as ``sizes.shapes()`` names them, float32."""
        self.sizes, self.vocabulary = sizes, vocabulary
        self.settings = Settings.of(weights["settings"])
        self._encoder, self._flow = Encoder(weights, sizes), Flow(weights, sizes)
        self._decoder = Decoder(weights, sizes)

    @classmethod
    def load(
        cls, weights: str | os.PathLike[str], words: str | os.PathLike[str], sha256: str = ""
    ) -> PocketTextNetwork:
        """Reads both files. Raises BadWeights where one is missing, broken, or not made for the other."""
        name = Path(weights).name
        header = read_header(weights)
        of_rows = {key + SCALE for key in header}  # the factors of quantised rows
        sizes = Sizes.of({key: header[key].shape for key in header.keys() - of_rows}, name)
        vocabulary = Vocabulary.read(Path(words))
        if FIRST + len(vocabulary.words) > sizes.words or vocabulary.buckets > sizes.grams:
            raise BadWeights(f"{Path(words).name} belongs to another network than {name}.", REINSTALL)
        return cls(load_weights(weights, sizes.shapes(), sha256), sizes, vocabulary)

    def encode(self, text: str, step: Step | None = None) -> np.ndarray:
        """→ (1 + words, D) float32, the first row for the text as a whole."""
        return self._encoder(Run(blas.current(), step or ignore), self.vocabulary.read_text(text))

    def guide(self, text: str, unwanted: str = "", guidance: float | None = None) -> Guide:
        """What carries latents towards a text and away from another; ``guidance`` None is the network's own."""
        strength = self.settings.guidance if guidance is None else guidance
        told = self.encode(text)
        against = self._encoder(Run(blas.current(), ignore), self.vocabulary.read_text(unwanted))
        return Guide(self._flow, told, against, strength, self.settings.distilled, len(against) > 1)

    def decode(self, latents: np.ndarray, step: Step | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(64, channels) → signed distance in bands (64,64,64) and sRGB (32,32,32,3) in [0, 1], float32.

        ``step(fraction)`` is called again and again, in the caller's thread; what it raises ends the work.
        """
        return self._decoder(Run(blas.current(), step or ignore), latents)
