"""Meshes as files: ``.glb``, ``.obj``, ``.ply``; Gaussians and points as ``.ply`` (``cloud``).

To add a format: write ``parts(mesh, name) -> Iterable[bytes]`` in a module of its own, list its suffix in
``FORMATS`` below, and re-import what it writes into Blender in tests/blender/test_files_reimport.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import BadRequest, EmptySurface
from ..mesh import TriangleMesh
from . import glb, obj, ply
from .atomic import write_atomically
from .cloud import read_cloud as read_cloud
from .cloud import write_cloud as write_cloud

FORMATS = {".glb": glb.parts, ".obj": obj.parts, ".ply": ply.parts}


def write_mesh(path: str | Path, mesh: TriangleMesh) -> None:
    """Writes ``mesh`` (world frame, metres) in the format of the path's suffix; an older file is replaced
    only once the new one is whole.

    ``.glb`` and ``.obj`` are Y-up with the front towards +Z, as their importers expect; ``.ply`` stays in the
    world frame. Raises BadRequest (suffix, place not writable), MissingFolder, DiskFull, EmptySurface (no
    faces), and ValueError where the arrays are not what TriangleMesh promises.
    """
    path = Path(path)
    parts = FORMATS.get(path.suffix.lower())
    if parts is None:
        raise BadRequest(
            f"Meshes cannot be written as “{path.suffix or path.name}”.",
            f"Use a name that ends in one of {', '.join(FORMATS)}.",
        )
    _check(mesh)
    write_atomically(path, parts(mesh, path.stem))


def _check(mesh: TriangleMesh) -> None:
    vertices, faces, colours = mesh.vertices, mesh.faces, mesh.colours
    if vertices.ndim != 2 or vertices.shape[1] != 3 or faces.ndim != 2 or faces.shape[1] != 3:
        raise ValueError(f"vertices {vertices.shape} and faces {faces.shape} are not (N, 3) and (M, 3)")
    if colours is not None and (colours.shape != (len(vertices), 4) or colours.dtype != np.uint8):
        raise ValueError(f"colours {colours.shape} {colours.dtype} are not (N, 4) uint8")
    if not len(faces):
        raise EmptySurface("The mesh has no faces, so there is nothing to save.", "Generate it again.")
    if faces.min() < 0 or faces.max() >= len(vertices) or not np.isfinite(vertices).all():
        raise ValueError("a face names a vertex that does not exist, or a vertex is not finite")
