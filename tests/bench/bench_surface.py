"""The way from a field to a finished mesh, stage by stage, beside what others do of it in the same run.

The peers ask the field at every node, because that is all they can do, and are compiled; ours is NumPy and asks where
the surface may be. Every time is the best of a few runs, ours and the peer's in turn, on one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from maquette.backend.engines.engine import Watch
from maquette.backend.shapes import SignedDistanceField, TriangleMesh
from maquette.backend.surface.decimate import decimate
from maquette.backend.surface.finish import finish
from maquette.backend.surface.marching_cubes import dense_cells, marching_cubes
from maquette.backend.surface.measure import measure, watertight
from maquette.backend.surface.sparse import dense, sparse
from peers import row

LOWER, UPPER = np.array([-1, -1, -1.5], np.float32), np.array([1, 1, 1.5], np.float32)


def bumps(points: np.ndarray) -> np.ndarray:
    """A bumpy ball in a ring: about as much surface as an object has. Not steeper than 1.6."""
    x, y, z = points.T
    ball = 0.62 - np.sqrt(x * x + y * y + z * z) + 0.02 * np.sin(14 * x) * np.sin(13 * y + 1) * np.sin(12 * z + 2)
    return np.maximum(ball, 0.1 - np.hypot(np.hypot(x, y) - 0.8, z))


FIELD = SignedDistanceField(bumps, LOWER, UPPER, lipschitz=1.6)


def rows() -> list[dict[str, Any]]:
    """Stage, our seconds, who the peer is, the peer's seconds, and what was done."""
    measured = []
    for resolution in (128, 192):
        measured += _search(resolution) + _march(resolution)
    return measured + _thin_out()


def _search(resolution: int) -> list[dict[str, Any]]:
    """Field in, mesh out: what counts for the user."""
    found = sparse(FIELD, resolution, Watch())
    note = f"{resolution} across: {found.evaluated:,} points asked of {_values(resolution).size:,}"

    def ours() -> Any:
        found = sparse(FIELD, resolution, Watch())
        return marching_cubes(found.cells, found.corners)

    pairs = [
        ("scikit-image, dense", lambda: _skimage(_values(resolution))),
        ("PyMCubes, dense", lambda: _mcubes(_values(resolution))),
    ]
    return [row("search and marching cubes", ours, peer, theirs, note) for peer, theirs in pairs]


def _march(resolution: int) -> list[dict[str, Any]]:
    """Values in, mesh out: marching cubes alone, from the same values."""
    values, found = _values(resolution), sparse(FIELD, resolution, Watch())
    vertices, faces = marching_cubes(found.cells, found.corners)
    note = f"{len(vertices):,} vertices, {len(faces):,} faces"
    pairs = [("scikit-image", lambda: _skimage(values)), ("PyMCubes", lambda: _mcubes(values))]
    crossed = lambda: marching_cubes(found.cells, found.corners)  # noqa: E731
    whole = lambda: marching_cubes(*dense_cells(values))  # noqa: E731
    return [row("marching cubes, crossed cells", crossed, peer, theirs, note) for peer, theirs in pairs] + [
        row("marching cubes, full array", whole, peer, theirs, note) for peer, theirs in pairs
    ]


def _thin_out() -> list[dict[str, Any]]:
    measured = []
    for resolution in (96, 168):
        found = dense(FIELD, resolution, Watch())
        vertices, faces = marching_cubes(found.cells, found.corners, margin=2.0**-10)
        mesh = TriangleMesh(found.lattice.points(vertices), faces)
        peer, theirs = _fast_simplification(mesh)
        thin = decimate(mesh, 20_000, Watch())
        note = f"{len(faces):,} → {len(thin.faces):,} faces, closed: {watertight(thin.faces)}"
        measured.append(row("decimate", lambda mesh=mesh: decimate(mesh, 20_000, Watch()), peer, theirs, note))
        done = lambda mesh=mesh: finish(mesh, 20_000, 0.0, Watch())  # noqa: E731
        measured.append(row("finish, all of it", done, "", None, f"{measure(mesh).faces:,} faces, decimation included"))
    return measured


def _values(resolution: int) -> np.ndarray:
    """The field at every node of the box and a layer of outside, as a peer needs it."""
    sides = np.rint((UPPER - LOWER) / 2.0 * resolution).astype(int) + 1
    axes = [np.linspace(LOWER[k], UPPER[k], sides[k], dtype=np.float32) for k in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    values = np.concatenate([bumps(part) for part in np.array_split(grid, 64)])
    return np.pad(values.reshape(sides), 1, constant_values=-1.0)


def _skimage(values: np.ndarray) -> Any:
    from skimage.measure import marching_cubes as peer

    return peer(values, 0.0)


def _mcubes(values: np.ndarray) -> Any:
    import mcubes

    return mcubes.marching_cubes(values, 0.0)


def _fast_simplification(mesh: TriangleMesh) -> tuple[str, Callable[[], Any] | None]:
    try:
        import fast_simplification
    except ImportError:
        return "", None
    name = "fast-simplification"
    if not watertight(fast_simplification.simplify(mesh.vertices, mesh.faces, target_count=20_000)[1]):
        name += " (tears the mesh)"
    return name, lambda: fast_simplification.simplify(mesh.vertices, mesh.faces, target_count=20_000)
