"""Meshes and their fields, packed on one device, ready to be looked up by whole batches.

Objects stand in their own space: bounding box centred, longest side 1.8, +Z up, front −Y, fields over [-1, 1]³.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from .fields import Field, field
from .items import Item

BAND = 0.16  # of the stored fields: 0.1 of frame F is up to this much of an object seen end on
RUNNING = ("point_start", "face_start", "seen_area")  # sums, which each file begins at 0
PACKED = ("points", "normals", "colours", "faces", "area", "sdf", "rgb")
PEAK = 0.01  # how deep inside the middle of a sheet is at least: a third of a cell of the network's volume
LEAST_INSIDE = 40  # cells; below it nothing of an object is left on the grid
LEAST_COVER = 0.004  # part of a picture's square that the object's faces must be able to cover


class NothingLeft(ValueError):
    """Not one of the items can be trained on."""


@dataclass(frozen=True)
class Pieces:
    """The meshes of a batch in one: ``points``, ``normals`` (V, 3) float32, ``colours`` (V, 3) in [0, 1], ``owner``
    (V,) the sample each belongs to; ``faces`` (F, 3) int64 into them, ``face_owner`` (F,)."""

    points: Tensor
    normals: Tensor
    colours: Tensor
    owner: Tensor
    faces: Tensor
    face_owner: Tensor


@dataclass(frozen=True)
class Store:
    """n objects. ``points`` (ΣV, 3), ``normals`` (ΣV, 3), ``colours`` (ΣV, 3) uint8, ``faces`` (ΣF, 3) int32 from 0 on
    for each object; ``point_start``, ``face_start`` (n + 1,); ``seen_area`` (ΣF + 1,) float64: running sum of the area
    of faces seen from outside; ``sdf`` (n, R, R, R) int8: 127 · distance / BAND; ``rgb`` (n, Q, Q, Q, 3) uint8;
    ``weight`` (n,): how often it is drawn; ``plain`` (n,) bool: its colours mean nothing; ``broad`` (n, 3): the
    direction from which it shows most of its surface."""

    points: Tensor
    normals: Tensor
    colours: Tensor
    faces: Tensor
    point_start: Tensor
    face_start: Tensor
    seen_area: Tensor
    sdf: Tensor
    rgb: Tensor
    weight: Tensor
    plain: Tensor
    broad: Tensor

    def __len__(self) -> int:
        return len(self.sdf)

    @property
    def device(self) -> torch.device:
        return self.points.device

    @staticmethod
    def build(
        items: Iterable[Item],
        resolution: int = 96,
        colour_resolution: int | None = None,
        device: torch.device | str = "cpu",
        make: Callable[..., Field] = field,
    ) -> Store:
        """Makes every item's field by ``make`` (fields.field, or fields_torch.field on a GPU) and packs them.

        An item of which nothing is left on the grid, or that no picture could show, is left out: from it come the
        samples that are not finite. Raises NothingLeft where no item is left.
        """
        rows = []
        out: dict[str, list[np.ndarray]] = {name: [] for name in PACKED}
        for item in items:
            try:
                made = make(
                    item.V,
                    item.F,
                    item.C,
                    resolution,
                    band=BAND,
                    peak=PEAK,
                    colour_resolution=colour_resolution or resolution,
                )
            except ValueError:
                continue
            normals, areas, broad, cover = _surface(item)
            seen = areas * made.seen
            if np.count_nonzero(made.sdf > 0) < LEAST_INSIDE or cover < LEAST_COVER or not seen.sum() > 0:
                continue
            rows.append((item.weight, not item.textured, broad, len(item.V), len(item.F)))
            values = (
                item.V,
                normals,
                item.C,
                item.F,
                seen,
                np.round(made.sdf * (127 / BAND)).astype(np.int8),
                made.rgb,
            )
            for name, value in zip(out, values, strict=True):
                out[name].append(value)
        if not rows:
            raise NothingLeft("none of the items can be trained on")
        weight, plain, broad, points, faces = zip(*rows, strict=True)
        arrays = {
            "points": np.concatenate(out["points"]).astype(np.float32),
            "normals": np.concatenate(out["normals"]).astype(np.float32),
            "colours": np.concatenate(out["colours"]),
            "faces": np.concatenate(out["faces"]).astype(np.int32),
            "point_start": np.concatenate([[0], np.cumsum(points)]).astype(np.int64),
            "face_start": np.concatenate([[0], np.cumsum(faces)]).astype(np.int64),
            "seen_area": np.concatenate([[0], np.cumsum(np.concatenate(out["area"]))]).astype(np.float64),
            "sdf": np.stack(out["sdf"]),
            "rgb": np.stack(out["rgb"]),
            "weight": np.array(weight, np.float32),
            "plain": np.array(plain, bool),
            "broad": np.stack(broad).astype(np.float32),
        }
        return Store(**{name: torch.from_numpy(value).to(device) for name, value in arrays.items()})

    def save(self, path: Path | str) -> None:
        """As safetensors, so that fields are made once; whole or not at all."""
        beside = f"{path}.part"
        save_file({f.name: getattr(self, f.name).contiguous().cpu() for f in fields(self)}, beside)
        os.replace(beside, path)

    @staticmethod
    def load(path: Path | str | Sequence[Path], device: torch.device | str = "cpu") -> Store:
        """What was saved: one file, or several, one after the other.

        Each tensor is filled in its place, file by file, because all of them are most of a device's memory.
        """
        files = [safe_open(str(one), "pt") for one in ([path] if isinstance(path, (str, Path)) else path)]
        out = {}
        for name in (f.name for f in fields(Store)):
            skip = int(name in RUNNING)
            shapes = [file.get_slice(name).get_shape() for file in files]
            length = sum(shape[0] - skip for shape in shapes) + skip
            dtype = files[0].get_tensor(name).dtype
            whole = torch.zeros((length, *shapes[0][1:]), dtype=dtype, device=device)
            at = skip
            for file, shape in zip(files, shapes, strict=True):
                part = file.get_tensor(name)[skip:].to(device)
                whole[at : at + len(part)] = part + whole[at - 1] if skip else part
                at += shape[0] - skip
            out[name] = whole
        return Store(**out)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """(count,) int64 objects, by weight."""
        return torch.multinomial(self.weight, count, replacement=True, generator=generator)

    def gather(self, which: Tensor) -> Pieces:
        """The meshes of ``which`` (B,), one after the other; an object drawn twice is there twice."""
        index, owner, base = self._ranges(self.point_start, which)
        face, face_owner, _ = self._ranges(self.face_start, which)
        return Pieces(
            self.points[index],
            self.normals[index],
            self.colours[index].float() / 255,
            owner,
            self.faces[face].long() + base[face_owner][:, None],
            face_owner,
        )

    def on_surface(self, which: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(B, count, 3) points spread evenly over the surface that is seen from outside."""
        shape = (len(which), count)
        begin, end = self.seen_area[self.face_start[which]], self.seen_area[self.face_start[which + 1]]
        random = torch.rand(3, *shape, generator=generator, device=self.device)
        target = begin[:, None] + random[0].double() * (end - begin)[:, None]
        face = torch.searchsorted(self.seen_area, target, right=True) - 1
        face = torch.minimum(
            torch.maximum(face, self.face_start[which][:, None]), self.face_start[which + 1][:, None] - 1
        )
        corners = self.points[self.faces[face].long() + self.point_start[which][:, None, None]]
        root = random[1].sqrt()[..., None]
        part = random[2][..., None]
        return (1 - root) * corners[..., 0, :] + root * ((1 - part) * corners[..., 1, :] + part * corners[..., 2, :])

    def distance(self, which: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Object space (B, N, 3) → distance (B, N), in ±BAND, and its gradient (B, N, 3) of length about 1 near the
        surface, trilinear; −BAND and 0 outside the grid."""
        _, part, flat = self._cells(which, points, self.sdf.shape[1])
        values = self.sdf.view(-1)[flat].float().view(*part.shape[:2], 2, 2, 2) * (BAND / 127)
        x, y, z = (part[..., axis] for axis in range(3))
        at_z, by_z = _lerp(values, z[..., None, None])
        at_y, by_y = _lerp(at_z, y[..., None])
        by_z, _ = _lerp(by_z, y[..., None])
        value, by_x = _lerp(at_y, x)
        gradient = torch.stack([by_x, _lerp(by_y, x)[0], _lerp(by_z, x)[0]], -1) * (self.sdf.shape[1] / 2)
        outside = ~(points.abs() <= 1).all(-1)
        return torch.where(outside, torch.full_like(value, -BAND), value), gradient * ~outside[..., None]

    def colour(self, which: Tensor, points: Tensor) -> Tensor:
        """Object space (B, N, 3) → sRGB (B, N, 3) in [0, 1] of the surface near there, trilinear."""
        _, part, flat = self._cells(which, points, self.rgb.shape[1])
        values = self.rgb.view(-1, 3)[flat].float().view(*part.shape[:2], 2, 2, 2, 3) / 255
        x, y, z = (part[..., axis, None] for axis in range(3))
        values = values[..., 0, :] + (values[..., 1, :] - values[..., 0, :]) * z[..., None, None]
        values = values[..., 0, :] + (values[..., 1, :] - values[..., 0, :]) * y[..., None]
        return values[..., 0, :] + (values[..., 1, :] - values[..., 0, :]) * x

    def openness(self, which: Tensor, points: Tensor, normals: Tensor) -> Tensor:
        """(n,) in [0, 1]: how much of the space before each surface point (n, 3) of sample ``which`` (n,) is free.

        Two steps along the normal: free space is as far from the surface as the step is long (Evans, "Fast
        Approximations for Global Illumination on Dynamic Scenes", 2006).
        """
        shut = torch.zeros(len(points), device=points.device)
        for step, weight in ((0.05, 0.5), (0.13, 0.5)):
            value = self.distance(which, (points + normals * step)[:, None])[0][:, 0]
            shut += weight * ((step + value) / step).clamp(0, 1)
        return 1 - shut

    def _cells(self, which: Tensor, points: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """The lowest of the eight cells around each point, how far on it lies, and the eight as flat indices."""
        place = ((points + 1) * (size / 2) - 0.5).nan_to_num(0).clamp(0, size - 1)
        corner = place.floor().clamp(max=size - 2)
        part, low = place - corner, corner.long()
        base = ((which[:, None] * size + low[..., 0]) * size + low[..., 1]) * size + low[..., 2]
        one = torch.arange(2, device=points.device)
        offset = (one[:, None, None] * size + one[:, None]) * size + one
        return corner, part, base[..., None] + offset.view(-1)

    def _ranges(self, start: Tensor, which: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Everything between start[w] and start[w + 1]: index, whose it is, and where each w begins in the result."""
        length = start[which + 1] - start[which]
        base = length.cumsum(0) - length
        owner = torch.repeat_interleave(torch.arange(len(which), device=which.device), length)
        index = torch.arange(len(owner), device=which.device) - base[owner] + start[which][owner]
        return index, owner, base


def _lerp(pair: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """Between the two of the last axis: the value, and the difference."""
    step = pair[..., 1] - pair[..., 0]
    return pair[..., 0] + step * part, step


def _surface(item: Item) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Vertex normals (n, 3), face areas (m,), the broadest direction (3,), and how much of a square it covers there.

    The broadest direction is the main axis of the faces' normals, weighted by area: from there at least a sixth
    of the area is seen, or hidden behind something that is.
    """
    corners = item.V[item.F].astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(cross, axis=1) / 2
    normals = np.zeros((len(item.V), 3))
    for corner in range(3):
        np.add.at(normals, item.F[:, corner], cross)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    unit = cross / np.maximum(2 * areas[:, None], 1e-12)
    broad = np.linalg.eigh(np.einsum("n,ni,nj->ij", areas, unit, unit))[1][:, 2]
    return normals, areas, broad, float((areas * np.abs(unit @ broad)).sum() / 2 / 1.8**2)
