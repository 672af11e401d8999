"""What a picture of Gaussians is, in float64 and one Gaussian after the other: the measure of every faster way.

Splatting after Zwicker et al. 2001 as Kerbl et al. 2023 use it: a Gaussian is flattened by the projection's derivative
at its centre, widened by a low-pass filter, and laid over the picture nearest first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shapes import GaussianCloud
from ..shapes.gaussians import rotation_matrices
from .cameras import Camera

LOW_PASS = 0.3  # pixels², added to the variances: nothing is thinner than a pixel
CAP = 0.99  # of one Gaussian's alpha: something always shines through, so that gradients never divide by zero
CUT = 1 / 255  # alphas under it are none
NEAR = 0.01  # metres; what is nearer is behind
WIDEST = 1.3  # times the picture's half width: beyond it the derivative is taken at this slope, or it grows too steep


@dataclass(frozen=True)
class Rendering:
    """``rgb`` (H,W,3) is the light that arrives, over black (that is, multiplied by alpha); ``alpha`` (H,W) the part of
    what is behind that is covered; ``depth`` (H,W) the mean depth of what is seen, in metres along the camera's axis;
    ``median`` (H,W) the depth at which half is covered. Depths are infinite where there is none. ``median`` is None
    where the way it was rendered does not tell. float32, or the reference's float64.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    depth: np.ndarray
    median: np.ndarray | None

    @property
    def rgba(self) -> np.ndarray:
        """(H,W,4) float32 straight alpha sRGB in [0, 1]."""
        alpha = self.alpha[..., None]
        straight = self.rgb / np.where(alpha > 0, alpha, 1)
        return np.clip(np.concatenate([straight, alpha], -1), 0, 1).astype(np.float32)


def project(cloud: GaussianCloud, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres (N,3) as column, row, depth; covariances (N,2,2) in pixels², low-passed; and how the depth at which a
    Gaussian is densest changes over the picture, (N,2) metres per pixel. All float64.

    With Σ′ the covariance in (column, row, depth), the last is Σ′_zx Σ′_xx⁻¹: the mean of the depth where column and
    row are known.
    """
    view, f = camera.view, camera.focal
    t = cloud.means.astype(np.float64) @ view[:3, :3].T + view[:3, 3]
    slopes = t[:, :2] / t[:, 2:]
    limit = WIDEST * np.array([camera.width, camera.height]) / 2 / f
    x, y = np.clip(slopes, -limit, limit).T
    z, zero, one = t[:, 2], np.zeros(len(t)), np.ones(len(t))
    if camera.fov:
        rows = [[f / z, zero, -f * x / z], [zero, f / z, -f * y / z], [zero, zero, one]]
        centres = np.stack([*(f * slopes.T + np.array([[camera.width], [camera.height]]) / 2), z], 1)
    else:
        rows = [[f * one, zero, zero], [zero, f * one, zero], [zero, zero, one]]
        centres = np.stack([*(f * t[:, :2].T + np.array([[camera.width], [camera.height]]) / 2), z], 1)
    derivative = np.stack([np.stack(row, -1) for row in rows], -2)
    axes = rotation_matrices(cloud.rotations.astype(np.float64)) * cloud.scales.astype(np.float64)[:, None, :]
    spread = derivative @ view[:3, :3] @ axes
    sigma = spread @ spread.transpose(0, 2, 1)
    flat = sigma[:, :2, :2] + LOW_PASS * np.eye(2)
    return centres, flat, np.linalg.solve(flat, sigma[:, :2, 2:])[..., 0]


def render(cloud: GaussianCloud, camera: Camera) -> Rendering:
    """``cloud`` seen by ``camera``, float64. Slow: a loop over the Gaussians, each over the whole picture."""
    with np.errstate(all="ignore"):  # what is behind the camera divides by zero, and is left out below
        centres, flat, tilts = project(cloud, camera)
    rgb = np.zeros((camera.height, camera.width, 3))
    through = np.ones((camera.height, camera.width))
    depths, median = np.zeros_like(through), np.full_like(through, np.inf)
    column, row = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    for i in np.argsort(centres[:, 2], kind="stable"):
        if centres[i, 2] <= NEAR:
            continue
        away = np.stack([column - centres[i, 0], row - centres[i, 1]], -1)
        power = -0.5 * np.einsum("...i,ij,...j", away, np.linalg.inv(flat[i]), away)
        alpha = np.minimum(CAP, cloud.opacities[i] * np.exp(power))
        alpha[alpha < CUT] = 0
        weight = through * alpha
        depth = centres[i, 2] + away @ tilts[i]
        rgb += weight[..., None] * cloud.colours[i]
        depths += weight * depth
        after = through * (1 - alpha)
        median[(after < 0.5) & (through >= 0.5)] = depth[(after < 0.5) & (through >= 0.5)]
        through = after
    covered = 1 - through
    with np.errstate(all="ignore"):
        return Rendering(rgb, covered, np.where(covered > 0, depths / covered, np.inf), median)
