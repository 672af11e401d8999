"""What a request brings beside pictures and words: a file of Gaussians or points, or arrays of points or depths.

Everything is checked here, strictly and before anything is computed from it: requests come over a socket, and a
wrong number must end in a sentence and not in a loop over NaN.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import BadRequest
from .protocol import Request
from .shapes import DepthView, PointCloud

SUFFIX = ".ply"
MAX_FILE = 2 << 30  # bytes: over eight million Gaussians with all their harmonics
MAX_POINTS = 10_000_000
MAX_VIEWS = 64
MAX_SIDE = 4096  # pixels of a depth map
FARTHEST = 1e6  # metres: beyond them single precision leaves steps that can be seen
NARROWEST = 1e-3  # radians of a field of view, and as far from half a turn
SMALLEST = 1e-6  # metres from bottom to top of what an orthographic camera sees
RIGID = 1e-3  # how far a camera's axes may be from unit length and right angles

POINTS = ("points", "colours", "normals")
DEPTHS = ("rgba", "depths", "poses", "views")
AGAIN = "Choose the file again."
ADVICE = "Send points with colours and normals, or rgba with depths, poses and views (docs/protocol.md)."


def given(request: Request) -> str:
    """What the job is to be made from: cloud | depths | views | image | prompt, or "" where there is nothing."""
    if request.file or "points" in request.arrays:
        return "cloud"
    if request.arrays:
        return "depths"
    if request.images:
        return "views" if len(request.images) > 1 else "image"
    return "prompt" if request.prompt.strip() else ""


def check_file(path: str) -> None:
    """Raises BadRequest unless ``path`` is the absolute path of a regular file that may hold a cloud."""
    if not os.path.isabs(path):
        raise BadRequest("The path of the file is not a whole one.", AGAIN)
    name = os.path.basename(path)
    if os.path.splitext(name)[1].lower() != SUFFIX:
        raise BadRequest(f"“{name}” is no file of Gaussians or points.", f"Choose one that ends in {SUFFIX}.")
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise BadRequest(f"There is no file “{path}”.", AGAIN) from None
    except (OSError, ValueError) as error:  # ValueError: a character that no path can hold
        reason = (getattr(error, "strerror", None) or "no such name is possible").lower()
        raise BadRequest(f"“{name}” cannot be opened: {reason}.", AGAIN) from None
    if not stat.S_ISREG(found.st_mode):  # a pipe or a device would never end
        raise BadRequest(f"“{name}” is a folder, a pipe or a device, not a file.", AGAIN)
    if found.st_size > MAX_FILE:
        raise BadRequest(
            f"“{name}” has {found.st_size / 1e9:.1f} GB; the limit is {MAX_FILE / 1e9:.1f} GB.",
            "Thin it out or crop it in a splat editor first.",
        )


def check_arrays(arrays: Mapping[str, Any]) -> None:
    """Raises BadRequest unless ``arrays`` are those of a cloud or of depth views, as docs/protocol.md has them."""
    names = set(arrays)
    if "points" in names:
        _only(names, required={"points"}, allowed=set(POINTS))
        _check_points({name: np.asarray(array) for name, array in arrays.items()})
    else:
        _only(names, required=set(DEPTHS), allowed=set(DEPTHS))
        _check_depths({name: np.asarray(array) for name, array in arrays.items()})


def cloud_of(arrays: Mapping[str, Any]) -> PointCloud:
    """Checked arrays → points; normals are made unit, and those without length stay zero."""
    colours, normals = arrays.get("colours"), arrays.get("normals")
    if normals is not None:
        normals = np.asarray(normals)
        length = np.linalg.norm(normals.astype(np.float64), axis=1, keepdims=True)
        normals = (normals / np.where(length > 0, length, 1)).astype(np.float32)
    return PointCloud(np.asarray(arrays["points"]), None if colours is None else np.asarray(colours), normals)


def views_of(arrays: Mapping[str, Any]) -> tuple[DepthView, ...]:
    """Checked arrays → one DepthView each; a depth of 0, which says that nothing is seen, becomes infinite."""
    rgba, depths, poses, views = (np.asarray(arrays[name]) for name in DEPTHS)
    return tuple(
        DepthView(
            rgba=picture.astype(np.float32) / 255,
            depth=np.where(depth > 0, depth, np.float32(np.inf)),
            to_world=pose,
            fov=float(fov),
            extent=float(extent),
        )
        for picture, depth, pose, (fov, extent) in zip(rgba, depths, poses, views, strict=True)
    )


# ------------------------------------------------------------------------------------------ the checks


def _only(names: set[str], required: set[str], allowed: set[str]) -> None:
    for name in sorted(required - names):
        raise BadRequest(f"The array “{name}” is missing.", ADVICE)
    for name in sorted(names - allowed):
        raise BadRequest(f"There is no array called “{name[:40]}”.", ADVICE)


def _check_points(arrays: Mapping[str, np.ndarray]) -> None:
    points = arrays["points"]
    count = len(points) if points.ndim else 0
    if not 0 < count <= MAX_POINTS:
        raise BadRequest(f"{count:,} points are not 1 to {MAX_POINTS:,}.", "Thin the cloud out first.")
    _expect("points", points, (count, 3), np.float32)
    if "colours" in arrays:
        _expect("colours", arrays["colours"], (count, 4), np.uint8)
    if "normals" in arrays:
        _expect("normals", arrays["normals"], (count, 3), np.float32)
    _within("points", points)


def _check_depths(arrays: Mapping[str, np.ndarray]) -> None:
    rgba, depths, poses, views = (arrays[name] for name in DEPTHS)
    count, height, width = depths.shape if depths.ndim == 3 else (0, 0, 0)
    if not 0 < count <= MAX_VIEWS or not 1 < height <= MAX_SIDE or not 1 < width <= MAX_SIDE:
        sides = " × ".join(f"{side:,}" for side in depths.shape)
        raise BadRequest(f"Depths of {sides} make no sense.", f"Send 1 to {MAX_VIEWS} views of 2 to {MAX_SIDE} pixels.")
    _expect("depths", depths, (count, height, width), np.float32)
    _expect("rgba", rgba, (count, height, width, 4), np.uint8)
    _expect("poses", poses, (count, 4, 4), np.float32)
    _expect("views", views, (count, 2), np.float32)
    _within("depths", depths)
    _within("poses", poses)
    if depths.min() < 0:
        raise BadRequest("A depth is negative.", "Send metres in front of the camera, and 0 where nothing is seen.")
    if not depths.any():
        raise BadRequest("The depths show nothing.", "Point the camera at the object and try again.")
    axes = poses[:, :3, :3].astype(np.float64)
    skewed = np.abs(axes.transpose(0, 2, 1) @ axes - np.eye(3)).max() > RIGID or (np.linalg.det(axes) < 0).any()
    if skewed or (poses[:, 3] != (0, 0, 0, 1)).any():
        raise BadRequest("A camera's pose is scaled, skewed or mirrored.", "Give the camera the scale 1 on every axis.")
    fov, extent = views.T
    parallel, sees = fov == 0, extent[fov == 0]
    if ((fov <= NARROWEST) & ~parallel).any() or (fov >= math.pi - NARROWEST).any() or (sees <= 0).any():
        raise BadRequest("A camera's field of view makes no sense.", "Use a perspective or an orthographic camera.")
    if ((sees < SMALLEST) | (sees > FARTHEST)).any():  # a grid over it would have no end, or no size
        raise BadRequest(
            f"An orthographic camera sees less than {SMALLEST * 1000:.3f} mm or more than {FARTHEST / 1000:,.0f} km.",
            "Set its orthographic scale to the size of the object.",
        )


def _expect(name: str, array: np.ndarray, shape: tuple[int, ...], dtype: type) -> None:
    if array.shape != shape or array.dtype != dtype:
        have = f"{array.shape} {array.dtype}"
        raise BadRequest(f"The array “{name}” is {have} and not {shape} {np.dtype(dtype)}.", ADVICE)
    if array.dtype == np.float32 and not np.isfinite(array).all():
        raise BadRequest(f"The array “{name}” holds values that are not numbers.", "Repair the object first.")


def _within(name: str, array: np.ndarray) -> None:
    if np.abs(array).max() > FARTHEST:
        raise BadRequest(
            f"The array “{name}” reaches farther than {FARTHEST / 1000:,.0f} km.", "Move the object to the origin."
        )
