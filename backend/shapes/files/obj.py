"""Wavefront OBJ, Y-up with the front towards +Z, colours behind the positions (``v x y z r g b``).

The format says nothing of vertex colours; programs that read them (Blender, MeshLab, ZBrush's successors)
take them as sRGB in [0, 1], so that is what is written.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..mesh import TriangleMesh
from .axes import y_up

_LINES = 1 << 14  # lines formatted at a time: quick, and little memory


def parts(mesh: TriangleMesh, name: str) -> Iterator[bytes]:
    yield f"o {''.join(c if c.isprintable() else '_' for c in name)}\n".encode()
    vertices, form = y_up(mesh.vertices).astype(np.float64), "v %.6f %.6f %.6f\n"
    if mesh.colours is not None:
        vertices = np.concatenate([vertices, mesh.colours[:, :3] / 255.0], 1)
        form = "v %.6f %.6f %.6f %.4f %.4f %.4f\n"
    yield from _lines(vertices, form)
    yield b"s 1\n"  # smooth shading
    yield from _lines(mesh.faces.astype(np.int64) + 1, "f %d %d %d\n")


def _lines(table: np.ndarray, form: str) -> Iterator[bytes]:
    for start in range(0, len(table), _LINES):
        rows = table[start : start + _LINES]
        yield (form * len(rows) % tuple(rows.ravel().tolist())).encode("ascii")
