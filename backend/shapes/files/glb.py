"""glTF 2.0 in one binary file, Y-up with the front towards +Z as its specification asks (§3.4).

Vertex colours of glTF are linear (§3.7.2.1) and multiply the material's base colour, which is left white.
They are stored as 16-bit normalised integers: 8 bits of linear light would band in the shadows.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..mesh import TriangleMesh
from .axes import y_up

_COMPONENT = {"f4": 5126, "u2": 5123, "u4": 5125}
_ARRAY, _INDEX = 34962, 34963  # what a buffer view is for
_JSON, _BIN = 0x4E4F534A, 0x004E4942


def parts(mesh: TriangleMesh, name: str) -> Iterator[bytes]:
    """One node, one mesh, one primitive with indices, normals, and colours if there are any."""
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    chunks: list[bytes] = []
    length = 0

    def add(array: np.ndarray, kind: str, target: int, **more: Any) -> int:
        nonlocal length
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        data = array.tobytes()
        views.append({"buffer": 0, "byteOffset": length, "byteLength": len(data), "target": target})
        component = _COMPONENT[array.dtype.str[1:]]
        accessors.append(
            {"bufferView": len(views) - 1, "componentType": component, "count": len(array), "type": kind, **more}
        )
        chunks.append(data + b"\0" * (-len(data) % 4))
        length += len(chunks[-1])
        return len(accessors) - 1

    points = y_up(mesh.vertices).astype(np.float32)
    box = {"min": points.min(0).tolist(), "max": points.max(0).tolist()}
    attributes = {
        "POSITION": add(points, "VEC3", _ARRAY, **box),
        "NORMAL": add(_vertex_normals(points, mesh.faces), "VEC3", _ARRAY),
    }
    if mesh.colours is not None:
        attributes["COLOR_0"] = add(_linear(mesh.colours), "VEC4", _ARRAY, normalized=True)
    index = np.uint16 if len(points) < 65536 else np.uint32  # 65535 itself is reserved, and is never reached
    indices = add(mesh.faces.astype(index).ravel(), "SCALAR", _INDEX)
    material = {"name": name, "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.8}}
    document = {
        "asset": {"version": "2.0", "generator": "Maquette"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": name, "mesh": 0}],
        "meshes": [{"name": name, "primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}],
        "materials": [material],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": length}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    yield struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + length)
    yield struct.pack("<II", len(text), _JSON) + text
    yield struct.pack("<II", length, _BIN)
    yield from chunks


def _vertex_normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (N, 3), means of the faces' weighted by area; where there is none, up."""
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.stack([np.bincount(faces.ravel(), np.repeat(across[:, axis], 3), len(points)) for axis in range(3)], 1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    known = length > 1e-20
    return np.where(known, normals / np.where(known, length, 1), [0.0, 1.0, 0.0]).astype(np.float32)


def _linear(colours: np.ndarray) -> np.ndarray:
    """(N, 4) uint8 sRGB with alpha → (N, 4) uint16 linear with alpha (IEC 61966-2-1)."""
    level = np.arange(256) / 255
    light = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    out = np.rint(light * 65535).astype(np.uint16)[colours]
    out[:, 3] = colours[:, 3].astype(np.uint16) * 257
    return out
