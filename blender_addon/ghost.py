"""The early look at what is being made: drawn where the result will stand, and part of neither the file nor its undo.

Blender has no graphics without a window, so there only the state is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

MOST_FACES = 300_000  # more than an early mesh ever has
LIGHT = np.float32([0.35, -0.6, 0.72])  # from the front, above and a little from the right
DARKEST = 0.45  # of a colour, on the side that lies in shade


@dataclass
class Ghost:
    """``job`` whose early mesh it is; ``scene`` by its session id; ``points`` (N,3) float32 metres in the world;
    ``faces`` (M,3) int32; ``colours`` (N,4) float32 sRGB, shaded. ``batch`` is made when it is first drawn.
    """

    job: str
    scene: int
    points: np.ndarray
    faces: np.ndarray
    colours: np.ndarray
    batch: Any = None


shown: Ghost | None = None
_handle: Any = None


def show(job: str, scene: int, arrays: dict[str, Any], location: tuple[float, ...]) -> bool:
    """Puts the job's early mesh, arrays as in ``link.Preview``, at a place in metres. Whether there is anything new to
    be drawn.
    """
    global shown, _handle
    points, faces, colours = (np.asarray(arrays[name]) for name in ("vertices", "faces", "colours"))
    if len(faces) > MOST_FACES:
        return False
    shown = Ghost(job, scene, points + np.float32(location), faces, shaded(points, faces, colours))
    if _handle is None and not bpy.app.background:
        _handle = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")
    return True


def hide() -> bool:
    """Whether there was anything to be seen."""
    global shown, _handle
    if _handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handle, "WINDOW")
        _handle = None
    was, shown = shown is not None, None
    return was


def shaded(points: np.ndarray, faces: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Colours (N,4) uint8 → (N,4) float32 in [0, 1], darker where the surface turns away from the light."""
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])  # as long as the face is large
    at = faces.ravel()
    normals = np.stack([np.bincount(at, np.repeat(across[:, k], 3), len(points)) for k in range(3)], axis=1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    facing = (normals / np.where(length > 0, length, 1)) @ LIGHT
    result = colours.astype(np.float32) / 255
    result[:, :3] *= (DARKEST + (1 - DARKEST) * np.clip(facing, 0, 1)).astype(np.float32)[:, None]
    result[:, 3] = 1
    return result


def _draw() -> None:
    ghost = shown
    if ghost is None or bpy.context.scene.session_uid != ghost.scene:
        return
    import gpu
    from gpu_extras.batch import batch_for_shader

    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    if ghost.batch is None:
        vertices = {"pos": ghost.points, "color": ghost.colours}
        ghost.batch = batch_for_shader(shader, "TRIS", vertices, indices=ghost.faces)
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.depth_mask_set(True)
    try:
        ghost.batch.draw(shader)
    finally:
        gpu.state.depth_test_set("NONE")
        gpu.state.depth_mask_set(False)
