"""How well solids are reconstructed: the F-score of surface points, as Tatarchenko et al. 2019 recommend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree

from ...surface.marching_cubes import marching_cubes
from ...surface.tables import CORNERS
from .autoencoder import Autoencoder
from .grids import Batch

POINTS = 10_000
THRESHOLDS = (0.02, 0.05, 0.1)  # of an object whose longest side is 2


@dataclass(frozen=True)
class Accuracy:
    """Means over solids: ``f`` the F-score at each threshold, ``colour`` the mean error of sRGB near the surface, and
    ``empty`` the number of solids of which nothing was left (F-score 0).
    """

    f: tuple[float, ...]
    colour: float
    empty: int

    def __str__(self) -> str:
        scores = " ".join(f"F@{t} {f:.3f}" for t, f in zip(THRESHOLDS, self.f, strict=True))
        return f"{scores} colour {self.colour:.3f} empty {self.empty}"


@torch.no_grad()
def accuracy(model: Autoencoder, target: Batch, noise: float = 0.0, seed: int = 0) -> Accuracy:
    """Reconstructs ``target`` with ``noise`` on the normalised latents."""
    generator = torch.Generator().manual_seed(seed)
    scores, errors, empty = [], [], 0
    for i in range(len(target.sdf)):
        one = Batch(target.sdf[i : i + 1], target.rgb[i : i + 1]).to(model.mean.device)
        latents = model.encode(one.sdf, one.seen())
        blur = torch.randn(latents.shape, generator=generator).to(latents.device)
        sdf, logits = model.decoder(latents + noise * blur)
        score = f_scores(sdf[0].float().cpu().numpy(), target.sdf[i].numpy())
        empty += score is None
        scores.append(score or (0.0,) * len(THRESHOLDS))
        off = (logits.float().sigmoid() - one.rgb).abs().mean(1, keepdim=True)[one.near]
        errors.append(float(off.mean()))
    return Accuracy(tuple(np.mean(scores, 0).tolist()), float(np.mean(errors)), empty)


def f_scores(sdf: np.ndarray, truth: np.ndarray) -> tuple[float, ...] | None:
    """Two grids (R,R,R), positive inside → the F-score at each of THRESHOLDS, the true solid scaled to longest side 2;
    None where the first has no surface.
    """
    mine, true = surface_points(sdf), surface_points(truth)
    if mine is None or true is None:
        return None
    scale = 2 / (true.max(0) - true.min(0)).max()
    to_true = cKDTree(true).query(mine)[0] * scale
    to_mine = cKDTree(mine).query(true)[0] * scale
    result = []
    for threshold in THRESHOLDS:
        precision, recall = (to_true < threshold).mean(), (to_mine < threshold).mean()
        result.append(float(2 * precision * recall / max(precision + recall, 1e-9)))
    return tuple(result)


def surface_points(sdf: np.ndarray, count: int = POINTS, seed: int = 0) -> np.ndarray | None:
    """(count,3) points spread evenly over the surface of a grid on [-1,1]³; None where there is no surface."""
    R = len(sdf)
    values = np.pad(sdf.astype(np.float64), 1, constant_values=-1)
    corners = np.array(CORNERS)
    cells = np.stack(np.meshgrid(*(np.arange(R + 1),) * 3, indexing="ij"), -1).reshape(-1, 3)
    around = np.stack([values[tuple((cells + corner).T)] for corner in corners], 1)
    vertices, faces = marching_cubes(cells, around)
    if not len(faces):
        return None
    triangles = ((vertices - 0.5) * (2 / R) - 1)[faces]
    a, b, c = triangles.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    dice = np.random.default_rng(seed)
    chosen = dice.choice(len(area), count, p=area / area.sum())
    u, v = np.sqrt(dice.random((count, 1))), dice.random((count, 1))
    return a[chosen] * (1 - u) + b[chosen] * u * (1 - v) + c[chosen] * u * v
