"""Arrays → a mesh in Blender: ours, the way glTF's importer fills a mesh, and that importer itself on a file."""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 400, 500  # 200,000 vertices, 399,202 triangles
REPEATS = 5


def rows() -> list[dict]:
    """Best of a few, taken in turns. Columns as in the other benches."""
    ours = _ours()
    vertices, faces, colours = _sheet()
    with tempfile.TemporaryDirectory() as folder:
        path = _glb(Path(folder), ours, vertices, faces, colours)
        timed = _best(
            {
                "plain": lambda: ours.build_mesh("a", vertices, faces),
                "coloured": lambda: ours.build_mesh("a", vertices, faces, colours),
                "as glTF": lambda: _as_gltf_fills(vertices, faces, colours),
                "glTF": lambda: bpy.ops.import_scene.gltf(filepath=str(path)),
                "pydata": lambda: bpy.data.meshes.new("a").from_pydata(vertices, [], faces),
                "validate": lambda: ours.build_mesh("a", vertices, faces).validate(),
            }
        )
    size = f"{len(vertices):,} vertices, {len(faces):,} triangles"
    checked = timed["validate"] - timed["plain"]
    return [
        _row("mesh with colours", timed["coloured"], "as glTF's importer fills one", timed["as glTF"], size),
        _row("mesh with colours", timed["coloured"], "glTF's importer, from a file", timed["glTF"], size),
        _row("mesh without colours", timed["plain"], "Mesh.from_pydata, from arrays", timed["pydata"], size),
        _row("checking the arrays", _checking(ours, vertices, faces, colours), "Mesh.validate", checked, size),
    ]


def _row(stage: str, seconds: float, peer: str, peer_seconds: float, note: str) -> dict:
    return {"stage": stage, "ours_seconds": seconds, "peer": peer, "peer_seconds": peer_seconds, "note": note}


def _ours() -> types.ModuleType:
    """The add-on's module, from the checkout as the one package it is."""
    if "maquette" not in sys.modules:
        package = types.ModuleType("maquette")
        package.__path__ = [str(ROOT)]
        sys.modules["maquette"] = package
    return importlib.import_module("maquette.blender_addon.mesh")


def _sheet() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A wavy sheet: (N, 3) float32, (M, 3) int32, (N, 4) uint8."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    vertices = np.stack([x / COLUMNS, y / ROWS, np.sin(x / 20) * np.cos(y / 30) / 10], -1).reshape(-1, 3)
    corner = (y * COLUMNS + x)[:-1, :-1].ravel()
    lower = np.stack([corner, corner + 1, corner + COLUMNS], -1)
    upper = np.stack([corner + 1, corner + COLUMNS + 1, corner + COLUMNS], -1)
    colours = np.random.default_rng(0).integers(0, 256, (ROWS * COLUMNS, 4))
    return vertices.astype(np.float32), np.concatenate([lower, upper]).astype(np.int32), colours.astype(np.uint8)


def _as_gltf_fills(vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray) -> None:
    """What the importer of Blender 4.2 to 5.2 asks of Blender for one coloured primitive, its own bookkeeping left
    out: the same attributes, byte colours at the corners, given as linear floats, then ``validate`` and ``update``."""
    mesh = bpy.data.meshes.new("a")
    mesh.vertices.add(len(vertices))
    mesh.attributes["position"].data.foreach_set("vector", vertices.ravel())
    mesh.loops.add(faces.size)
    mesh.attributes[".corner_vert"].data.foreach_set("value", faces.ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 3, dtype=np.int32))
    layer = mesh.color_attributes.new("Color", "BYTE_COLOR", "CORNER")
    layer.data.foreach_set("color", (colours.astype(np.float32) / 255)[faces.ravel()].ravel())
    sharp = mesh.attributes.new("sharp_face", "BOOLEAN", "FACE")
    sharp.data.foreach_set("value", np.zeros(len(faces), bool))
    mesh.validate()
    mesh.update(calc_edges_loose=False)


def _glb(folder: Path, ours: types.ModuleType, vertices, faces, colours) -> Path:
    _empty()
    mesh = ours.build_mesh("sheet", vertices, faces, colours)
    thing = bpy.data.objects.new("sheet", mesh)
    bpy.context.scene.collection.objects.link(thing)
    path = folder / "sheet.glb"
    bpy.ops.export_scene.gltf(filepath=str(path), export_vertex_color="ACTIVE", export_normals=False)
    return path


def _checking(ours: types.ModuleType, vertices, faces, colours) -> float:
    return _best({"": lambda: ours._checked(vertices, faces, colours)})[""]


def _best(jobs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the quickest run of each; the file is emptied between runs."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(REPEATS):
        for name, job in jobs.items():
            _empty()
            began = time.perf_counter()
            job()
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def _empty() -> None:
    bpy.ops.wm.read_homefile(use_empty=True)


if __name__ == "__main__":
    for row in rows():
        print(row)
