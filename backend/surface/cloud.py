"""Unconnected points or Gaussians → one closed, coloured skin.

What cannot be seen is left out and the rest thinned to what the grid can tell apart; each point learns its neighbours,
the side it faces and the area it stands for; Poisson's equation makes a solid of that; marching cubes its surface, of
which only the outermost skin stays; and the nearest points colour it.
"""

from __future__ import annotations

import numpy as np

from ..errors import EmptySurface
from ..shapes import GaussianCloud, PointCloud, TriangleMesh
from ..watch import Watch, within
from .hull import hull
from .neighbours import nearest
from .normals import orient, spread, votes
from .paint import paint
from .poisson import Grid, indicator
from .samples import Samples, gather
from .skin import skin_of

NEIGHBOURS = 16
STRAY = 2.0  # times as far from its neighbours as these are from theirs: a floater
SMOOTH = (1.0, 0.7)  # of the Gaussian over the indicator: at least so many cells, and so many spacings


def mesh_cloud(cloud: GaussianCloud | PointCloud, resolution: int, watch: Watch) -> TriangleMesh:
    """The closed surface of a cloud in the cloud's own frame, coloured where the cloud is.

    ``resolution``: cells across the longest side, margins included. Raises EmptySurface where the cloud encloses
    nothing, Cancelled where the watch says so.
    """
    samples, frame = gather(cloud, resolution, within(watch, 0.0, 0.05))
    samples, neighbours, squares = acquaint(samples, within(watch, 0.05, 0.25))
    spacing = float(np.sqrt(np.median(squares[:, -1]) * np.pi / NEIGHBOURS))
    normals = face(samples, neighbours, spacing, within(watch, 0.25, 0.45))
    areas = squares[:, -1] * np.float32(np.pi / NEIGHBOURS) * samples.weights
    grid = Grid.around(samples.points, resolution)
    smooth = max(SMOOTH[0], SMOOTH[1] * spacing / grid.cell)
    solid = indicator(grid, samples.points, normals, areas, smooth, within(watch, 0.45, 0.75))
    watch.step(0.75, "meshing")
    if solid[0].mean() > 0:  # given normals may all point inwards
        solid = -solid
    loosest = float(np.sqrt(np.quantile(squares[:, -1], 0.9) * np.pi / NEIGHBOURS))
    solid = np.minimum(solid, hull(samples.points, loosest, grid))
    watch.step(0.8, "meshing")
    mesh = skin_of(solid, grid.lower, grid.cell)
    if not len(mesh.faces):
        raise EmptySurface(
            "The points do not enclose anything.", "Use a cloud that shows an object from several sides."
        )
    colours = None
    if samples.colours is not None:
        colours = paint(
            mesh.vertices,
            samples.points,
            samples.weights,
            samples.colours,
            lambda f: watch.step(0.85 + 0.15 * f, "colouring"),
        )
    return TriangleMesh(frame.back(mesh.vertices), mesh.faces, colours)


def acquaint(samples: Samples, watch: Watch) -> tuple[Samples, np.ndarray, np.ndarray]:
    """The samples without strays, the numbers (N, K) of each one's neighbours and their squared distances."""
    neighbours, squares = nearest(samples.points, NEIGHBOURS, step=lambda f: watch.step(0.7 * f, "finding neighbours"))
    stray = squares[:, -1] > np.float32(STRAY**2) * np.median(squares[:, -1][neighbours], axis=1)
    if not stray.any():
        return samples, neighbours, squares
    # Only those that had a stray among their neighbours must look again.
    number = np.cumsum(~stray, dtype=np.int32) - 1
    again = np.flatnonzero(stray[neighbours[~stray]].any(axis=1))
    samples, neighbours, squares = samples[~stray], number[neighbours[~stray]], squares[~stray]
    if len(again):
        found, away = nearest(samples.points, neighbours.shape[1] + 1, samples.points[again])
        neighbours[again], squares[again] = found[:, 1:], away[:, 1:]  # the first is the point itself or its double
    return samples, neighbours, squares


def face(samples: Samples, neighbours: np.ndarray, spacing: float, watch: Watch) -> np.ndarray:
    """Outward unit normals (N, 3): the samples' own where they have them, those of their neighbourhood elsewhere."""
    normals = samples.normals
    if samples.oriented and normals is not None:
        return normals
    fitted = spread(samples.points, neighbours, lambda f: watch.step(0.4 * f, "fitting planes"))
    if normals is not None:
        known = np.einsum("ij,ij->i", normals, normals) > 0
        fitted = np.where(known[:, None], normals, fitted)
    towards = votes(samples.points, spacing, within(watch, 0.4, 1.0))
    return orient(samples.points, fitted, towards, neighbours)
