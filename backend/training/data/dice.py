"""A triangle mesh as many small triangles, so that their centres stand for its surface without a gap."""

from __future__ import annotations

import numpy as np

REACH = 2 / 3  # no point of a triangle is farther from its centre than this part of its longest edge


def centred(V: np.ndarray, longest: float = 1.8) -> np.ndarray:
    """``V`` (n, 3) moved and scaled so that its bounding box is centred on 0 and its longest side is ``longest``."""
    low, high = V.min(0), V.max(0)
    return ((V - (low + high) / 2) * (longest / max(float((high - low).max()), 1e-6))).astype(np.float32)


def areas(V: np.ndarray, F: np.ndarray) -> np.ndarray:
    """Areas of the faces, (m,) float64."""
    corner = V[F].astype(np.float64)
    return np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) / 2


def dice(corners: np.ndarray, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """Halves triangles across their longest edge until none is longer than ``edge``.

    ``corners`` (m, 3, 3 + c) float32: position, then whatever else is linear across a triangle (colour …).
    Returns the small triangles (n, 3, 3 + c) float32 and the face each one lies in, (n,) int32. About
    4 × area / edge² of them, whatever the shape of the faces: long thin ones are cut across, not along.
    """
    owner = np.arange(len(corners), dtype=np.int32)
    done: list[np.ndarray] = []
    whose: list[np.ndarray] = []
    while len(corners):
        sides = corners[:, (1, 2, 0), :3] - corners[:, (2, 0, 1), :3]  # side k lies opposite to corner k
        squared = np.einsum("nkc,nkc->nk", sides, sides)
        apex = squared.argmax(1)
        small = squared[np.arange(len(apex)), apex] <= edge**2
        done.append(corners[small])
        whose.append(owner[small])
        corners, owner, apex = corners[~small], owner[~small], apex[~small]
        row = np.arange(len(apex))
        top, left, right = (corners[row, (apex + turn) % 3] for turn in range(3))
        middle = (left + right) / 2
        corners = np.concatenate([np.stack([top, left, middle], 1), np.stack([top, middle, right], 1)])
        owner = np.concatenate([owner, owner])
    return np.concatenate(done), np.concatenate(whose)


def nearest_on(point: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest point of a triangle to each point → (squared distance (n,), its barycentric weights (n, 3)).

    ``point`` (n, 3), ``corners`` (n, 3, 3). The seven regions (corners, edges, face) of Ericson, "Real-Time
    Collision Detection" (2005), §5.1.5, computed for all and chosen from; triangles without area count as edges.
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, ac = b - a, c - a
    dot = lambda left, right: np.einsum("nk,nk->n", left, right)  # noqa: E731
    d1, d2 = dot(ab, point - a), dot(ac, point - a)
    d3, d4 = dot(ab, point - b), dot(ac, point - b)
    d5, d6 = dot(ab, point - c), dot(ac, point - c)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    total = va + vb + vc
    safe = np.where(total > 0, total, 1)
    v, w = vb / safe, vc / safe
    on_ab, on_ac, on_bc = _part(d1, d1 - d3), _part(d2, d2 - d6), _part(d4 - d3, (d4 - d3) + (d5 - d6))
    edge_bc = (va <= 0) & (d4 >= d3) & (d5 >= d6)
    edge_ac = (vb <= 0) & (d2 >= 0) & (d6 <= 0)
    edge_ab = (vc <= 0) & (d1 >= 0) & (d3 <= 0)
    v, w = np.where(edge_bc, 1 - on_bc, v), np.where(edge_bc, on_bc, w)
    v, w = np.where(edge_ac, 0, v), np.where(edge_ac, on_ac, w)
    v, w = np.where(edge_ab, on_ab, v), np.where(edge_ab, 0, w)
    at_c, at_b, at_a = (d6 >= 0) & (d5 <= d6), (d3 >= 0) & (d4 <= d3), (d1 <= 0) & (d2 <= 0)
    v, w = np.where(at_c, 0, v), np.where(at_c, 1, w)
    v, w = np.where(at_b, 1, v), np.where(at_b, 0, w)
    v, w = np.where(at_a, 0, v), np.where(at_a, 0, w)
    weights = np.stack([1 - v - w, v, w], 1)
    away = point - np.einsum("nk,nkc->nc", weights, corners)
    return dot(away, away), weights


def _part(value: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.clip(value / np.where(whole > 0, whole, 1), 0, 1)
