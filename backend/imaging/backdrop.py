"""What the background looks like: one to three smooth surfaces of colour, learned from the picture's border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Window = tuple[float, float, float, float]

LAYERS = 3  # a wall, a floor, and one more
_RING = 0.035  # width of the border that is looked at, in parts of the picture's longer side
_DRAWS = 96  # random hypotheses for each degree
FLOOR = np.array([0.9, 0.7, 0.7], np.float32)  # L*a*b* units that 8 bits and mild compression leave uncertain
_WELL = 3.5  # within so many deviations a pixel agrees with a surface


@dataclass(frozen=True)
class Backdrop:
    """``fits`` (K, 6, 3): K quadratics of x and y in [−1, 1] over the picture, with values in L*a*b*;
    ``deviation`` (K, 3) of the pixels about each, robustly measured; ``explained``: the part of the border
    that some surface explains.
    """

    fits: np.ndarray
    deviation: np.ndarray
    explained: float

    def surfaces(self, height: int, width: int, window: Window = (0.0, 0.0, 1.0, 1.0)) -> np.ndarray:
        """(K, height, width, 3) float32 over ``window`` (left, top, right, bottom in parts of the picture)."""
        left, top, right, bottom = window
        y = (top + (np.arange(height) + 0.5) / height * (bottom - top)) * 2 - 1
        x = (left + (np.arange(width) + 0.5) / width * (right - left)) * 2 - 1
        basis = _basis(*np.meshgrid(y, x, indexing="ij"))
        return np.stack([(basis @ fit).astype(np.float32) for fit in self.fits])


def learn(colours: np.ndarray, opaque: np.ndarray) -> Backdrop:
    """``colours`` (H, W, 3) L*a*b*, ``opaque`` (H, W) bool: which pixels may be looked at → Backdrop.

    The first surface is the quadratic (or plane) in x and y that most of the border agrees with, found among
    random hypotheses (Fischler & Bolles 1981; truncated squares as in MSAC, Torr & Zisserman 2000) and then
    refitted to those that agree. What is left may be explained by further surfaces if it reaches round two
    corners, which a horizon does and an object cut off by the border hardly ever.
    """
    height, width = colours.shape[:2]
    ring, y, x = _border(height, width)
    keep = opaque[ring]
    ring, y, x = (ring[0][keep], ring[1][keep]), y[keep], x[keep]
    seen, basis = colours[ring].astype(np.float64), _basis(y, x)
    grain = _grain(colours)
    random = np.random.default_rng(0)
    left = np.ones(len(seen), bool)
    fits: list[np.ndarray] = []
    spreads: list[np.ndarray] = []
    for layer in range(LAYERS):
        if left.sum() < (12 if layer == 0 else 0.1 * len(seen)) or (layer and not _whole_side(y, x, left)):
            break
        fit, deviation = _fit(basis[left], seen[left], grain, random)
        agrees = _distance(seen - basis @ fit, deviation) < _WELL
        if layer and (agrees & left).sum() < 0.08 * len(seen):
            break
        fits.append(fit)
        spreads.append(deviation)
        left &= ~agrees
    if not fits:
        fits, spreads = [np.zeros((6, 3))], [np.full(3, 100.0)]
    explained = float(1 - left.mean()) if len(left) else 0.0
    return Backdrop(np.stack(fits), np.stack(spreads).astype(np.float32), explained)


def _units(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) / count * 2 - 1


def _basis(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)


def _border(height: int, width: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
    """Every pixel of the border's ring: its indices, and y and x in [−1, 1]."""
    thick = max(1, round(_RING * max(height, width)))
    inside = np.ones((height, width), bool)
    inside[thick : height - thick, thick : width - thick] = False
    rows, columns = np.nonzero(inside)
    return (rows, columns), _units(height)[rows], _units(width)[columns]


def _whole_side(y: np.ndarray, x: np.ndarray, chosen: np.ndarray) -> bool:
    """Whether nearly all of one side of the border is ``chosen``."""
    sides = (y < -0.94, y > 0.94, x < -0.94, x > 0.94)
    return any(side.any() and chosen[side].mean() > 0.85 for side in sides)


def _distance(residual: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    return np.sqrt(((residual / deviation) ** 2).mean(-1))


def _grain(colours: np.ndarray) -> np.ndarray:
    """(3,) deviation of the noise from pixel to pixel along the border."""
    steps = [np.diff(line, axis=0) for line in (colours[0], colours[-1], colours[:, 0], colours[:, -1])]
    return np.maximum(1.4826 / np.sqrt(2) * np.median(np.abs(np.concatenate(steps)), 0), FLOOR)


def _fit(
    basis: np.ndarray, seen: np.ndarray, grain: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """→ coefficients (6, 3) and deviation (3,) of the surface most of ``seen`` (N, 3) agrees with."""
    few = random.permutation(len(seen))[:600]
    some, colours = basis[few], seen[few]
    best, lowest = np.zeros((6, 3)), np.inf
    limit = 2.5 * np.linalg.norm(grain)
    for terms in (1, 3, 6):
        picks = random.integers(0, len(few), (_DRAWS, terms + terms // 2))
        draw, target = some[picks][..., :terms], colours[picks]
        normal = draw.swapaxes(1, 2) @ draw + 1e-6 * np.eye(terms)
        fits = np.linalg.solve(normal, draw.swapaxes(1, 2) @ target)
        errors = ((some[:, :terms] @ fits - colours) ** 2).sum(-1)
        costs = np.minimum(errors, limit**2).mean(1) * (1 + 0.02 * terms)  # of two equals the simpler one
        if costs.min() < lowest:
            lowest, best = costs.min(), np.zeros((6, 3))
            best[:terms] = fits[costs.argmin()]
    reach = 2 * grain
    for _ in range(8):
        residual = seen - basis @ best
        weight = np.clip(1 - (_distance(residual, reach) / 3) ** 2, 0, None) ** 2  # Tukey's biweight
        weighted = basis * weight[:, None]
        best = np.linalg.solve(weighted.T @ basis + 1e-3 * np.eye(6), weighted.T @ seen + 1e-3 * best)
        near = np.abs(seen - basis @ best)[weight > 0.05]
        reach = np.clip(1.4826 * np.median(near, 0) if len(near) else reach, FLOOR, 3 * grain)
    return best, reach
