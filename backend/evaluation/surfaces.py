"""Clouds of known solids, and how well each way of meshing brings the solid back.

python -m backend.evaluation.surfaces [--solids chair mug] [--sizes 8000 20000] [--ways poisson] [--out FOLDER]

The solids are signed distance functions, so every mesh is scored against the truth itself. Three kinds of Gaussians
are drawn from their surfaces: flat ones that lie in it (surfels), fuzzy ones that miss it a little in place, slant,
size and opacity, with floaters, and round ones in no particular frame, as image-to-Gaussian networks make them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from ..errors import EmptySurface
from ..shapes import GaussianCloud, TriangleMesh
from ..surface.cloud import mesh_cloud
from ..surface.depth_points import points_of
from ..surface.fuse import looks, mesh_carved, mesh_depths
from ..surface.marching_cubes import dense_cells, marching_cubes
from ..surface.measure import measure
from ..surface.opacity_field import BLOCKS, mesh_opacity
from ..surface.samples import gather
from ..watch import Watch
from .metrics import sample

Solid = Callable[[np.ndarray], np.ndarray]  # points (N, 3) → signed distance (N,), positive inside

TAU = 0.01  # of a box of two units: what F calls near
KINDS = ("surfel", "fuzzy", "round")


# ---------------------------------------------------------------------------------------------- solids


def _box(p: np.ndarray, centre: Sequence[float], half: Sequence[float]) -> np.ndarray:
    away = np.abs(p - np.array(centre)) - np.array(half)
    return -(np.linalg.norm(np.maximum(away, 0), axis=1) + np.minimum(away.max(axis=1), 0))


def _ball(p: np.ndarray, centre: Sequence[float], radius: float) -> np.ndarray:
    return radius - np.linalg.norm(p - np.array(centre), axis=1)


def _ring(p: np.ndarray, centre: Sequence[float], large: float, small: float, axis: int) -> np.ndarray:
    q = np.roll(p - np.array(centre), 2 - axis, axis=1)  # the ring lies about the last column
    return small - np.hypot(np.hypot(q[:, 0], q[:, 1]) - large, q[:, 2])


def _lathe(p: np.ndarray, profile: Sequence[tuple[float, float]]) -> np.ndarray:
    """The polygon ``profile`` of (radius, height), turned about the vertical axis; exact."""
    q = np.stack([np.hypot(p[:, 0], p[:, 1]), p[:, 2]], axis=1)
    best, inside = np.full(len(q), np.inf), np.zeros(len(q), bool)
    corners = np.array(profile)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if a[0] > 1e-9 or b[0] > 1e-9:  # a side on the axis is no surface
            t = np.clip((q - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            best = np.minimum(best, np.linalg.norm(q - a - t[:, None] * (b - a), axis=1))
        if a[1] != b[1]:
            crosses = (a[1] > q[:, 1]) != (b[1] > q[:, 1])
            inside ^= crosses & (q[:, 0] < (b[0] - a[0]) * (q[:, 1] - a[1]) / (b[1] - a[1]) + a[0])
    return np.where(inside, best, -best)


def chair(p: np.ndarray) -> np.ndarray:
    """A chair on which a ball lies: plates and legs 0.1 thick, sharp edges, two parts that touch."""
    p = p[:, [0, 2, 1]] * np.array([1, 1, -1])  # its back is turned to +Y
    parts = [_box(p, (0, -0.05, 0), (0.45, 0.05, 0.45)), _box(p, (0, 0.35, -0.4), (0.45, 0.4, 0.05))]
    parts += [_box(p, (x, -0.4, z), (0.05, 0.35, 0.05)) for x in (-0.38, 0.38) for z in (-0.38, 0.38)]
    return np.max([*parts, _ball(p, (0.1, 0.2, 0.1), 0.2)], axis=0)


def mug(p: np.ndarray) -> np.ndarray:
    """Walls 0.05 thick, open above, with a handle."""
    wall = _lathe(p, [(0, -0.6), (0.45, -0.6), (0.45, 0.5), (0.40, 0.5), (0.40, -0.53), (0, -0.53)])
    handle = np.minimum(_ring(p, (0.45, 0, -0.05), 0.27, 0.045, 1), np.hypot(p[:, 0], p[:, 1]) - 0.41)
    return np.maximum(wall, handle)


def vase(p: np.ndarray) -> np.ndarray:
    """A deep hollow behind a narrow neck."""
    outer = [(0, -0.8), (0.3, -0.8), (0.5, -0.35), (0.5, -0.1), (0.2, 0.4), (0.2, 0.6), (0.34, 0.8)]
    inner = [(0.26, 0.8), (0.12, 0.6), (0.12, 0.38), (0.4, -0.12), (0.4, -0.33), (0.24, -0.7), (0, -0.7)]
    return _lathe(p, outer + inner)


def knot(p: np.ndarray) -> np.ndarray:
    """Two rings, one through the other."""
    return np.maximum(_ring(p, (-0.3, 0, 0), 0.5, 0.14, 2), _ring(p, (0.3, 0, 0), 0.5, 0.14, 1))


SOLIDS: dict[str, Solid] = {"chair": chair, "mug": mug, "vase": vase, "knot": knot}


@dataclass(frozen=True)
class Truth:
    """A solid with points (N, 3) spread evenly over its surface, their outward unit normals, and its area."""

    solid: Solid
    points: np.ndarray
    normals: np.ndarray
    area: float


def truth(solid: Solid, count: int = 200_000, resolution: int = 160) -> Truth:
    """Meshes the solid finely, draws points by area and moves each onto the surface."""
    axis = np.linspace(-1, 1, resolution + 1)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    values = np.concatenate([solid(part) for part in np.array_split(grid, 64)])
    vertices, faces = marching_cubes(*dense_cells(values.reshape([resolution + 1] * 3)))
    vertices = vertices * (2 / resolution) - 1
    corners = vertices[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    points = sample(vertices, faces, count, seed=3)
    for _ in range(2):
        normals = _outward(solid, points)
        points = points + normals * solid(points)[:, None]
    return Truth(solid, points, _outward(solid, points), float(area))


def _outward(solid: Solid, points: np.ndarray, step: float = 1e-4) -> np.ndarray:
    slope = [solid(points + step * axis) - solid(points - step * axis) for axis in np.eye(3)]
    normals = -np.stack(slope, axis=1)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


# ---------------------------------------------------------------------------------------------- clouds


def colour(points: np.ndarray) -> np.ndarray:
    """What the solids are painted with, (N, 3) in [0, 1]: a function of place, so that colours can be checked."""
    return (0.5 + 0.45 * np.sin(5 * points + np.array([0.0, 2.0, 4.0]))).astype(np.float32)


def gaussians(true: Truth, kind: str, count: int, seed: int = 0) -> GaussianCloud:
    """``count`` Gaussians of a solid's surface, of one of KINDS."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(true.points), count, replace=False)
    points, normals = true.points[rows], true.normals[rows]
    s = np.sqrt(true.area / count)
    u, opacity = rng.random((count, 1)), np.full(count, 0.9)
    noise = rng.normal(size=(2, count, 3))
    if kind == "surfel":
        means, scales = points, np.tile(s * np.array([0.7, 0.7, 0.08]), (count, 1))
        rotations = _turning_z_to(normals)
    else:
        means = points + normals * 0.35 * s * noise[0, :, :1] + 0.15 * s * noise[1]
        if kind == "fuzzy":
            tilted = normals + 0.35 * rng.normal(size=(count, 3))
            rotations = _turning_z_to(tilted / np.linalg.norm(tilted, axis=1, keepdims=True))
            scales = s * np.array([0.5, 0.5, 0.25]) * (1 + 1.2 * u)
            opacity = 0.35 + 0.6 * rng.random(count)
            floaters = rng.random(count) < 0.02
            means[floaters] += 0.1 * rng.normal(size=(int(floaters.sum()), 3))
            opacity[floaters] = 0.15
        else:
            rotations = rng.normal(size=(count, 4))
            rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
            scales = (0.45 + 0.35 * rng.random((count, 3))) * s
            opacity = 0.45 + 0.5 * rng.random(count)
    arrays = (means, scales, rotations, opacity, colour(points))
    return GaussianCloud(*(np.ascontiguousarray(a, np.float32) for a in arrays))


def _turning_z_to(normals: np.ndarray) -> np.ndarray:
    """Quaternions w, x, y, z that turn +Z to unit ``normals`` (N, 3)."""
    x, y, z = normals.T
    q = np.stack([1 + z, -y, x, np.zeros(len(z))], axis=1)
    q[z < -0.999999] = (0, 1, 0, 0)
    return q / np.linalg.norm(q, axis=1, keepdims=True)


# ---------------------------------------------------------------------------------------------- scores


@dataclass(frozen=True)
class Figures:
    """``f`` at TAU; ``accuracy`` and ``completeness`` are mean distances, mesh to truth and truth to mesh;
    ``seconds`` of processor time.
    """

    f: float
    accuracy: float
    completeness: float
    parts: int
    watertight: bool
    faces: int
    seconds: float


def score(mesh: TriangleMesh, true: Truth, seconds: float) -> Figures:
    """How near ``mesh`` comes to the truth; everything of the mesh counts, inner shells and crumbs too."""
    if not len(mesh.faces):
        return Figures(0.0, 1.0, 1.0, 0, False, 0, seconds)
    known = measure(mesh)
    dense = sample(mesh.vertices.astype(np.float64), mesh.faces, 300_000, seed=1)
    off = np.abs(true.solid(dense[:40_000]))
    left = cKDTree(dense).query(true.points[:20_000])[0]
    precision, recall = (off < TAU).mean(), (left < TAU).mean()
    return Figures(
        float(2 * precision * recall / max(precision + recall, 1e-9)),
        float(off.mean()),
        float(left.mean()),
        known.parts,
        known.watertight,
        known.faces,
        seconds,
    )


# ----------------------------------------------------------------------------------------------- ways


def _by_poisson(cloud: GaussianCloud, resolution: int) -> TriangleMesh:
    return mesh_cloud(cloud, resolution, Watch())


def _by_carving(cloud: GaussianCloud, resolution: int) -> TriangleMesh:
    return mesh_carved(cloud, resolution, Watch())


def _by_mean(cloud: GaussianCloud, resolution: int) -> TriangleMesh:
    samples, frame = gather(cloud, resolution)
    views = looks(cloud, frame.centre, frame.scale, Watch())
    return mesh_depths(views, frame.back(samples.points), samples.colours, resolution, False, Watch())


def _by_view_points(cloud: GaussianCloud, resolution: int) -> TriangleMesh:
    _, frame = gather(cloud, resolution)
    return mesh_cloud(points_of(looks(cloud, frame.centre, frame.scale, Watch()), Watch()), resolution, Watch())


def _by_opacity(cloud: GaussianCloud, resolution: int) -> TriangleMesh:
    return mesh_opacity(cloud, resolution // BLOCKS * BLOCKS, Watch())


def _by_saturated_opacity(cloud: GaussianCloud, resolution: int) -> TriangleMesh:
    """The same field where it is half of what it saturates at."""
    return mesh_opacity(cloud, resolution // BLOCKS * BLOCKS, Watch(), level=0.5)


WAYS: dict[str, Callable[[GaussianCloud, int], TriangleMesh]] = {
    "poisson": _by_poisson,
    "opacity 1": _by_opacity,
    "opacity ½": _by_saturated_opacity,
    "carve": _by_carving,
    "mean depth": _by_mean,
    "view points": _by_view_points,
}


def compare(
    solids: Sequence[str], kinds: Sequence[str], sizes: Sequence[int], ways: Sequence[str], resolution: int
) -> Iterator[tuple[str, str, int, str, Figures, TriangleMesh]]:
    """Every way on every cloud: solid, kind, size, way, figures, mesh."""
    for name in solids:
        true = truth(SOLIDS[name])
        for kind in kinds:
            for size in sizes:
                cloud = gaussians(true, kind, size)
                for way in ways:
                    began = time.process_time()
                    try:
                        mesh = WAYS[way](cloud, resolution)
                    except EmptySurface:
                        mesh = TriangleMesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))
                    seconds = time.process_time() - began
                    yield name, kind, size, way, score(mesh, true, seconds), mesh


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table as Markdown, row by row; with --out, writes rows.json beside it."""
    parser = argparse.ArgumentParser(prog="surfaces", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--solids", nargs="+", choices=[*SOLIDS], default=[*SOLIDS])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--sizes", nargs="+", type=int, default=[8000, 20_000, 65_000])
    parser.add_argument("--ways", nargs="+", choices=[*WAYS], default=[*WAYS])
    parser.add_argument("--resolution", type=int, default=192)
    parser.add_argument("--out", type=Path, help="where rows.json goes")
    args = parser.parse_args(argv)
    print(f"F at {TAU} of a box of 2; {args.resolution} cells across; seconds of processor time\n")
    print("| solid | Gaussians | | method | F | accuracy | completeness | parts | closed | faces | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    rows = []
    for name, kind, size, way, known, _ in compare(args.solids, args.kinds, args.sizes, args.ways, args.resolution):
        rows.append({"solid": name, "kind": kind, "size": size, "way": way, **asdict(known)})
        print(
            f"| {name} | {kind} | {size // 1000}k | {way} | {known.f:.3f} | {known.accuracy:.4f}"
            f" | {known.completeness:.4f} | {known.parts} | {'yes' if known.watertight else 'no'}"
            f" | {known.faces // 1000}k | {known.seconds:.1f} |",
            flush=True,
        )
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "rows.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
