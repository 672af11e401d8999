"""Objects in the scene → pictures with depths from all around, by casting rays at their triangles.

Nothing of the scene is touched: no camera, no render, no setting; it works without a window and a graphics card.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from .pictures import read_datablock
from .problems import NothingToRun, Problem

SIDE = {"fast": 96, "standard": 128, "fine": 192}  # pixels of a picture
MARGIN = 1.05  # of the field of view about the object
MOST_TRIANGLES = 500_000  # about two seconds of looking, during which Blender waits
_GREY = (0.8, 0.8, 0.8, 1.0)  # linear, as a new material has it
# From where it is looked at: the six faces and the eight corners of a cube.
DIRECTIONS = [
    np.array(way, np.float64) / math.sqrt(sum(abs(x) for x in way))
    for way in product((-1, 0, 1), repeat=3)
    if sum(map(abs, way)) in (1, 3)
]


@dataclass
class Skin:
    """World-space triangles: ``points`` (N,3) float64, ``triangles`` (T,3) int32; ``colours`` (T,3,4) float32 sRGB at
    their corners; ``uvs`` (T,3,2) float32 and ``images`` (T,), the number of a picture in ``pictures`` or -1.
    """

    points: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray
    uvs: np.ndarray
    images: np.ndarray
    pictures: list[np.ndarray]


def scan(things: list[bpy.types.Object], preset: str) -> dict[str, np.ndarray]:
    """``Request.arrays`` of depth views (docs/protocol.md). Raises NothingToRun where nothing has a surface."""
    skin = skin_of(things)
    low, high = skin.points.min(axis=0), skin.points.max(axis=0)
    centre, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    if not radius > 0 or not np.isfinite(radius):
        raise NothingToRun("What is selected has no size.", "Select an object with a surface.")
    tree = BVHTree.FromPolygons(skin.points.tolist(), skin.triangles.tolist(), all_triangles=True)
    side = SIDE[preset]
    poses = [_pose(centre + 2 * radius * way, way) for way in DIRECTIONS]
    seen = [_look(tree, skin, pose, 2 * radius * MARGIN, side) for pose in _counted(poses)]
    return {
        "rgba": np.stack([rgba for rgba, _ in seen]),
        "depths": np.stack([depth for _, depth in seen]),
        "poses": np.stack(poses).astype(np.float32),
        "views": np.tile(np.float32([0.0, 2 * radius * MARGIN]), (len(poses), 1)),
    }


def _counted(poses: list[np.ndarray]) -> Iterator[np.ndarray]:
    """One after the other, told to the user by the pointer, for Blender waits meanwhile."""
    manager = bpy.context.window_manager
    manager.progress_begin(0, len(poses))
    try:
        for done, pose in enumerate(poses):
            manager.progress_update(done)
            yield pose
    finally:
        manager.progress_end()


def _pose(at: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Camera → world, (4,4): +X right, +Y up, looking along −Z, which is ``-back``."""
    up = np.array([0.0, 1.0, 0.0]) if abs(back[2]) > 0.9 else np.array([0.0, 0.0, 1.0])
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(back, right), back, at
    return pose


def _look(tree: BVHTree, skin: Skin, pose: np.ndarray, extent: float, side: int) -> tuple[np.ndarray, np.ndarray]:
    """rgba (H,W,4) uint8 and depth (H,W) float32, 0 where nothing is seen, row 0 on top."""
    step = extent / side
    offsets = (np.arange(side) + 0.5) * step - extent / 2
    inside = (skin.points - pose[:3, 3]) @ pose[:3, :2]
    low, high = inside.min(axis=0) - step, inside.max(axis=0) + step
    x, y = np.meshgrid(offsets, -offsets)
    rows, columns = np.nonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    starts = pose[:3, 3] + x[rows, columns, None] * pose[:3, 0] + y[rows, columns, None] * pose[:3, 1]
    direction, cast = Vector(-pose[:3, 2]), tree.ray_cast
    hits = [cast(start, direction) for start in starts.tolist()]
    struck = np.array([hit[2] is not None for hit in hits], bool)
    rgba, depth = np.zeros((side, side, 4), np.uint8), np.zeros((side, side), np.float32)
    if struck.any():
        triangles = np.array([hit[2] for hit in hits if hit[2] is not None])
        places = np.array([hit[0] for hit in hits if hit[2] is not None])
        rgba[rows[struck], columns[struck]] = _colours_at(skin, triangles, places)
        depth[rows[struck], columns[struck]] = [hit[3] for hit in hits if hit[2] is not None]
    return rgba, depth


def _colours_at(skin: Skin, triangles: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N,4) uint8 sRGB at places on triangles, opaque."""
    weights = _barycentric(skin.points[skin.triangles[triangles]], places)
    colours = np.einsum("nc,ncd->nd", weights, skin.colours[triangles])
    uvs = np.einsum("nc,ncd->nd", weights, skin.uvs[triangles])
    for number, picture in enumerate(skin.pictures):
        here = skin.images[triangles] == number
        height, width = picture.shape[:2]
        column = np.floor((uvs[here, 0] % 1.0) * width).astype(int).clip(0, width - 1)
        row = np.floor((1.0 - uvs[here, 1] % 1.0) * height).astype(int).clip(0, height - 1)
        colours[here] = picture[row, column] / 255
    colours[:, 3] = 1.0
    return np.rint(np.clip(colours, 0, 1) * 255).astype(np.uint8)


def _barycentric(corners: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N,3) weights of the corners (N,3,3) at places (N,3) on them."""
    u, v, w = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], places - corners[:, 0]
    uu, uv, vv = (np.einsum("nd,nd->n", a, b) for a, b in ((u, u), (u, v), (v, v)))
    wu, wv = np.einsum("nd,nd->n", w, u), np.einsum("nd,nd->n", w, v)
    area = np.maximum(uu * vv - uv * uv, 1e-30)
    second, third = (vv * wu - uv * wv) / area, (uu * wv - uv * wu) / area
    return np.clip(np.stack([1 - second - third, second, third], axis=1), 0, 1)


# ------------------------------------------------------------------------------------- what is scanned


def skin_of(things: list[bpy.types.Object]) -> Skin:
    """The triangles of the objects as they are seen, modifiers applied. Raises NothingToRun."""
    graph = bpy.context.evaluated_depsgraph_get()
    pictures: dict[str, np.ndarray] = {}
    parts, first = [], 0
    for seen, world in _seen(things, graph):
        try:
            mesh = seen.to_mesh()
        except RuntimeError:  # a light, a camera: no surface
            continue
        try:
            given = [slot.material for slot in seen.material_slots]
            part = _part(mesh, world, given, pictures) if mesh is not None else None
        finally:
            seen.to_mesh_clear()
        if part is not None:
            part[1] += first
            first += len(part[0])
            parts.append(part)
    if not parts:
        raise NothingToRun("Nothing that is selected has a surface.", "Select an object with faces, in Object Mode.")
    skin = Skin(*(np.concatenate(rows) for rows in zip(*parts, strict=True)), list(pictures.values()))
    if len(skin.triangles) > MOST_TRIANGLES:
        raise NothingToRun(
            f"{len(skin.triangles):,} triangles are too many to look at; {MOST_TRIANGLES:,} are the most.",
            "Select less, or add a Decimate modifier.",
        )
    return skin


def _seen(things: list[bpy.types.Object], graph: bpy.types.Depsgraph) -> Iterator[tuple[bpy.types.Object, np.ndarray]]:
    """The evaluated objects with where they stand: the given ones, and what they instance."""
    wanted = set(things)
    for one in graph.object_instances:
        whose = one.parent if one.is_instance else one.object
        if whose is not None and whose.original in wanted:
            yield one.object, np.array(one.matrix_world)


def _part(
    mesh: bpy.types.Mesh, world: np.ndarray, given: list[bpy.types.Material | None], pictures: dict[str, np.ndarray]
) -> list[np.ndarray] | None:
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    if not count:
        return None
    points = _read(mesh.vertices, "co", len(mesh.vertices), 3).astype(np.float64)
    triangles = _read(mesh.loop_triangles, "vertices", count, 3, np.int32)
    loops = _read(mesh.loop_triangles, "loops", count, 3, np.int32)
    materials = _read(mesh.loop_triangles, "material_index", count, 1, np.int32)[:, 0]
    colours, images = _of_materials(given, materials, pictures)
    layer = mesh.color_attributes.active_color
    if layer is not None and layer.domain in ("POINT", "CORNER"):
        values = _read(layer.data, "color_srgb", len(layer.data), 4)
        colours, images = values[triangles if layer.domain == "POINT" else loops], np.full(count, -1)
    uvs = np.zeros((count, 3, 2), np.float32)
    if mesh.uv_layers.active is not None:
        uvs = _read(mesh.uv_layers.active.data, "uv", len(mesh.loops), 2)[loops]
    return [points @ world[:3, :3].T + world[:3, 3], triangles, colours, uvs, images]


def _read(things, key: str, count: int, width: int, dtype: type = np.float32) -> np.ndarray:
    values = np.empty(count * width, dtype)
    things.foreach_get(key, values)
    return values.reshape(count, width)


def _of_materials(
    given: list[bpy.types.Material | None], materials: np.ndarray, pictures: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Colours (T,3,4) sRGB and numbers of pictures (T,) as the materials' Base Color has them."""
    found = [_base_colour(material, pictures) for material in given] or [(_GREY, -1)]
    chosen = np.clip(materials, 0, len(found) - 1)
    linear = np.array([colour for colour, _ in found], np.float64)[:, :3]
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)
    colours = np.concatenate([srgb, np.ones((len(srgb), 1))], axis=1).astype(np.float32)
    return np.repeat(colours[chosen][:, None], 3, axis=1), np.array([number for _, number in found])[chosen]


def _base_colour(material: bpy.types.Material | None, pictures: dict[str, np.ndarray]) -> tuple[tuple, int]:
    """Its colour, linear, and the number of the picture that gives it instead, or -1."""
    tree = material.node_tree if material is not None else None
    surface = next((node for node in tree.nodes if node.type == "BSDF_PRINCIPLED"), None) if tree is not None else None
    if surface is None:
        return (tuple(material.diffuse_color) if material is not None else _GREY), -1
    socket = surface.inputs["Base Color"]
    image = (
        socket.links[0].from_node.image if socket.is_linked and socket.links[0].from_node.type == "TEX_IMAGE" else None
    )
    if image is not None:
        try:
            known = image.name_full  # with its library
            if known not in pictures:
                pictures[known] = read_datablock(image)
            return _GREY, list(pictures).index(known)
        except Problem:  # its file is gone: the colour beside it will do
            pass
    return tuple(socket.default_value), -1
