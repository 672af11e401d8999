"""A transformer block: attention with normalised queries and keys, then a GELU network (pre-norm)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .attention import Attention
from .layers import Linear, Run, gelu, normalise


class Block:
    """x + attention(norm(x)), then x + MLP(norm(x)) (Vaswani et al. 2017; QK-norm: Dehghani et al. 2023, §2)."""

    def __init__(self, weights: Mapping[str, np.ndarray], name: str, heads: int):
        def linear(layer: str, norm: str = "") -> Linear:
            fold = (weights[f"{name}{norm}.weight"], weights[f"{name}{norm}.bias"]) if norm else ()
            return Linear(weights[f"{name}{layer}.weight"], weights[f"{name}{layer}.bias"], *fold)

        # both norms' scales and the usual 1/√d act on the products of single components: one factor for all three
        scale = weights[name + "qn.weight"] * weights[name + "kn.weight"]
        self._attention = Attention(linear("qkv", "n1"), scale * np.float32(len(scale) ** -0.5), heads)
        self._out, self._up, self._down = linear("o"), linear("f1", "n2"), linear("f2")

    def __call__(self, run: Run, x: np.ndarray) -> None:
        """x (N,D) ← the block's output, in place."""
        attended = self._attention(run, normalise(x))

        def finish(rows: slice) -> None:
            x[rows] += self._out(run, attended[rows])
            hidden = self._up(run, normalise(x[rows]))
            gelu(hidden)
            x[rows] += self._down(run, hidden)

        run.rows(finish, len(x))
