"""Self-attention with normalised queries and keys over groups of rows."""

from __future__ import annotations

import numpy as np

from .layers import ROWS, Linear, Run, normalise

OVERFLOW = 80.0  # exp of more, summed over a thousand tokens, leaves float32


class Attention:
    """Vaswani et al. 2017, §3.2; QK-norm: Dehghani et al. 2023, §2."""

    def __init__(self, qkv: Linear, scale: np.ndarray, heads: int):
        """``qkv`` D → 3·D: queries, keys, values, each with the heads slowest. ``scale`` (D/heads): what multiplies a
        normalised query, component by component, before its products with the normalised keys become weights.
        """
        self._qkv, self._heads = qkv, heads
        self._scale = np.asarray(scale, np.float32)
        # |q|, |k| ≤ √d after their norms, so that no score can exceed this, and exp needs no maximum subtracted
        self._bounded = float(np.abs(self._scale).max() * len(self._scale)) < OVERFLOW

    def __call__(self, run: Run, x: np.ndarray, groups: int = 1, seen: np.ndarray | None = None) -> np.ndarray:
        """``x`` (groups·N, D), rows of a group together → what each row found in its own group, (groups·N, D).

        ``seen`` (groups·N,) bool: rows that may be looked at; every group needs one.
        """
        heads, (n, d) = self._heads, x.shape
        size = d // heads
        q = np.empty((heads, n, size), np.float32)
        k = np.empty((heads, n, size), np.float32)
        v = np.ones((heads, n, size + 1), np.float32)  # the last column sums the weights
        found = np.empty((n, d), np.float32)

        def project(rows: slice) -> None:
            y = self._qkv(run, x[rows]).reshape(-1, 3, heads, size)
            q[:, rows] = (normalise(y[:, 0]) * self._scale).transpose(1, 0, 2)
            k[:, rows] = normalise(y[:, 1]).transpose(1, 0, 2)
            v[:, rows, :size] = y[:, 2].transpose(1, 0, 2)
            if seen is not None:  # what is not seen weighs nothing, neither in the sum nor in the sum of weights
                v[:, rows] *= seen[rows, None]

        def attend(item: tuple[int, int, int]) -> None:
            head, begin, at = item
            group, rows = slice(begin, begin + n // groups), slice(at, min(at + ROWS, begin + n // groups))
            scores = run.compute.matmul(q[head, rows], k[head, group].T)
            if not self._bounded:
                if seen is not None:
                    scores[:, ~seen[group]] = -np.inf
                scores -= scores.max(-1, keepdims=True)
            np.exp(scores, out=scores)
            y = run.compute.matmul(scores, v[head, group])
            np.divide(y[:, :size], y[:, size:], out=found[rows, head * size : (head + 1) * size])

        run.rows(project, n)
        length = n // groups
        starts = [(group, at) for group in range(0, n, length) for at in range(group, group + length, ROWS)]
        run.items(attend, [(head, *start) for head in range(heads) for start in starts])
        return found
