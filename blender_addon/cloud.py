"""Gaussians or points → a mesh of bare vertices that carry all that is known of them as attributes."""

from __future__ import annotations

import math

import bpy
import numpy as np

from .ellipsoids import REACH, SCALE, TURN, show
from .material import vertex_colour_material
from .mesh import colour

MOST = {"splats": 60_000, "points": 150_000}  # are shown unless the user asks for more: over a million triangles
SEEN = 0.2  # a Gaussian is drawn as far as it is denser than this
NEAREST = 0.5  # standard deviations that even the faintest is drawn


def build_cloud(name: str, arrays: dict, how: str, most: int = 0) -> tuple[bpy.types.Object, str]:
    """A new object, linked nowhere, and a sentence where not everything is in it.

    ``arrays`` as in link.Result of kind cloud, checked by ``job.check_cloud``. ``how`` splats | points; points that
    are no Gaussians are shown as points. ``most`` of them, 0 for as many as is sensible.
    """
    arrays = {key: np.asarray(array) for key, array in arrays.items()}
    how = how if "scales" in arrays else "points"
    total, most = len(arrays["points"]), most or MOST[how]
    if total > most:
        kept = _foremost(arrays, most)
        arrays = {key: array[kept] for key, array in arrays.items()}
    mesh = bpy.data.meshes.new(name)
    thing = None
    try:
        _fill(mesh, arrays)
        thing = bpy.data.objects.new(name, mesh)
        show(thing, how, 1.0 if how == "splats" else _radius(arrays["points"]), vertex_colour_material())
    except BaseException:
        if thing is not None:
            bpy.data.objects.remove(thing)
        bpy.data.meshes.remove(mesh)
        raise
    if total <= most:
        return thing, ""
    which = "largest" if "scales" in arrays else "points"
    what = f"{total:,} {'Gaussians' if 'scales' in arrays else 'points'}"
    return thing, f"“{name}” shows the {most:,} {which} of {what}; import it with more At Most to see all."


def _fill(mesh: bpy.types.Mesh, arrays: dict[str, np.ndarray]) -> None:
    """Vertices and their attributes. ``opacity`` is the colour's alpha."""
    points, colours = arrays["points"], arrays["colours"]
    mesh.vertices.add(len(points))
    mesh.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(points, np.float32).ravel())
    colour(mesh, colours)
    opacity = colours[:, 3] / np.float32(255)
    _attribute(mesh, "opacity", "FLOAT", opacity)
    if "scales" in arrays:
        _attribute(mesh, SCALE, "FLOAT_VECTOR", np.abs(arrays["scales"]))
        _attribute(mesh, TURN, "QUATERNION", _unit(arrays["rotations"]))
        reach = np.sqrt(2 * np.log(np.maximum(opacity / SEEN, 1.0)))
        _attribute(mesh, REACH, "FLOAT", np.maximum(reach, NEAREST))
    if "normals" in arrays:
        _attribute(mesh, "direction", "FLOAT_VECTOR", arrays["normals"])  # “normal” is Blender's own
    mesh.update()


def _attribute(mesh: bpy.types.Mesh, name: str, kind: str, values: np.ndarray) -> None:
    layer = mesh.attributes.new(name, kind, "POINT")
    key = "vector" if kind == "FLOAT_VECTOR" else "value"
    layer.data.foreach_set(key, np.ascontiguousarray(values, np.float32).ravel())


def _foremost(arrays: dict[str, np.ndarray], most: int) -> np.ndarray:
    """Which to keep, in their order: the Gaussians that cover most, or points taken evenly at random."""
    if "scales" not in arrays:
        return np.sort(np.random.default_rng(0).choice(len(arrays["points"]), most, replace=False))
    sides = np.sort(np.abs(arrays["scales"].astype(np.float64)), axis=1)
    covers = sides[:, 1] * sides[:, 2] * arrays["colours"][:, 3]
    return np.sort(np.argpartition(-covers, most - 1)[:most])


def _unit(quaternions: np.ndarray) -> np.ndarray:
    """Of length 1; what has none turns nothing."""
    length = np.linalg.norm(quaternions.astype(np.float64), axis=1, keepdims=True)
    return np.where(length > 1e-12, quaternions / np.maximum(length, 1e-12), (1.0, 0.0, 0.0, 0.0))


def _radius(points: np.ndarray) -> float:
    """Of a point, metres: neighbours on a surface of the cloud's size just touch."""
    low, high = np.percentile(points, (1, 99), axis=0)
    return max(0.4 * float(np.linalg.norm(high - low)) / math.sqrt(len(points)), 1e-4)
