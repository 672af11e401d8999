"""Gaussians and points as .ply files, in the forms that 3D Gaussian splatting (Kerbl et al. 2023) made common.

A file of Gaussians holds, a row each: the centre x y z; the colour's constant term f_dc_0…2 (colour = ½ + C₀ f_dc); the
opacity before its sigmoid; the scales' logarithms scale_0…2; a quaternion rot_0…3 as w x y z of any length. A file of
points holds x y z and, where known, red green blue and nx ny nz.

No .ply says which way is up, and there are two habits. Captures come from COLMAP with y pointing down, viewers (and
models that write for them) follow, so **−Y** is taken for Gaussians; but LGM's own files, told by their columns, are
**+Y** up. Plain points come from scanners and from Blender: **+Z**. A comment “Vertical Axis: z”, which nerfstudio and
we write, decides; ``up`` overrides all.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ...errors import BadRequest, EmptyCloud, UnreadableCloud
from ..gaussians import select, transform, transform_points
from ..points import GaussianCloud, PointCloud
from . import frames
from .atomic import write_atomically
from .cloud_columns import C0, gaussians_of, points_of
from .foreign import foreign
from .packed import PACKED
from .ply_header import AGAIN, read_header

LGM_LEAST_OPACITY = 0.005  # what LGM keeps
_LGM_COLUMNS = ("x", "y", "z", *(f"f_dc_{i}" for i in range(3)), "opacity", *(f"scale_{i}" for i in range(3)))
_LGM_COLUMNS += tuple(f"rot_{i}" for i in range(4))
_ATTRIBUTES = ("opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3", "f_dc_0", *PACKED)
_GUESSED = "The file does not say which way is up; {} was taken. Choose another “up” if the object does not stand."


def read_cloud(
    path: str | Path,
    up: str = frames.AUTO,
    least_opacity: float = 0.0,
    warn: Callable[[str], None] = lambda sentence: None,
) -> GaussianCloud | PointCloud:
    """What is in a .ply, in the world frame: Gaussians where it has their columns, else points.

    ``up`` is the file's axis that points up: +Z, -Z, +Y, -Y, or auto (see above). Gaussians under ``least_opacity``
    are left out. ``warn`` hears, a sentence each, of rows that were left out because a number in them is not finite,
    of colours that change with the direction of view (only the part seen from everywhere is read), of a guessed
    ``up``, and of points so far away that they had to be moved to the origin.

    Reads binary files of either byte order, text, columns in any order and of any type, other elements around, 2DGS
    surfels (two scales), and PlayCanvas's compressed form. Raises UnreadableCloud (no such file, no .ply, cut off,
    columns missing), EmptyCloud, BadRequest (``up``).
    """
    path = Path(path)
    if up != frames.AUTO:
        frames.turn(up)  # a wrong one is told before anything is read
    with _opened(path) as file:
        begin = file.read(64)
        if not begin.startswith((b"ply\n", b"ply\r\n")):
            raise foreign(path, begin)
        file.seek(0)
        header = read_header(file, path.name)
        vertex = header.element("vertex")
        if vertex is None:
            raise UnreadableCloud(f"“{path.name}” has no points in it (no element called vertex).", AGAIN)
        if not vertex.count:
            raise EmptyCloud(f"“{path.name}” holds no points.", "Choose another file.")
        gaussian = any(name in _ATTRIBUTES[1:] for name in vertex.names)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # what is not finite is left out in the end
            cloud = (gaussians_of if gaussian else points_of)(file, header, vertex, path.name, warn)
    if isinstance(cloud, GaussianCloud) and least_opacity > 0:
        cloud = select(cloud, cloud.opacities >= least_opacity)
        if not len(cloud.means):
            raise EmptyCloud(f"Nothing in “{path.name}” can be seen: every opacity is under {least_opacity:g}.", AGAIN)
    if up == frames.AUTO:
        up = frames.told(header.comments) or ""
    if not up:
        up = "+Z" if isinstance(cloud, PointCloud) else "+Y" if vertex.names == _LGM_COLUMNS else "-Y"
        if isinstance(cloud, GaussianCloud):
            warn(_GUESSED.format(up))
    if up == "+Z":
        return cloud
    matrix = frames.turn(up)
    return transform(cloud, matrix) if isinstance(cloud, GaussianCloud) else transform_points(cloud, matrix)


def write_cloud(
    path: str | Path,
    cloud: GaussianCloud | PointCloud,
    up: str = frames.AUTO,
    least_opacity: float = 0.0,
    full: bool = False,
) -> None:
    """Writes a .ply, binary little-endian float32, turned so that ``up`` is the file's upward axis. Auto is what most
    programs expect: −Y for Gaussians, so that splat viewers show them upright, +Z (as it is) for points.

    A comment says which, and ``read_cloud`` turns it back. Gaussians are written with LGM's 14 columns, or, ``full``,
    with the 62 of the original 3DGS program (normals and view-dependent colour, all zero), which some importers insist
    on; those under ``least_opacity`` are left out. Raises EmptyCloud, BadRequest, MissingFolder, DiskFull.
    """
    path = Path(path)
    if path.suffix.lower() != ".ply":
        raise BadRequest(f"Clouds cannot be written as “{path.suffix or path.name}”.", "Use a name that ends in .ply.")
    if up == frames.AUTO:
        up = "-Y" if isinstance(cloud, GaussianCloud) else "+Z"
    matrix = frames.turn(up).T
    if isinstance(cloud, GaussianCloud):
        if least_opacity > 0:
            cloud = select(cloud, cloud.opacities >= least_opacity)
        columns = _gaussian_columns(transform(cloud, matrix), full)
    else:
        columns = _point_columns(transform_points(cloud, matrix))
    if not len(columns[0][1]):
        raise EmptyCloud("There are no points to save.", "Generate them again.")
    write_atomically(path, _parts(columns, [frames.comment(up)]))


def _opened(path: Path) -> io.BufferedReader:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableCloud(f"“{path}” is not a file.", "Choose a .ply.")
        return open(path, "rb")
    except FileNotFoundError:
        raise UnreadableCloud(f"There is no file “{path}”.", "Choose it again.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UnreadableCloud(f"“{path}” cannot be read: {reason}.", "Choose another file.") from error


Columns = list[tuple[str, np.ndarray]]  # names separated by blanks, and (N, that many) float32 or uint8


def _gaussian_columns(cloud: GaussianCloud, full: bool) -> Columns:
    opacity = np.clip(cloud.opacities.astype(np.float64), 1e-6, 1 - 1e-6)[:, None]  # LGM's bounds
    colour = (cloud.colours.astype(np.float64) - 0.5) / C0
    zeros = np.zeros((len(opacity), 45), np.float32)
    columns: Columns = [("x y z", cloud.means)]
    columns += [("nx ny nz", zeros[:, :3])] if full else []
    columns += [("f_dc_0 f_dc_1 f_dc_2", colour)]
    columns += [(" ".join(f"f_rest_{i}" for i in range(45)), zeros)] if full else []
    columns += [
        ("opacity", np.log(opacity / (1 - opacity))),
        ("scale_0 scale_1 scale_2", np.log(cloud.scales.astype(np.float64) + 1e-8)),
        ("rot_0 rot_1 rot_2 rot_3", cloud.rotations),
    ]
    return columns


def _point_columns(cloud: PointCloud) -> Columns:
    columns: Columns = [("x y z", cloud.points)]
    if cloud.normals is not None:
        columns.append(("nx ny nz", cloud.normals))
    if cloud.colours is not None:
        columns.append(("red green blue alpha", cloud.colours))
    return columns


def _parts(columns: Columns, comments: list[str]) -> Iterator[bytes]:
    count = len(columns[0][1])
    fields = []
    header = ["ply", "format binary_little_endian 1.0", *(f"comment {line}" for line in comments)]
    header += [f"element vertex {count}"]
    for names, values in columns:
        kind, dtype = ("uchar", "u1") if values.dtype == np.uint8 else ("float", "<f4")
        header += [f"property {kind} {name}" for name in names.split()]
        fields.append((names, dtype, (values.shape[1],)))
    yield "\n".join([*header, "end_header", ""]).encode("ascii")
    row = np.dtype(fields)
    for start in range(0, count, 1 << 16):
        rows = np.empty(min(1 << 16, count - start), row)
        for names, values in columns:
            rows[names] = values[start : start + len(rows)]
        yield rows.tobytes()
