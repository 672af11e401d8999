"""The transformer block of Pocket Text's three networks, plain or modulated by what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...network.attention import Attention
from ...network.layers import Linear, Run, gelu, normalise

Weights = Mapping[str, np.ndarray]


def linear(weights: Weights, name: str) -> Linear:
    """The layer of that name; a 1³ convolution is one too, for rows of channels."""
    weight = weights[name + ".weight"]
    return Linear(weight.reshape(weight.shape[:2]), weights[name + ".bias"])


class Block:
    """x + attention(norm(x)), then x + MLP(norm(x)), the norms without scale and shift of their own."""

    def __init__(self, weights: Weights, name: str):
        scale = weights[name + ".attention.scale"]
        qkv = linear(weights, name + ".attention.qkv")
        heads = weights[name + ".attention.out.weight"].shape[0] // len(scale)
        self._attention = Attention(qkv, scale * np.float32(len(scale) ** -0.5), heads)
        self._out = linear(weights, name + ".attention.out")
        self._up, self._down = linear(weights, name + ".mlp.up"), linear(weights, name + ".mlp.down")

    def __call__(
        self,
        run: Run,
        x: np.ndarray,
        groups: int = 1,
        seen: np.ndarray | None = None,
        modulation: np.ndarray | None = None,
    ) -> None:
        """``x`` (groups·N, D) ← the block's output, in place; rows look only at rows of their own group, and there at
        those ``seen`` (groups·N,) bool. ``modulation`` (groups, 6, D): shift, scale and gate of the attention and of
        the MLP (adaLN: Peebles & Xie 2022, §3.2).
        """
        if modulation is None:
            attended = self._attention(run, normalise(x), groups, seen)
            gate = gate2 = shift2 = scale2 = None
        else:
            each = np.repeat(modulation.transpose(1, 0, 2), len(x) // groups, axis=1)  # (6, groups·N, D)
            shift, scale, gate, shift2, scale2, gate2 = each
            attended = self._attention(run, normalise(x) * (1 + scale) + shift, groups, seen)

        def finish(rows: slice) -> None:
            y = self._out(run, attended[rows])
            if gate is not None:
                y *= gate[rows]
            x[rows] += y
            y = normalise(x[rows])
            if scale2 is not None and shift2 is not None:
                y *= 1 + scale2[rows]
                y += shift2[rows]
            y = self._up(run, y)
            gelu(y)
            y = self._down(run, y)
            if gate2 is not None:
                y *= gate2[rows]
            x[rows] += y

        run.rows(finish, len(x))
