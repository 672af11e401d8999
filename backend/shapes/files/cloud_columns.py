"""The columns of a .ply as what they mean: activated, checked, and without the rows that mean nothing."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from ...errors import EmptyCloud, UnreadableCloud
from ..points import GaussianCloud, PointCloud
from .packed import PACKED, read_packed
from .ply_header import AGAIN, Element, Header
from .ply_rows import read_columns

C0 = 0.28209479177387814  # the constant spherical harmonic, 1 / (2 √π)
XYZ = ("x", "y", "z")
THINNEST = 1e-8  # metres; a scale of zero has no inverse
FLAT = 0.01  # a 2DGS surfel's thickness beside its smaller scale
_DC = ("f_dc_0", "f_dc_1", "f_dc_2")
_SCALES = ("scale_0", "scale_1", "scale_2")
_ROTATION = ("rot_0", "rot_1", "rot_2", "rot_3")
_RGB = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))
_NORMAL = (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z"))
_FURTHEST = 1e15  # beyond it squares leave single precision
_FAR = 1e4  # times its own size from the origin, a cloud loses detail to single precision

Warn = Callable[[str], None]


def gaussians_of(file: io.BufferedIOBase, header: Header, vertex: Element, name: str, warn: Warn) -> GaussianCloud:
    """The Gaussians of the element ``vertex``, in its own frame. Errors and warnings as ``cloud.read_cloud`` says."""
    if set(PACKED) <= set(vertex.names):
        means, log_scales, rotations, opacities, colours = read_packed(file, header, vertex, name)
        constant = not any(other.name == "sh" for other in header.elements)
    else:
        colour = _DC if set(_DC) <= set(vertex.names) else _first(vertex, _RGB)
        scales = _SCALES if "scale_2" in vertex.names else _SCALES[:2]
        wanted = (*XYZ, "opacity", *scales, *_ROTATION)
        missing = [key for key in wanted if key not in vertex.names] + ([] if colour else ["f_dc_0 … f_dc_2"])
        if missing:
            raise _lacking(name, missing)
        turning = tuple(key for key in ("f_rest_0", "f_rest_1", "f_rest_2") if key in vertex.names)
        columns = read_columns(file, header, vertex, (*wanted, *(colour or ()), *turning), name)
        means, log_scales, rotations = (_together(columns, keys) for keys in (XYZ, scales, _ROTATION))
        opacities = _sigmoid(columns["opacity"])
        colours = 0.5 + C0 * _together(columns, _DC) if colour == _DC else _rgb(columns, colour or ()) / 255.0
        constant = not any(columns[key].any() for key in turning)  # red's of the first degree speak for all
    widths = np.maximum(np.exp(log_scales), THINNEST)  # log 0 is written for “flat”
    if widths.shape[1] == 2:
        widths = np.concatenate([widths, np.maximum(FLAT * widths.min(1, keepdims=True), THINNEST)], 1)
    if not constant:
        warn("Colours that change with the direction of view were left out; each Gaussian has one colour.")
    length = np.sqrt(sum(part.astype(np.float64) ** 2 for part in rotations.T))
    blank = length == 0
    rotations = rotations / np.where(blank, 1, length)[:, None]
    rotations[blank, 0] = 1
    good = np.isfinite(opacities) & np.isfinite(length)
    for values, bound in ((means, _FURTHEST), (widths, _FURTHEST), (colours, np.inf)):
        good &= _within(values, bound)
    good = _sifted(good, name, "Gaussians", warn)
    if blank[good].any():
        warn(f"{np.count_nonzero(blank[good]):,} Gaussians without a rotation were taken as they stand.")
    return GaussianCloud(
        _near(means[good], warn),
        widths[good].astype(np.float32),
        rotations[good].astype(np.float32),
        opacities[good].astype(np.float32),
        np.clip(colours[good], 0, 1).astype(np.float32),
    )


def points_of(file: io.BufferedIOBase, header: Header, vertex: Element, name: str, warn: Warn) -> PointCloud:
    """The points of the element ``vertex``, in the file's frame; a mesh's are its corners."""
    missing = [key for key in XYZ if key not in vertex.names]
    if missing:
        raise _lacking(name, missing)
    rgb, normal = _first(vertex, _RGB), _first(vertex, _NORMAL)
    alpha = ("alpha",) if rgb and "alpha" in vertex.names else ()
    columns = read_columns(file, header, vertex, (*XYZ, *(rgb or ()), *alpha, *(normal or ())), name)
    points = _together(columns, XYZ)
    good = _sifted(_within(points, _FURTHEST), name, "points", warn)
    colours = normals = None
    if rgb:
        colours = np.full((np.count_nonzero(good), 4), 255, np.uint8)
        colours[:, :3] = np.rint(_rgb(columns, rgb)[good])
        if alpha:
            colours[:, 3] = np.rint(_rgb(columns, alpha)[good, 0])
    if normal:
        normals = _unit(_together(columns, normal)[good])
        if normals is None:
            warn("Some points have no normal, so all normals will be found anew.")
    if any(other.name == "face" and other.count for other in header.elements):
        warn("The file is a mesh; only its corners are used, as points.")
    return PointCloud(_near(points[good], warn), colours, normals)


def _together(columns: dict[str, np.ndarray], keys: tuple[str, ...]) -> np.ndarray:
    """(N, len(keys)), float64 where a column is finer than single precision. Uses the columns up: files are large."""
    fine = any(columns[key].dtype.itemsize > 4 or columns[key].dtype.kind in "iu" for key in keys)
    return np.stack([columns.pop(key).astype(np.float64 if fine else np.float32) for key in keys], 1)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    """In [0, 1]; infinities are what logarithms make of 0 and 1 and come back as those."""
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def _rgb(columns: dict[str, np.ndarray], keys: tuple[str, ...]) -> np.ndarray:
    """(N, len(keys)) float32 in [0, 255]: bytes as they are, words over 257, floats in [0, 1] unless one exceeds it."""
    kind = columns[keys[0]].dtype
    values = _together(columns, keys)
    if kind.kind == "f":
        values = np.nan_to_num(values, nan=0.5, posinf=1, neginf=0)
        values = values * (255 if values.size and values.max() <= 1.01 else 1)
    elif kind.itemsize > 1 and values.size and values.max() > 255:
        values = values / 257
    return np.clip(values, 0, 255).astype(np.float32)


def _within(values: np.ndarray, bound: float) -> np.ndarray:
    """(N,k) → (N,): all of a row nearer to 0 than ``bound``; false where one is not a number. By columns: quicker."""
    good = np.ones(len(values), bool)
    for column in values.T:
        good &= np.abs(column) < bound
    return good


def _unit(normals: np.ndarray) -> np.ndarray | None:
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    if not ((length > 1e-6) & np.isfinite(length)).all():
        return None
    return (normals / length).astype(np.float32)


def _near(points: np.ndarray, warn: Warn) -> np.ndarray:
    """As float32, moved to the origin where they are so far from it (map coordinates, say) that this blurs them."""
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    if points.dtype == np.float64 and np.abs([low, high]).max() > _FAR * (high - low).max() > 0:
        middle = (low + high) / 2
        warn(
            "The points lie so far from the origin that they were moved there: {:.0f}, {:.0f}, {:.0f}.".format(*-middle)
        )
        points = points - middle
    return points.astype(np.float32)


def _sifted(good: np.ndarray, name: str, what: str, warn: Warn) -> np.ndarray:
    """``good`` itself, once it is said how many are not."""
    lost = len(good) - np.count_nonzero(good)
    if lost == len(good):
        raise EmptyCloud(f"None of the {len(good):,} {what} in “{name}” has finite numbers.", AGAIN)
    if lost:
        warn(f"{lost:,} of {len(good):,} {what} were left out: their numbers are not finite.")
    return good


def _first(vertex: Element, choices: tuple[tuple[str, ...], ...]) -> tuple[str, ...] | None:
    return next((keys for keys in choices if set(keys) <= set(vertex.names)), None)


def _lacking(name: str, missing: list[str]) -> UnreadableCloud:
    if set(missing) & set(XYZ):
        fix = "Export it again with positions."
    else:
        fix = "Export it again as a 3DGS .ply with all attributes (SuperSplat: uncompressed PLY)."
    return UnreadableCloud(f"“{name}” lacks {', '.join(missing)}.", fix)
