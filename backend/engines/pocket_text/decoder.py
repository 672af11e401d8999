"""Latent tokens → signed distances and colours on grids: the decoder of ``backend/training/text/autoencoder.py``."""

from __future__ import annotations

import numpy as np

from ...network.layers import Convolution, Run, gelu, normalise, shuffle, sigmoid
from .blocks import Block, Weights, linear
from .sizes import CELLS, STAGES, Sizes

PLAIN = "fine"  # the stage whose residual blocks do not normalise what they read


class Residual:
    """x + second(GELU(first(norm(x)))), two 3³ convolutions; channels are normalised in every cell."""

    def __init__(self, weights: Weights, name: str, norm: bool):
        self._first = Convolution(weights[name + ".first.weight"], weights[name + ".first.bias"], activate=True)
        self._second = Convolution(weights[name + ".second.weight"], weights[name + ".second.bias"])
        self._norm = norm

    def __call__(self, run: Run, x: np.ndarray) -> np.ndarray:
        """(X,Y,Z,C) → the same."""
        return self._second(run, self._first(run, normalise(x) if self._norm else x), residual=x)


class Decoder:
    def __init__(self, weights: Weights, sizes: Sizes):
        self._enter, self._place = linear(weights, "decoder.enter"), weights["decoder.place"]
        self._blocks = [Block(weights, f"decoder.blocks.{i}") for i in range(sizes.blocks)]
        self._stages = [
            (
                linear(weights, f"decoder.{stage}.up.spread"),
                [Residual(weights, f"decoder.{stage}.residuals.{i}", stage != PLAIN) for i in range(count)],
            )
            for stage, count in zip(STAGES, sizes.residuals, strict=True)
        ]
        self._head = Convolution(weights["decoder.head.weight"], weights["decoder.head.bias"])

    def __call__(self, run: Run, latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latents (64, channels) float32 → signed distance in units of the band (64,64,64) float32, positive inside,
        beyond ±1 of no meaning but its sign; sRGB (32,32,32,3) float32 in [0, 1]. Index order x, y, z of the world.
        """
        x = self._enter(run, latents) + self._place
        for block in self._blocks:
            block(run, x)
        x = normalise(x).reshape(CELLS, CELLS, CELLS, -1)
        for i, (spread, residuals) in enumerate(self._stages):
            size = x.shape[:3]
            x = shuffle(spread(run, x.reshape(-1, x.shape[-1])).reshape(*size, -1), 2)
            for residual in residuals:
                x = residual(run, x)
            run.reach((0.1, 0.3, 0.8)[i])
        for plane in x:
            gelu(plane)
        x = self._head(run, x)
        sdf = shuffle(x[..., :8], 2)[..., 0]
        run.reach(1.0)
        return np.ascontiguousarray(sdf), sigmoid(x[..., 8:])
