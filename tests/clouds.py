"""Gaussians and points on shapes that are known exactly, and .ply files of them in every dialect.

Three kinds of Gaussians stand for what is met in the world: ``surfels`` (flat and aligned, as 2DGS makes them),
``fuzzy`` (captures: centres off the surface, tilted, uneven, with floaters) and ``isotropic`` (LGM: round blobs in
random frames). The world frame is +Z up, front −Y; ``signed`` is positive inside.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from maquette.backend.shapes import GaussianCloud, PointCloud

C0 = 0.28209479177387814


@dataclass(frozen=True)
class Box:
    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    colour: tuple[float, float, float] = (0.6, 0.6, 0.6)

    @property
    def area(self) -> float:
        a, b, c = self.half
        return 8 * (a * b + b * c + c * a)

    def signed(self, points: np.ndarray) -> np.ndarray:
        q = np.abs(points - self.centre) - self.half
        return -(np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(1), 0))

    def sample(self, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        half = np.array(self.half)
        sides = np.prod(half) / half
        axis = random.choice(3, n, p=sides / sides.sum())
        normals = np.zeros((n, 3))
        normals[np.arange(n), axis] = random.choice([-1.0, 1.0], n)
        inside = random.uniform(-1, 1, (n, 3))
        return np.where(normals != 0, normals, inside) * half + self.centre, normals


@dataclass(frozen=True)
class Ball:
    centre: tuple[float, float, float]
    radius: float
    colour: tuple[float, float, float] = (0.6, 0.6, 0.6)

    @property
    def area(self) -> float:
        return 4 * np.pi * self.radius**2

    def signed(self, points: np.ndarray) -> np.ndarray:
        return self.radius - np.linalg.norm(points - self.centre, axis=1)

    def sample(self, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        normals = random.normal(size=(n, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return normals * self.radius + self.centre, normals


@dataclass(frozen=True)
class Ring:
    """A torus about +Z."""

    centre: tuple[float, float, float]
    radius: float
    tube: float
    colour: tuple[float, float, float] = (0.6, 0.6, 0.6)

    @property
    def area(self) -> float:
        return 4 * np.pi**2 * self.radius * self.tube

    def signed(self, points: np.ndarray) -> np.ndarray:
        x, y, z = (points - self.centre).T
        return self.tube - np.hypot(np.hypot(x, y) - self.radius, z)

    def sample(self, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        around = random.uniform(0, 2 * np.pi, n)
        across = random.uniform(0, 2 * np.pi, 4 * n + 64)  # more than needed: the inner side is the smaller one
        far = self.radius + self.tube * np.cos(across)
        across = across[random.uniform(0, self.radius + self.tube, len(across)) < far][:n]
        out = np.stack([np.cos(across) * np.cos(around), np.cos(across) * np.sin(around), np.sin(across)], 1)
        spine = np.stack([np.cos(around), np.sin(around), np.zeros(n)], 1) * self.radius
        return spine + self.tube * out + self.centre, out


@dataclass(frozen=True)
class Solid:
    """The union of its parts."""

    parts: tuple[Box | Ball | Ring, ...]

    def signed(self, points: np.ndarray) -> np.ndarray:
        """(N,3) → (N,), positive inside; exact outside and on the surface, a bound inside."""
        return np.max([part.signed(np.asarray(points, np.float64)) for part in self.parts], axis=0)

    def sample(self, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Points (n,3) uniform on the surface, their outward normals and colours, and the surface's area."""
        random = np.random.default_rng(seed)
        areas = np.array([part.area for part in self.parts])
        many = 4 * n + 256
        of = random.choice(len(areas), many, p=areas / areas.sum())
        points, normals = np.empty((many, 3)), np.empty((many, 3))
        for i, part in enumerate(self.parts):
            points[of == i], normals[of == i] = part.sample(np.count_nonzero(of == i), random)
        shown = np.nonzero(self.signed(points) < 1e-9)[0]
        assert len(shown) >= n
        colours = np.array([part.colour for part in self.parts])[of[shown[:n]]]
        return points[shown[:n]], normals[shown[:n]], colours, float(areas.sum() * len(shown) / many)


BROWN, DARK, RED = (0.62, 0.41, 0.22), (0.3, 0.19, 0.1), (0.85, 0.15, 0.12)
CHAIR = Solid(  # with a ball on its seat; within ±0.75, area 5.07
    (
        Box((0, 0, -0.05), (0.45, 0.45, 0.05), BROWN),
        Box((0, 0.4, 0.35), (0.45, 0.05, 0.4), BROWN),
        *(Box((x, y, -0.4), (0.05, 0.05, 0.35), DARK) for x in (-0.38, 0.38) for y in (-0.38, 0.38)),
        Ball((0.1, -0.1, 0.2), 0.2, RED),
    )
)
BALL = Solid((Ball((0, 0, 0), 0.5, RED),))
RING = Solid((Ring((0, 0, 0), 0.55, 0.2, RED),))
# No two of its six sides look alike: a long nose to the front (−Y), a red head on top, a green arm to the right (+X).
SIGNPOST = Solid(
    (
        Box((0, 0, 0), (0.15, 0.15, 0.5), (0.5, 0.5, 0.5)),
        Box((0, -0.45, -0.1), (0.08, 0.35, 0.08), (0.15, 0.2, 0.9)),
        Box((0.35, 0, 0.2), (0.25, 0.06, 0.06), (0.1, 0.8, 0.2)),
        Ball((0, 0, 0.6), 0.22, RED),
    )
)


def points(shape: Solid, n: int, seed: int = 0, noise: float = 0.0) -> PointCloud:
    """``noise`` in spacings along the normal."""
    at, normals, colours, area = shape.sample(n, seed)
    at = at + normals * np.random.default_rng(seed + 1).normal(size=(n, 1)) * noise * np.sqrt(area / n)
    rgba = np.concatenate([np.rint(colours * 255), np.full((n, 1), 255)], 1).astype(np.uint8)
    return PointCloud(at.astype(np.float32), rgba, normals.astype(np.float32))


def surfels(shape: Solid, n: int, seed: int = 0, spacing: float = 0.0) -> GaussianCloud:
    """``spacing`` is √(area / n) where it is 0; the Gaussians' sizes and the noise go by it."""
    at, normals, colours, area = shape.sample(n, seed)
    spacing = spacing or np.sqrt(area / n)
    scales = np.tile(np.array([0.7, 0.7, 0.08]) * spacing, (n, 1))
    return _cloud(at, scales, facing(normals, seed), np.full(n, 0.9), colours)


def fuzzy(shape: Solid, n: int, seed: int = 0, spacing: float = 0.0) -> GaussianCloud:
    at, normals, colours, area = shape.sample(n, seed)
    random, spacing = np.random.default_rng(seed + 1), spacing or np.sqrt(area / n)
    at = _shaken(at, normals, spacing, random)
    tilted = normals + 0.35 * random.normal(size=(n, 3))
    scales = np.array([0.5, 0.5, 0.25]) * spacing * (1 + 1.2 * random.uniform(size=(n, 1)))
    opacities = random.uniform(0.35, 0.95, n)
    floating = random.uniform(size=n) < 0.02
    at[floating] += 0.1 * random.normal(size=(np.count_nonzero(floating), 3))
    opacities[floating] = 0.15
    return _cloud(at, scales, facing(tilted, seed), opacities, colours)


def isotropic(shape: Solid, n: int, seed: int = 0, spacing: float = 0.0) -> GaussianCloud:
    at, normals, colours, area = shape.sample(n, seed)
    random, spacing = np.random.default_rng(seed + 1), spacing or np.sqrt(area / n)
    at = _shaken(at, normals, spacing, random)
    scales = (0.45 + 0.35 * random.uniform(size=(n, 3))) * spacing
    turned = random.normal(size=(n, 4))
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    return _cloud(at, scales, turned, random.uniform(0.45, 0.95, n), colours)


def facing(normals: np.ndarray, seed: int = 0) -> np.ndarray:
    """Quaternions (N,4) that turn +Z to ``normals`` (N,3, of any length), twisted at random about them."""
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    down = normals[:, 2] < -0.999
    w = np.where(down, 0, 1 + normals[:, 2])
    swing = np.stack([w, np.where(down, 1, -normals[:, 1]), np.where(down, 0, normals[:, 0]), 0 * w], 1)
    swing /= np.linalg.norm(swing, axis=1, keepdims=True)
    half = np.random.default_rng(seed + 2).uniform(0, np.pi, len(normals))
    c, s = np.cos(half), np.sin(half)  # of the twist about z, done first
    w, x, y, _ = swing.T
    return np.stack([w * c, x * c + y * s, y * c - x * s, w * s], 1)


def _shaken(at: np.ndarray, normals: np.ndarray, spacing: float, random: np.random.Generator) -> np.ndarray:
    n = len(at)
    return at + normals * 0.35 * spacing * random.normal(size=(n, 1)) + 0.15 * spacing * random.normal(size=(n, 3))


def _cloud(*arrays: np.ndarray) -> GaussianCloud:
    return GaussianCloud(*(array.astype(np.float32) for array in arrays))


# ---------------------------------------------------------------------------------------------- writers


def columns_of(cloud: GaussianCloud | PointCloud) -> dict[str, np.ndarray]:
    """A .ply's columns by name, before the activations: what ``ply`` takes."""
    if isinstance(cloud, PointCloud):
        named = [(cloud.points, "x y z")]
        named += [] if cloud.normals is None else [(cloud.normals, "nx ny nz")]
        named += [] if cloud.colours is None else [(cloud.colours, "red green blue alpha")]
    else:
        opacity = np.clip(cloud.opacities.astype(np.float64), 1e-6, 1 - 1e-6)[:, None]
        named = [
            (cloud.means, "x y z"),
            ((cloud.colours - 0.5) / C0, "f_dc_0 f_dc_1 f_dc_2"),
            (np.log(opacity / (1 - opacity)), "opacity"),
            (np.log(cloud.scales), "scale_0 scale_1 scale_2"),
            (cloud.rotations, "rot_0 rot_1 rot_2 rot_3"),
        ]
    return {
        name: values[:, i] if values.dtype == np.uint8 else values[:, i].astype(np.float32)
        for values, names in named
        for i, name in enumerate(names.split())
    }


KINDS = {"f4": "float", "f8": "double", "u1": "uchar", "u2": "ushort", "i4": "int", "u4": "uint"}


def ply(
    columns: dict[str, np.ndarray],
    form: str = "binary_little_endian",
    comments: tuple[str, ...] = (),
    before: tuple[tuple[str, int, str, bytes], ...] = (),
    after: tuple[tuple[str, int, str, bytes], ...] = (),
    newline: str = "\n",
    count: int | None = None,
) -> bytes:
    """A .ply with one element ``vertex``; others are (name, count, property lines, body). ``count`` may lie."""
    true = len(next(iter(columns.values())))
    lines = ["ply", f"format {form} 1.0", *(f"comment {comment}" for comment in comments)]
    for name, rows, properties, _ in before:
        lines += [f"element {name} {rows}", *properties.splitlines()]
    lines.append(f"element vertex {true if count is None else count}")
    lines += [f"property {KINDS[values.dtype.str[1:]]} {name}" for name, values in columns.items()]
    for name, rows, properties, _ in after:
        lines += [f"element {name} {rows}", *properties.splitlines()]
    head = newline.join([*lines, "end_header", ""]).encode()
    if form == "ascii":
        exact = zip(*(map(repr, values.tolist()) for values in columns.values()), strict=True)
        body = "".join(" ".join(row) + newline for row in exact).encode()
    else:
        order = ">" if form == "binary_big_endian" else "<"
        table = np.empty(true, [(name, order + values.dtype.str[1:]) for name, values in columns.items()])
        for name, values in columns.items():
            table[name] = values
        body = table.tobytes()
    return head + b"".join(rest for *_, rest in before) + body + b"".join(rest for *_, rest in after)


# ------------------------------------------------------------- single Gaussians, and those that are hard to draw


def one(mean=(0, 0, 0), scale=(0.1, 0.1, 0.1), rotation=(1, 0, 0, 0), opacity=0.8, colour=(1, 0.5, 0.25)):
    values = [mean], [scale], [rotation], [opacity], [colour]
    return GaussianCloud(*(np.array(value, np.float32) for value in values))


def joined(*some: GaussianCloud) -> GaussianCloud:
    fields = [field.name for field in dataclasses.fields(GaussianCloud)]
    return GaussianCloud(*(np.concatenate([getattr(cloud, field) for cloud in some]) for field in fields))


HARD = {
    "needle": one(scale=(0.9, 1e-4, 1e-4), rotation=(0.9, 0.1, 0.3, 0.2), opacity=0.99),
    "giant": one(scale=(5, 5, 5), opacity=0.5),
    "tiny": one(scale=(1e-6, 1e-6, 1e-6), opacity=1),
    "behind": one((0, -5, 0)),
    "at the camera": one((0, -2.1, 0)),
    "far to the side": one((40, 0, 0), (3, 3, 3)),
    "faint": one(opacity=0.0039),
    "transparent": one(opacity=0),
    "covered": joined(*(one((0, i / 100, 0), opacity=0.9) for i in range(80))),
}
