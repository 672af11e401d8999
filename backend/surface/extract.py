"""Shape → TriangleMesh: where the surface is, and what colour it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..errors import EmptySurface, UnsupportedShape
from ..shapes import DensityField, GaussianCloud, PointCloud, Shape, SignedDistanceField, TriangleMesh
from ..watch import Watch, within
from .cloud import mesh_cloud
from .lattice import Field
from .refine import refined
from .sparse import dense, sparse

BATCH = 1 << 16  # vertices a call of the colours
PREVIEW = 4  # times coarser than the mesh itself
COARSEST_PREVIEW = 24  # cells across; where a preview would be coarser than this it is left out

# Least distance, in cells, of a vertex from the ends of its lattice edge. The vertices about a lattice corner whose
# value is the level, or nearly so, then stay apart in float32 in any frame, and no face is without area: three
# points on different edges of a cube, none at an end, never lie on a line. A thousandth of a cell is not seen.
MARGIN = 2.0**-10


def extract(shape: Shape, resolution: int, watch: Watch) -> TriangleMesh:
    """The surface of a shape as a coloured mesh in the world frame; a TriangleMesh passes through as it is.

    ``resolution``: cells across the x side of a field's box, across the longest side of a cloud. Raises EmptySurface
    where the field never crosses its level or the cloud encloses nothing, UnsupportedShape for anything else,
    Cancelled where the watch says so.
    """
    if isinstance(shape, TriangleMesh):
        return shape
    if isinstance(shape, (GaussianCloud, PointCloud)):
        return mesh_cloud(shape, resolution, watch)
    if not isinstance(shape, (SignedDistanceField, DensityField)):
        raise UnsupportedShape(f"A {type(shape).__name__} cannot be made into a mesh yet.", "Choose another engine.")
    if resolution // PREVIEW >= COARSEST_PREVIEW:
        rough = replace(shape, refinement=None) if isinstance(shape, SignedDistanceField) else shape
        coarse = _mesh(rough, resolution // PREVIEW, within(watch, 0.0, 0.05), colours_of_points)
        if len(coarse.faces):
            watch.preview(coarse)
    mesh = _mesh(shape, resolution, within(watch, 0.05, 1.0), colours_of_mesh)
    if not len(mesh.faces):
        raise EmptySurface("There is no surface in what the engine made.", "Try another picture or another engine.")
    return mesh


Paint = Callable[[Field, np.ndarray, np.ndarray, Watch], np.ndarray | None]


def _mesh(field: Field, resolution: int, watch: Watch, paint: Paint) -> TriangleMesh:
    """The field's surface in the world frame; without a vertex where there is none."""
    search = sparse if isinstance(field, SignedDistanceField) else dense
    crossing = search(field, resolution, within(watch, 0.0, 0.7))  # type: ignore[arg-type]
    if crossing.undefined:
        watch.warn("The engine left parts of space undefined; they were taken as empty.")
    lattice_vertices, faces = refined(field, crossing, within(watch, 0.7, 0.8), MARGIN)
    vertices = crossing.lattice.points(lattice_vertices)
    if not len(faces):
        return TriangleMesh(vertices, faces)
    colours = paint(field, vertices, faces, within(watch, 0.8, 1.0))
    if field.to_world is not None:
        vertices = np.ascontiguousarray(field.to_world(vertices), np.float32)
    return TriangleMesh(vertices, faces, colours)


def colours_of_mesh(field: Field, vertices: np.ndarray, faces: np.ndarray, watch: Watch) -> np.ndarray | None:
    """Colours (N, 4) uint8 sRGB of vertices (N, 3) in the field's frame by all that the field knows; None where it
    has no colours.
    """
    if field.paint is None:
        return colours_of_points(field, vertices, faces, watch)
    watch.step(0.0, "colouring")
    return _bytes(np.asarray(field.paint(vertices, faces), np.float32))


def colours_of_points(field: Field, vertices: np.ndarray, faces: np.ndarray, watch: Watch) -> np.ndarray | None:
    """The same by the field's colours alone, which is cheaper; None where it has none."""
    if field.colours is None:
        return None
    rgb = np.empty((len(vertices), 3), np.float32)
    for start in range(0, len(vertices), BATCH):
        watch.step(start / len(vertices), "colouring")
        rgb[start : start + BATCH] = field.colours(vertices[start : start + BATCH])
    return _bytes(rgb)


def _bytes(rgb: np.ndarray) -> np.ndarray:
    rgba = np.full((len(rgb), 4), 255, np.uint8)
    rgba[:, :3] = np.rint(np.clip(np.nan_to_num(rgb), 0.0, 1.0) * 255.0)
    return rgba
