"""The local density of Gaussians on a lattice, in blocks (Tang et al. 2023, "DreamGaussian", §3.2; LGM meshes so too).

The density at a point is the sum of opacity · exp(−½ dᵀ Σ⁻¹ d) over the Gaussians near it. The lattice is cut into
blocks, and a block hears only those whose centres lie within one and a half blocks of it. That culling is a part of
the definition: large Gaussians end where a block's neighbourhood ends, and the field jumps there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import EmptySurface
from ..runtime import blas
from ..shapes import GaussianCloud, TriangleMesh
from ..shapes.gaussians import rotation_matrices
from ..watch import Watch, within
from .marching_cubes import dense_cells, marching_cubes
from .paint import paint

FAINTEST = 0.005  # opacity above which a Gaussian counts
SPAN = 1.8  # of the lattice's two units that the centres' longest side fills
BLOCKS = 16  # along each axis
RELAX = 1.5  # blocks beyond its own samples in which a block looks for centres
LEVEL = 1.0  # of the density at the surface
FINEST = 2e-4  # least standard deviation, in units of the lattice: below it single precision would invent density
TINY = 1e-24  # keeps the determinant of a needle from being zero
ROWS = 1 << 13  # Gaussians multiplied at a time


@dataclass(frozen=True)
class OpacityField:
    """``values`` (R, R, R) float32 ≥ 0 at the nodes of a lattice over −1…1, both ends included; a node's place in the
    cloud's frame is itself / ``scale`` + ``centre`` (3,). ``kept`` Gaussians (N,) were opaque enough to count.
    """

    values: np.ndarray
    centre: np.ndarray
    scale: float
    kept: np.ndarray

    def to_world(self, vertices: np.ndarray) -> np.ndarray:
        """Lattice coordinates (V, 3) → the cloud's frame, float32."""
        places = vertices / (len(self.values) - 1) * 2 - 1
        return (places / self.scale + self.centre).astype(np.float32)


def covariances(scales: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """Standard deviations (N, 3) and quaternions w,x,y,z (N, 4) of any length → Σ as (N, 6): xx xy xz yy yz zz."""
    spread = rotation_matrices(rotations) * scales[:, None, :]
    full = spread @ spread.transpose(0, 2, 1)
    return full[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]]


def inverses(covariance: np.ndarray) -> np.ndarray:
    """Σ as (N, 6) → Σ⁻¹ likewise, by the adjugate."""
    xx, xy, xz, yy, yz, zz = covariance.astype(np.float64).T
    adjugate = np.stack(
        [
            yy * zz - yz * yz,
            xz * yz - xy * zz,
            xy * yz - xz * yy,
            xx * zz - xz * xz,
            xy * xz - xx * yz,
            xx * yy - xy * xy,
        ],
        axis=1,
    )
    determinant = xx * adjugate[:, 0] + xy * adjugate[:, 1] + xz * adjugate[:, 2]
    return adjugate / (determinant + TINY)[:, None]


def weights(offsets: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """exp(−½ dᵀ Σ⁻¹ d) (N,) of offsets d (N, 3); 0 where rounding makes the exponent positive."""
    x, y, z = offsets.astype(np.float64).T
    a, b, c, d, e, f = inverses(covariance).T
    power = -0.5 * (a * x * x + d * y * y + f * z * z) - (b * x * y + c * x * z + e * y * z)
    return np.where(power > 0, 0.0, np.exp(np.minimum(power, 0)))


def opacity_field(cloud: GaussianCloud, resolution: int, watch: Watch, blocks: int = BLOCKS) -> OpacityField:
    """The density on ``resolution``³ nodes, a multiple of the ``blocks`` along each axis.

    Raises EmptySurface where no Gaussian is opaque enough, Cancelled where the watch says so.
    """
    if resolution % blocks:
        raise ValueError(f"{resolution} is no multiple of {blocks}")
    kept = cloud.opacities > FAINTEST
    kept &= np.isfinite(cloud.means).all(axis=1)
    if not kept.any():
        raise EmptySurface("There is nothing to see in the cloud.", "Choose another file.")
    means = cloud.means[kept].astype(np.float64)
    lower, upper = means.min(axis=0), means.max(axis=0)
    centre, scale = (lower + upper) / 2, SPAN / max(float(np.max(upper - lower)), 1e-12)
    means = (means - centre) * scale
    scales = np.maximum(cloud.scales[kept].astype(np.float64) * scale, FINEST)
    inverse = inverses(covariances(scales, cloud.rotations[kept].astype(np.float64)))
    opacity = cloud.opacities[kept].astype(np.float64)
    axis = np.linspace(-1, 1, resolution, dtype=np.float32).astype(np.float64)
    spans = axis.reshape(blocks, -1)
    reach = RELAX * 2 / blocks
    # Which Gaussians each slice of blocks may hear, axis by axis: strictly inside the widened box.
    near = [
        (means[:, a, None] > spans[None, :, 0] - reach) & (means[:, a, None] < spans[None, :, -1] + reach)
        for a in range(3)
    ]
    values = np.zeros((resolution, resolution, resolution), np.float32)
    side = resolution // blocks
    for i in range(blocks):
        in_slice = np.flatnonzero(near[0][:, i])
        for j in range(blocks):
            watch.step((i * blocks + j) / blocks**2, "adding up Gaussians")
            in_row = in_slice[near[1][in_slice, j]]
            for k in range(blocks):
                rows = in_row[near[2][in_row, k]]
                if len(rows):
                    block = _block(spans[i], spans[j], spans[k], means[rows], inverse[rows], opacity[rows])
                    x, y, z = i * side, j * side, k * side
                    values[x : x + side, y : y + side, z : z + side] = block
    return OpacityField(values, centre, scale, kept)


def _block(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, means: np.ndarray, inverse: np.ndarray, opacity: np.ndarray
) -> np.ndarray:
    """One block's densities (X, Y, Z). The exponent is a quadratic polynomial of the place: ten coefficients for each
    Gaussian, ten monomials for each node, one matrix product. About the block's middle, so that little cancels.
    """
    middle = np.array([x.mean(), y.mean(), z.mean()])
    u, v, w = (g.reshape(-1) for g in np.meshgrid(x - middle[0], y - middle[1], z - middle[2], indexing="ij"))
    nodes = np.stack([u * u, v * v, w * w, u * v, u * w, v * w, u, v, w, np.ones_like(u)]).astype(np.float32)
    a, b, c, d, e, f = inverse.T
    p, q, r = (means - middle).T
    coefficients = np.stack(
        [
            -0.5 * a,
            -0.5 * d,
            -0.5 * f,
            -b,
            -c,
            -e,
            a * p + b * q + c * r,
            b * p + d * q + e * r,
            c * p + e * q + f * r,
            -0.5 * (a * p * p + d * q * q + f * r * r) - (b * p * q + c * p * r + e * q * r),
        ],
        axis=1,
    ).astype(np.float32)
    total = np.zeros(nodes.shape[1], np.float32)
    product = blas.current().matmul
    for start in range(0, len(coefficients), ROWS):
        power = product(coefficients[start : start + ROWS], nodes)
        np.minimum(power, 0, out=power)
        np.exp(power, out=power)
        total += product(opacity[None, start : start + ROWS].astype(np.float32), power)[0]
    return total.reshape(len(x), len(y), len(z))


def mesh_opacity(cloud: GaussianCloud, resolution: int, watch: Watch, level: float = LEVEL) -> TriangleMesh:
    """The density's surface at ``level``, coloured, in the cloud's frame: with all the shells and crumbs it has.

    Raises EmptySurface where the density never reaches the level.
    """
    field = opacity_field(cloud, resolution, within(watch, 0.0, 0.8))
    watch.step(0.8, "meshing")
    # A layer of nothing around it closes what the lattice's border cuts off.
    vertices, faces = marching_cubes(*dense_cells(np.pad(field.values, 1), level), level=level, margin=2.0**-10)
    vertices -= 1
    if not len(faces):
        raise EmptySurface("The Gaussians are nowhere dense enough.", "Choose the method poisson.")
    places = field.to_world(vertices)
    kept = field.kept
    colours = paint(
        places,
        cloud.means[kept],
        cloud.opacities[kept],
        cloud.colours[kept],
        lambda f: watch.step(0.85 + 0.15 * f, "colouring"),
    )
    return TriangleMesh(places, faces, colours)
