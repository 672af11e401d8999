"""A picture that knows how far away everything in it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DepthView:
    """One camera's view of an object.

    ``rgba`` (H,W,4) float32 straight sRGB in [0, 1], row 0 on top; ``depth`` (H,W) float32 metres along the camera's
    −Z axis, infinite where it sees nothing; ``to_world`` (4,4) float32, the camera's frame (+X right, +Y up, looking
    along −Z, as Blender and OpenGL have it) to the world frame. ``fov`` is the vertical field of view in radians, or 0
    for an orthographic camera that sees ``extent`` metres from bottom to top.
    """

    rgba: np.ndarray
    depth: np.ndarray
    to_world: np.ndarray
    fov: float = 0.0
    extent: float = 1.0
