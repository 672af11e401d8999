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

    def surfaces(self, shape: tuple[int, ...], window: Window = (0.0, 0.0, 1.0, 1.0)) -> np.ndarray:
        """(K, *shape, 3) float32 over ``window`` (left, top, right, bottom in parts of the picture)."""
        (height, width), (left, top, right, bottom) = shape, window
        y = (top + (np.arange(height) + 0.5) / height * (bottom - top)) * 2 - 1
        x = (left + (np.arange(width) + 0.5) / width * (right - left)) * 2 - 1
        basis = _basis(*np.meshgrid(y, x, indexing="ij"))
        return np.stack([(basis @ fit).astype(np.float32) for fit in self.fits])


def learn(colours: np.ndarray, opaque: np.ndarray) -> Backdrop:
    """``colours`` (H, W, 3) L*a*b*, ``opaque`` (H, W) bool: which pixels may be looked at → Backdrop.

    The first surface is the quadratic (or plane, or constant) in x and y that most of the border agrees with,
    found among random hypotheses (Fischler & Bolles 1981; truncated squares as in MSAC, Torr & Zisserman
    2000) and then refitted to those that agree. Each hypothesis is drawn from one arc of the border without a
    jump, lest one surface should bend to meet a wall above and a floor below. What is left may be explained
    by further surfaces if it takes a whole side, as a floor does and an object cut off by the border hardly ever.
    """
    line = _walk(colours, opaque)
    grain = _grain(colours, opaque)
    arc = _arcs(line.colours, grain / np.sqrt(line.thickness))
    basis, random = _basis(line.y, line.x), np.random.default_rng(0)
    left = np.ones(len(arc), bool)
    fits: list[np.ndarray] = []
    spreads: list[np.ndarray] = []
    for layer in range(LAYERS):
        if (left & (arc >= 0)).sum() < 8 or (layer and not _whole_side(line, left)):
            break
        fit, deviation = _fit(basis[left], line.colours[left], arc[left], grain, random)
        agrees = _distance(line.colours - basis @ fit, deviation) < _WELL
        if layer and not _whole_side(line, agrees & left):
            break
        fits.append(fit)
        spreads.append(deviation)
        left &= ~agrees
    if not fits:
        fits, spreads = [np.zeros((6, 3))], [np.full(3, 100.0)]
    explained = float(1 - left.mean()) if len(left) else 0.0
    return Backdrop(np.stack(fits), np.stack(spreads).astype(np.float32), explained)


def _basis(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)


@dataclass(frozen=True)
class _Line:
    """The border walked round once: ``colours`` (P, 3) are means across its thickness; y, x (P,) in [−1, 1]."""

    colours: np.ndarray
    y: np.ndarray
    x: np.ndarray
    thickness: int


def _walk(colours: np.ndarray, opaque: np.ndarray) -> _Line:
    height, width = opaque.shape
    thick = max(1, min(round(_RING * max(height, width)), height // 3, width // 3))
    y, x = ((np.arange(n) + 0.5) / n * 2 - 1 for n in (height, width))
    edge = [1 - thick / height, 1 - thick / width]
    sides = []  # clockwise from the top left corner, each with its strip's short axis first
    for strip, seen, ys, xs in (
        (colours[:thick], opaque[:thick], np.full(width, -edge[0]), x),
        (colours[:, -thick:].swapaxes(0, 1), opaque[:, -thick:].T, y, np.full(height, edge[1])),
        (colours[-thick:, ::-1], opaque[-thick:, ::-1], np.full(width, edge[0]), x[::-1]),
        (colours[::-1, :thick].swapaxes(0, 1), opaque[::-1, :thick].T, y[::-1], np.full(height, -edge[1])),
    ):
        whole = seen.all(0)
        sides.append((strip.mean(0)[whole], ys[whole], xs[whole]))
    seen, ys, xs = (np.concatenate(part) for part in zip(*sides, strict=True))
    return _Line(seen.astype(np.float64), ys, xs, thick)


def _grain(colours: np.ndarray, opaque: np.ndarray) -> np.ndarray:
    """(3,) deviation of the noise from pixel to pixel along the border."""
    steps = []
    for line in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        steps.append(np.diff(colours[line], axis=0)[opaque[line][1:] & opaque[line][:-1]])
    together = np.abs(np.concatenate(steps))
    return np.maximum(1.4826 / np.sqrt(2) * np.median(together, 0), FLOOR) if len(together) else FLOOR.astype(float)


def _arcs(seen: np.ndarray, grain: np.ndarray) -> np.ndarray:
    """(P,) the number of the arc without a jump that each place on the walk belongs to; −1 on a jump."""
    if len(seen) < 8:
        return np.zeros(len(seen), np.int64)
    after = (np.roll(seen, -1, 0) + np.roll(seen, -2, 0)) / 2
    before = (np.roll(seen, 1, 0) + np.roll(seen, 2, 0)) / 2
    jump = np.linalg.norm(after - before, axis=1) > 3.0 + 4 * np.linalg.norm(grain)
    arc = np.cumsum(~jump & np.roll(jump, 1))
    arc[arc == arc.max(initial=0)] *= bool(jump[0] or jump[-1])  # the walk ends where it began
    return np.where(jump, -1, arc)


def _whole_side(line: _Line, chosen: np.ndarray) -> bool:
    """Whether nearly all of one side of the border is ``chosen``."""
    reach = 1 - 2 * _RING
    sides = (line.y < -reach, line.y > reach, line.x < -reach, line.x > reach)
    return any(side.sum() >= 8 and chosen[side].mean() > 0.85 for side in sides)


def _distance(residual: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    return np.sqrt(((residual / deviation) ** 2).mean(-1))


def _fit(
    basis: np.ndarray, seen: np.ndarray, arc: np.ndarray, grain: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """→ coefficients (6, 3) and deviation (3,) of the surface most of ``seen`` (P, 3) agrees with."""
    limit = 2.5 * np.linalg.norm(grain)
    order = np.argsort(arc, kind="stable")
    order = order[arc[order] >= 0]
    names, begin, count = np.unique(arc[order], return_index=True, return_counts=True)
    best, lowest = np.zeros((6, 3)), np.inf
    for terms in (1, 3, 6):
        which = random.choice(len(names), _DRAWS, p=count / count.sum())[:, None]
        within = random.random((_DRAWS, terms + terms // 2))
        picks = order[begin[which] + (within * count[which]).astype(np.int64)]
        draw = basis[picks][..., :terms]
        normal = draw.swapaxes(1, 2) @ draw + 1e-6 * np.eye(terms)
        fits = np.linalg.solve(normal, draw.swapaxes(1, 2) @ seen[picks])
        errors = ((basis[:, :terms] @ fits - seen) ** 2).sum(-1)
        costs = np.minimum(errors, limit**2).mean(1) + 0.01 * terms * limit**2  # of two equals the simpler one
        if costs.min() < lowest:
            lowest, best = costs.min(), np.zeros((6, 3))
            best[:terms] = fits[costs.argmin()]
    reach = 2 * grain
    for _ in range(8):
        residual = seen - basis @ best
        weight = np.clip(1 - (_distance(residual, reach) / 3) ** 2, 0, None) ** 2  # Tukey's biweight
        weighted = basis * weight[:, None]
        best = np.linalg.solve(weighted.T @ basis + 1e-2 * np.eye(6), weighted.T @ seen + 1e-2 * best)
        near = np.abs(seen - basis @ best)[weight > 0.05]
        reach = np.clip(1.4826 * np.median(near, 0) if len(near) else reach, grain, 3 * grain)
    return best, reach
