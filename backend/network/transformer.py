"""A transformer block: attention with normalised queries and keys, then a GELU network (pre-norm)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .layers import ROWS, Linear, Run, gelu, normalise

OVERFLOW = 80.0  # exp of more, summed over a thousand tokens, leaves float32


class Block:
    """x + attention(norm(x)), then x + MLP(norm(x)) (Vaswani et al. 2017; QK-norm: Dehghani et al. 2023, §2)."""

    def __init__(self, weights: Mapping[str, np.ndarray], name: str, heads: int):
        def linear(layer: str, norm: str = "") -> Linear:
            fold = (weights[f"{name}{norm}.weight"], weights[f"{name}{norm}.bias"]) if norm else ()
            return Linear(weights[f"{name}{layer}.weight"], weights[f"{name}{layer}.bias"], *fold)

        self._qkv, self._out = linear("qkv", "n1"), linear("o")
        self._up, self._down = linear("f1", "n2"), linear("f2")
        self._heads = heads
        # both norms' scales and the usual 1/√d act on the products of single components: one factor for all three
        q_scale = weights[name + "qn.weight"] * weights[name + "kn.weight"]
        self._q_scale = q_scale * np.float32(len(q_scale) ** -0.5)
        # |q|, |k| ≤ √d after their norms, so that no score can exceed this, and exp needs no maximum subtracted
        self._bounded = float(np.abs(self._q_scale).max() * len(q_scale)) < OVERFLOW

    def __call__(self, run: Run, x: np.ndarray) -> None:
        """x (N,D) ← the block's output, in place."""
        n, d = x.shape
        size = d // self._heads
        q = np.empty((self._heads, n, size), np.float32)
        k = np.empty((self._heads, n, size), np.float32)
        v = np.ones((self._heads, n, size + 1), np.float32)  # the last column sums the weights
        attended = np.empty((n, d), np.float32)

        def project(rows: slice) -> None:
            y = self._qkv(run, normalise(x[rows])).reshape(-1, 3, self._heads, size)
            q[:, rows] = (normalise(y[:, 0]) * self._q_scale).transpose(1, 0, 2)
            k[:, rows] = normalise(y[:, 1]).transpose(1, 0, 2)
            v[:, rows, :size] = y[:, 2].transpose(1, 0, 2)

        def attend(item: tuple[int, int]) -> None:
            head, at = item
            rows = slice(at, min(at + ROWS, n))
            scores = run.compute.matmul(q[head, rows], k[head].T)
            if not self._bounded:
                scores -= scores.max(-1, keepdims=True)
            np.exp(scores, out=scores)
            y = run.compute.matmul(scores, v[head])
            np.divide(y[:, :size], y[:, size:], out=attended[rows, head * size : (head + 1) * size])

        def finish(rows: slice) -> None:
            x[rows] += self._out(run, attended[rows])
            hidden = self._up(run, normalise(x[rows]))
            gelu(hidden)
            x[rows] += self._down(run, hidden)

        run.rows(project, n)
        run.items(attend, [(head, at) for head in range(self._heads) for at in range(0, n, ROWS)])
        run.rows(finish, n)
