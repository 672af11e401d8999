"""A contact sheet: twenty objects from best to worst, ours beside the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..shapes import TriangleMesh
from .metrics import Row, turned
from .objects import View
from .raster import shade

TILE = 128
SEEN_FROM = ((0, 15), (55, 20), (180, 20))  # degrees beyond the input azimuth, elevation


def contact_sheet(
    shown: Sequence[tuple[View, TriangleMesh, np.ndarray, Row]], count: int = 20, columns: int = 2
) -> np.ndarray:
    """(H, W, 3) uint8. ``shown``: view, mesh, framed picture, row. Evenly picked by F@0.1, worst and best included.

    A strip is: input, ours from the front, three-quarter, back, three-quarter without colour, and the truth from
    three-quarter.
    """
    ranked = sorted(shown, key=lambda item: -item[3].ours.f[0])
    picked = [ranked[i] for i in np.unique(np.linspace(0, len(ranked) - 1, min(count, len(ranked))).astype(int))]
    strips = [_strip(*item[:3]) for item in picked]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % columns)
    rows = [np.concatenate(strips[i : i + columns], 1) for i in range(0, len(strips), columns)]
    return np.concatenate(rows)


def _strip(view: View, mesh: TriangleMesh, rgba: np.ndarray) -> np.ndarray:
    step = rgba.shape[0] // TILE
    small = rgba.reshape(TILE, step, TILE, step, 4).mean((1, 3))
    vertices = _unit(turned(mesh.vertices, view.azimuth))
    colours = mesh.colours[:, :3] / 255 if mesh.colours is not None else np.full_like(vertices, 0.7)
    truth = _unit(view.object.vertices)
    tiles = [small]
    for turn, height in SEEN_FROM:
        tiles.append(_look(vertices, mesh.faces, colours, view.azimuth + turn, height))
    tiles.append(_look(vertices, mesh.faces, np.full_like(vertices, 0.8), view.azimuth + SEEN_FROM[1][0], 20))
    tiles.append(_look(truth, view.object.faces, view.object.colours / 255, view.azimuth + SEEN_FROM[1][0], 20))
    flat = [tile[..., :3] * tile[..., 3:] + (1 - tile[..., 3:]) for tile in tiles]
    return (np.concatenate(flat, 1) * 255 + 0.5).astype(np.uint8)


def _look(vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray, azimuth: float, height: float) -> np.ndarray:
    large = shade(vertices, faces, colours, np.radians(azimuth), np.radians(height), 2 * TILE, half=1.35)
    return large.reshape(TILE, 2, TILE, 2, 4).mean((1, 3))


def _unit(vertices: np.ndarray) -> np.ndarray:
    low, high = vertices.min(0), vertices.max(0)
    return (np.asarray(vertices, np.float64) - (low + high) / 2) * (2 / max(1e-9, float((high - low).max())))
