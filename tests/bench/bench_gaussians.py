"""Gaussians: their files and their pictures, beside what others do of it in the same run.

The peers of the files are ``gsply`` (NumPy and Numba) and ``plyfile``, where they are installed. No other rasteriser
of Gaussians for processors could be found, so the pictures' peer is the plain way of it: every pixel that a Gaussian
reaches is a row of one list, which is sorted by pixel and distance and multiplied up. Every time is the best of a few
runs, ours and the peer's in turn.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clouds
import numpy as np
from maquette.backend.render import gaussians_numpy
from maquette.backend.render.cameras import Camera, orbit
from maquette.backend.render.gaussians_reference import CAP, CUT
from maquette.backend.shapes import GaussianCloud
from maquette.backend.shapes.files import read_cloud, write_cloud
from peers import row

MANY = 65_536  # LGM makes so many
FIELDS = ("means", "scales", "rotations", "opacities", "colours")
KINDS = {"flat": clouds.surfels, "fuzzy": clouds.fuzzy, "isotropic": clouds.isotropic}


def rows() -> list[dict[str, Any]]:
    """Stage, our seconds, who the peer is, the peer's seconds, and what was done."""
    return _files() + _pictures()


def _files() -> list[dict[str, Any]]:
    cloud = clouds.fuzzy(clouds.CHAIR, 1 << 18)
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.ply", Path(folder) / "theirs.ply"
        write_cloud(ours, cloud, full=True)
        note = f"{len(cloud.means):,} Gaussians, 62 columns, {ours.stat().st_size >> 20} MiB"
        for peer, read in (("gsply", _gsply()), ("plyfile", _plyfile())):
            if read is not None:
                again = row("read .ply", lambda: read_cloud(ours), peer, lambda read=read: read(ours), note)
                measured.append(again)
        if not measured:
            measured.append(row("read .ply", lambda: read_cloud(ours), "", None, note))
        measured.append(row("write .ply", lambda: write_cloud(theirs, cloud, full=True), "", None, note))
    return measured


def _pictures() -> list[dict[str, Any]]:
    measured = []
    camera = orbit(0.5, 0.3, 2.2, 512)
    for kind, make in KINDS.items():
        cloud = make(clouds.CHAIR, MANY)
        plain, pairs = _plain(cloud, camera)
        off = np.abs(plain - gaussians_numpy.render(cloud, camera).rgb).max()
        note = f"{MANY:,} {kind}, 512², {pairs / 1e6:.1f} M fragments; they differ by {off:.0e}"
        quick = lambda cloud=cloud: gaussians_numpy.render(cloud, camera)  # noqa: E731
        theirs = lambda cloud=cloud: _plain(cloud, camera)  # noqa: E731
        measured.append(row("picture, NumPy", quick, "sorted fragments", theirs, note))
        with_torch = _torch(cloud, camera)
        if with_torch is not None:
            seen, fitted = with_torch
            measured.append(row("picture, torch", seen, "ours in NumPy", quick, note))
            measured.append(row("picture and gradients, torch", fitted, "", None, note))
    return measured


def _plain(cloud: GaussianCloud, camera: Camera) -> tuple[np.ndarray, int]:
    """The picture's rgb (H,W,3) and the number of fragments: a row each, the whole picture at once."""
    table = gaussians_numpy.flatten(cloud, camera)
    low = np.clip(np.ceil(table[:, :2] - table[:, 5:7] - 0.5), 0, [camera.width, camera.height]).astype(np.int64)
    high = np.clip(np.floor(table[:, :2] + table[:, 5:7] - 0.5), -1, [camera.width - 1, camera.height - 1])
    spans = np.maximum(high.astype(np.int64) - low + 1, 0)
    sizes = spans.prod(1)
    member = np.repeat(np.arange(len(table)), sizes)
    row, column = np.divmod(np.arange(len(member)) - np.repeat(np.cumsum(sizes) - sizes, sizes), spans[member, 0])
    column, row = column + low[member, 0], row + low[member, 1]
    dx = (column + 0.5 - table[member, 0]).astype(np.float32)
    dy = (row + 0.5 - table[member, 1]).astype(np.float32)
    l00, l10, l11, opacity = table[member][:, (2, 3, 4, 8)].T
    alpha = np.minimum(np.exp(opacity - 0.5 * ((l00 * dx) ** 2 + (l10 * dx + l11 * dy) ** 2)), np.float32(CAP))
    kept = np.flatnonzero(alpha >= CUT)
    pixel, alpha = (row * camera.width + column)[kept], alpha[kept]
    order = np.argsort(pixel, kind="stable")
    pixel, logs = pixel[order], np.log1p(-alpha[order].astype(np.float64))
    first = np.flatnonzero(np.r_[True, pixel[1:] != pixel[:-1]])
    before = np.cumsum(logs) - logs
    through = np.exp(before - np.repeat(before[first], np.diff(np.r_[first, len(pixel)])))
    weights, member = through * alpha[order], member[kept][order]
    size = camera.width * camera.height
    rgb = [np.bincount(pixel, weights * table[member, channel], size) for channel in (9, 10, 11)]
    return np.stack(rgb, 1).reshape(camera.height, camera.width, 3), len(kept)


def _torch(cloud: GaussianCloud, camera: Camera) -> tuple[Callable[[], Any], Callable[[], Any]] | None:
    """The picture, and the picture with its way back, where torch is installed."""
    try:
        import torch
        from maquette.backend.render import gaussians
    except ImportError:
        return None
    inputs = [torch.from_numpy(getattr(cloud, field)) for field in FIELDS]

    def fitted() -> None:
        leaves = [tensor.clone().requires_grad_() for tensor in inputs]
        rgb, alpha, *_ = gaussians.render(*leaves, camera)
        (rgb.square().sum() + alpha.sum()).backward()

    return lambda: gaussians.render(*inputs, camera), fitted


def _gsply() -> Callable[[Path], Any] | None:
    try:
        import gsply
    except ImportError:
        return None
    return lambda path: gsply.plyread(str(path))


def _plyfile() -> Callable[[Path], Any] | None:
    """Read and activated, as ours is."""
    try:
        from plyfile import PlyData
    except ImportError:
        return None

    def read(path: Path) -> GaussianCloud:
        vertex = PlyData.read(str(path))["vertex"]
        means, dc, scales, rotations = (
            np.stack([vertex[name] for name in names.split()], 1)
            for names in ("x y z", "f_dc_0 f_dc_1 f_dc_2", "scale_0 scale_1 scale_2", "rot_0 rot_1 rot_2 rot_3")
        )
        rotations = rotations / np.linalg.norm(rotations, axis=1, keepdims=True)
        opacities = 1 / (1 + np.exp(-np.asarray(vertex["opacity"])))
        return GaussianCloud(means, np.exp(scales), rotations, opacities, np.clip(0.5 + clouds.C0 * dc, 0, 1))

    return read
