"""Choosing many edges at once that do not get in each other's way."""

from __future__ import annotations

import numpy as np

ROUNDS = 3  # of settling conflicts; what is open after them waits for the next call


def independent_edges(edges: np.ndarray, costs: np.ndarray, vertices: int, share: float, most: int) -> np.ndarray:
    """Indices (N,) of cheap edges, no two of which share a vertex or are joined by another edge.

    ``edges`` (2, E) must be all edges of the mesh; ``costs`` (E,) with inf where an edge may not be chosen. Only the
    cheapest ``share`` of them are looked at, fewer where only ``most`` are wanted. Of two edges that conflict the
    cheaper one wins, as in Luby's algorithm with the cost as the lot, so the outcome does not depend on chance.
    """
    wanted = min(int(len(costs) * share) + 1, 8 * most + 64, len(costs))
    limit = np.partition(costs, wanted - 1)[wanted - 1] if wanted else 0.0
    candidates = np.flatnonzero((costs <= limit) & np.isfinite(costs))
    # Dearest first: of several writes to one vertex the last stays, which is the cheapest edge there.
    candidates = candidates[np.argsort(-costs[candidates], kind="stable")]
    ranks = np.arange(len(candidates), dtype=np.int32)
    u, w = edges[:, candidates]
    best = np.full(vertices, -1, np.int32)
    best[np.stack([u, w], axis=1).reshape(-1)] = np.repeat(ranks, 2)
    matched = (best[u] == ranks) & (best[w] == ranks)
    owner = np.full(vertices, -1, np.int32)
    owner[u[matched]] = owner[w[matched]] = ranks[matched]
    # Pairs of matched edges with an edge between them.
    a, b = owner[edges[0]], owner[edges[1]]
    between = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
    loser, winner = np.minimum(a[between], b[between]), np.maximum(a[between], b[between])
    taken, open_ = np.zeros(len(candidates), bool), matched
    for _ in range(ROUNDS):
        beaten = np.zeros(len(candidates), bool)
        beaten[loser] = True
        taken |= open_ & ~beaten
        # Whoever conflicts with one that is taken is out; pairs with one that is out are settled.
        open_ = open_ & ~taken
        open_[loser[taken[winner]]] = False
        open_[winner[taken[loser]]] = False
        unsettled = open_[loser] & open_[winner]
        if not unsettled.any():
            taken |= open_
            break
        loser, winner = loser[unsettled], winner[unsettled]
    return candidates[taken]
