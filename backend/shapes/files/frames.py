"""Which way is up in a file of points, and the turn from there to the world frame."""

from __future__ import annotations

import numpy as np

from ...errors import BadRequest

# Rows are the world's axes in the file's. Each is a rotation, and what a file of that convention has as its front
# comes to face −Y: +Y up shows its front to +Z (OpenGL, LGM), −Y up to −Z (COLMAP and captures: y down, camera at −z).
TO_WORLD = {
    "+Z": np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float64),
    "-Z": np.array([[-1, 0, 0], [0, 1, 0], [0, 0, -1]], np.float64),
    "+Y": np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64),
    "-Y": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64),
}
AUTO = "auto"
_COMMENT = "vertical axis:"


def turn(up: str) -> np.ndarray:
    """File → world, (4,4) float64. Raises BadRequest."""
    if up not in TO_WORLD:
        raise BadRequest(f"“{up}” is no direction to be up.", f"Choose one of: {', '.join([AUTO, *TO_WORLD])}.")
    matrix = np.eye(4)
    matrix[:3, :3] = TO_WORLD[up]
    return matrix


def comment(up: str) -> str:
    """The header's comment that says so, in the words that nerfstudio's exporter uses."""
    return f"Vertical Axis: {up.lower().lstrip('+')}"


def told(comments: tuple[str, ...]) -> str | None:
    """What such a comment says, None where there is none."""
    for line in comments:
        if line.lower().startswith(_COMMENT):
            axis = line[len(_COMMENT) :].strip().upper()
            axis = axis if axis[:1] in "+-" else f"+{axis}"
            if axis in TO_WORLD:
                return axis
    return None
