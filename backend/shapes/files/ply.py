"""Stanford PLY, binary little-endian, in the world frame (+Z up, front −Y)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..mesh import TriangleMesh


def parts(mesh: TriangleMesh, name: str) -> Iterator[bytes]:
    """Positions as float32, colours, if there are any, as 8-bit sRGB with alpha. PLY has no place for ``name``."""
    fields = [("position", "<f4", 3)]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(mesh.vertices)}"]
    header += [f"property float {axis}" for axis in "xyz"]
    if mesh.colours is not None:
        fields.append(("colour", "u1", 4))
        header += [f"property uchar {channel}" for channel in ("red", "green", "blue", "alpha")]
    header += [f"element face {len(mesh.faces)}", "property list uchar int vertex_indices", "end_header", ""]
    yield "\n".join(header).encode("ascii")
    vertices = np.empty(len(mesh.vertices), np.dtype(fields))  # type: ignore[arg-type]
    vertices["position"] = mesh.vertices
    if mesh.colours is not None:
        vertices["colour"] = mesh.colours
    yield vertices.tobytes()
    faces = np.empty(len(mesh.faces), np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    faces["count"], faces["corners"] = 3, mesh.faces
    yield faces.tobytes()
