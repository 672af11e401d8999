"""Shape → TriangleMesh: where the surface is, and what colour it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import EmptySurface, UnsupportedShape
from ..shapes import DensityField, Shape, SignedDistanceField, TriangleMesh
from .lattice import Field
from .marching_cubes import marching_cubes
from .sparse import dense, sparse

if TYPE_CHECKING:
    from ..engines.engine import Watch

BATCH = 1 << 16  # vertices a call of the colours


def extract(shape: Shape, resolution: int, watch: Watch) -> TriangleMesh:
    """The surface of a shape as a coloured mesh in the world frame; a TriangleMesh passes through as it is.

    ``resolution``: cells across the x side of a field's box. Raises EmptySurface where the field never crosses its
    level, UnsupportedShape for shapes that are not fields, Cancelled where the watch says so.
    """
    if isinstance(shape, TriangleMesh):
        return shape
    if not isinstance(shape, (SignedDistanceField, DensityField)):
        raise UnsupportedShape(
            f"A {type(shape).__name__} cannot be made into a mesh yet.", "Choose an engine that makes fields or meshes."
        )
    crossing = (
        sparse(shape, resolution, watch) if isinstance(shape, SignedDistanceField) else dense(shape, resolution, watch)
    )
    lattice_vertices, faces = marching_cubes(crossing.cells, crossing.corners)
    if not len(faces):
        raise EmptySurface("There is no surface in what the engine made.", "Try another picture or another engine.")
    if crossing.undefined:
        watch.warn(f"The engine left {crossing.undefined} points undefined; they were taken as empty.")
    vertices = crossing.lattice.points(lattice_vertices)
    colours = paint(shape, vertices, faces, watch)
    if shape.to_world is not None:
        vertices = np.ascontiguousarray(shape.to_world(vertices), np.float32)
    return TriangleMesh(vertices, faces, colours)


def paint(field: Field, vertices: np.ndarray, faces: np.ndarray, watch: Watch) -> np.ndarray | None:
    """Colours (N, 4) uint8 sRGB of vertices (N, 3) in the field's frame; None where the field has none."""
    if field.paint is not None:
        rgb = np.asarray(field.paint(vertices, faces), np.float32)
    elif field.colours is not None:
        rgb = np.empty((len(vertices), 3), np.float32)
        for start in range(0, len(vertices), BATCH):
            watch.step(1.0, "colours")
            rgb[start : start + BATCH] = field.colours(vertices[start : start + BATCH])
    else:
        return None
    rgba = np.full((len(vertices), 4), 255, np.uint8)
    rgba[:, :3] = np.rint(np.clip(np.nan_to_num(rgb), 0.0, 1.0) * 255.0)
    return rgba
