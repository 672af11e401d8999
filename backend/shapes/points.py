"""Unconnected things: points, and Gaussians."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PointCloud:
    """``points`` (N,3) float32 in the world frame; ``colours`` (N,4) uint8 sRGB; ``normals`` (N,3) unit, outward."""

    points: np.ndarray
    colours: np.ndarray | None = None
    normals: np.ndarray | None = None


@dataclass(frozen=True)
class GaussianCloud:
    """3D Gaussians (Kerbl et al. 2023, §4) after their activations, in the world frame.

    ``means`` (N,3) metres; ``scales`` (N,3) standard deviations in metres, > 0; ``rotations`` (N,4) unit
    quaternions w,x,y,z; ``opacities`` (N,) in [0, 1]; ``colours`` (N,3) float32 sRGB in [0, 1].
    """

    means: np.ndarray
    scales: np.ndarray
    rotations: np.ndarray
    opacities: np.ndarray
    colours: np.ndarray
