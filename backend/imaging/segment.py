"""Which pixels are the object: the cheapest outline between evidence for it and evidence against it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from .grids import at, block_means, blur, spread

_BLACK = np.array([16.0, 0.0, 0.0], np.float32)
DARKEST = 0.7  # a shadow lets at least 0.7³ of the light through
TIGHT = 2.0  # deviations within which a colour looks just like the background
NEAR = 3.5  # deviations at which a colour speaks neither for the background nor for the object
EDGE = 1.4  # deviations between neighbours at which a step is neither grain nor edge
CALM = 1.1  # the same, in barriers that the background itself raises where it is noisy
WALL, WALLED = 1.6, 0.5  # how much over an edge a barrier must be to speak for the object, and how loudly it does
SEAM = 0.5  # how much less a colour between floor and wall speaks for an object: compression blurs it
RAMP = 4.0  # pixels; what changes more slowly is shading or a soft shadow, not an edge
OUTLINE = 2.2  # deviations between neighbours at which an outline costs half of what it costs in plain colour


@dataclass(frozen=True)
class Evidence:
    """``object`` (H, W) in [−1, 1]: for the object > 0, for the background < 0; ``down`` (H−1, W) and ``right``
    (H, W−1) in (0, 1]: what an outline between two neighbours costs; ``distance`` (H, W): how far from the
    background's colour, in its deviations; ``barrier`` (H, W): the strongest edge on the smoothest way there
    from the border, over one where that is no longer the background's own unrest.
    """

    object: np.ndarray
    down: np.ndarray
    right: np.ndarray
    distance: np.ndarray
    barrier: np.ndarray


def weigh(
    colours: np.ndarray, surfaces: np.ndarray, deviation: np.ndarray, opaque: np.ndarray, shadows: bool = True
) -> Evidence:
    """``colours`` (H, W, 3) L*a*b*, ``surfaces`` (K, H, W, 3), ``deviation`` (K, 3), ``opaque`` (H, W) bool."""
    apart = np.stack([_size((colours - s) / d) for s, d in zip(surfaces, deviation, strict=True)])
    seams, between = _seams(colours, surfaces, deviation, apart)
    distance = np.minimum(apart.min(0), between)
    down, right, strength = _edges(colours, deviation.min(0))
    barrier = _lowest_about(flood(strength, (distance < NEAR) & opaque))
    plain = barrier[distance < NEAR]
    barrier /= max(EDGE, CALM * float(np.median(plain))) if plain.size else EDGE
    evidence = _lean(distance, NEAR)
    if shadows:  # a darker tone of the background that is reached without crossing an edge
        shaded = np.min([_shaded(colours, s, d) for s, d in zip(surfaces, deviation, strict=True)], 0)
        evidence = np.where(shaded < 1.3 * NEAR, np.minimum(evidence, _lean(barrier, 1)), evidence)
    # What no smooth way leads to is rather the object, unless it looks just like the background.
    walled = (barrier > WALL) & (distance > TIGHT) & ~seams
    evidence = np.where(walled, np.maximum(evidence, WALLED * _lean(barrier, WALL)), evidence)
    evidence[~opaque] = -1
    return Evidence(evidence, down, right, distance, barrier)


def _size(steps: np.ndarray) -> np.ndarray:
    """(…, 3) differences in deviations → (…,) their root mean square."""
    return np.sqrt(np.einsum("...c,...c->...", steps, steps) / 3)


def _shaded(colours: np.ndarray, surface: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """(H, W) how far, in deviations, a colour is from the surface in some depth of shadow; ∞ where it is no shadow.

    Light taken away multiplies (L* + 16, a*, b*) by the cube root of what is left of it.
    """
    lifted, ground = colours + _BLACK, surface + _BLACK
    part = np.einsum("...c,...c->...", lifted, ground) / np.einsum("...c,...c->...", ground, ground)
    off = _size((lifted - part[..., None] * ground) / deviation)
    off[(part > 1) | (part < DARKEST)] = np.inf
    return off


def _seams(
    colours: np.ndarray, surfaces: np.ndarray, deviation: np.ndarray, apart: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where two differing surfaces meet, a floor and a wall, (H, W) bool, and how far, in deviations, the colour
    there is from their mixtures, (H, W), ∞ elsewhere.
    """
    seams, distance = np.zeros(apart.shape[1:], bool), np.full(apart.shape[1:], np.inf, np.float32)
    for one, other in itertools.combinations(range(len(surfaces)), 2):
        differ = _size((surfaces[one] - surfaces[other]) / deviation[one]) > 2 * NEAR
        seam = differ & spread(apart[one] < NEAR, 3) & spread(apart[other] < NEAR, 3)
        across = (surfaces[other] - surfaces[one])[seam]
        off = colours[seam] - surfaces[one][seam]
        share = np.clip((off * across).sum(-1) / np.maximum((across * across).sum(-1), 1e-6), 0, 1)
        mixed = SEAM * _size((off - share[:, None] * across) / deviation[one])
        distance[seam] = np.minimum(distance[seam], mixed)
        seams |= seam
    return seams, distance


def _lean(value: np.ndarray, even: float) -> np.ndarray:
    """[0, ∞) → [−1, 1), zero at ``even``."""
    square = np.minimum(value, 1e6) ** 2
    return (square - even**2) / (square + even**2)


def _edges(colours: np.ndarray, deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scaled = colours / deviation
    scaled -= blur(scaled, RAMP) / blur(np.ones_like(scaled[..., :1]), RAMP)
    down = _size(np.diff(scaled, axis=0))
    right = _size(np.diff(scaled, axis=1))
    strength = np.zeros(colours.shape[:2], np.float32)
    for step, near, far in ((down, np.s_[:-1], np.s_[1:]), (right, np.s_[:, :-1], np.s_[:, 1:])):
        np.maximum(strength[near], step, out=strength[near])
        np.maximum(strength[far], step, out=strength[far])
    cost = lambda step: (0.02 + 0.98 / (1 + (step / OUTLINE) ** 2)).astype(np.float32)  # noqa: E731
    return cost(down), cost(right), strength


def _lowest_about(values: np.ndarray) -> np.ndarray:
    """The least of each pixel's 3 × 3 neighbourhood: a single noisy pixel walls nothing off but itself."""
    out = values.copy()
    np.minimum(out[1:], values[:-1], out=out[1:])
    np.minimum(out[:-1], values[1:], out=out[:-1])
    across = out.copy()
    np.minimum(across[:, 1:], out[:, :-1], out=across[:, 1:])
    np.minimum(across[:, :-1], out[:, 1:], out=across[:, :-1])
    return across


def flood(cost: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """For each pixel the smallest over all paths from the border's ``seeds`` of the largest ``cost`` on the path.

    Morphological reconstruction (Vincent 1993) on 8 bits with whole-array steps: each byte goes through the
    picture at memory speed, so that even long detours are cheap.
    """
    levels = np.clip(cost * 8, 1, 254).astype(np.uint8)
    out = np.full(cost.shape, 255, np.uint8)
    frame = np.zeros(cost.shape, bool)
    frame[[0, -1]] = frame[:, [0, -1]] = True
    frame &= seeds
    out[frame] = levels[frame]
    for turn in range(4 * sum(cost.shape)):
        before = out.copy() if turn % 8 == 0 else None
        low = out.copy()
        np.minimum(low[1:], out[:-1], out=low[1:])
        np.minimum(low[:-1], out[1:], out=low[:-1])
        np.minimum(low[:, 1:], out[:, :-1], out=low[:, 1:])
        np.minimum(low[:, :-1], out[:, 1:], out=low[:, :-1])
        np.maximum(low, levels, out=low)
        np.minimum(out, low, out=out)
        if before is not None and np.array_equal(before, out):
            break
    return out.astype(np.float32) / 8


def cheapest_outline(evidence: Evidence, start: np.ndarray, weight: float = 0.25, turns: int = 120) -> np.ndarray:
    """→ (H, W) float32 in [0, 1], over one half where the object is.

    Minimises Σ edge cost · |∇u| − weight · Σ evidence · u over u in [0, 1], whose thresholds are globally
    cheapest binary cuts (Chan, Esedoğlu & Nikolova 2006; weighted as by Unger et al. 2008), by the
    primal-dual steps of Chambolle & Pock 2011, from ``start``.
    """
    u = start.astype(np.float32)
    ahead = u.copy()
    down, right = np.zeros_like(evidence.down), np.zeros_like(evidence.right)
    pull = (weight * evidence.object).astype(np.float32)
    least_down, least_right = -evidence.down, -evidence.right
    zero, one = np.float32(0), np.float32(1)
    primal, dual = np.float32(0.35), np.float32(0.35)  # 0.35² · 8 < 1
    for _ in range(turns):
        down += dual * (ahead[1:] - ahead[:-1])
        np.minimum(np.maximum(down, least_down, out=down), evidence.down, out=down)
        right += dual * (ahead[:, 1:] - ahead[:, :-1])
        np.minimum(np.maximum(right, least_right, out=right), evidence.right, out=right)
        force = pull.copy()
        force[:-1] += down
        force[1:] -= down
        force[:, :-1] += right
        force[:, 1:] -= right
        new = u + primal * force
        np.minimum(np.maximum(new, zero, out=new), one, out=new)
        ahead = 2 * new - u
        u = new
    return u


def nearby(
    colours: np.ndarray, surfaces: np.ndarray, deviation: np.ndarray, mask: np.ndarray, sigma: float
) -> np.ndarray:
    """The background's colour as it really is about each place, (H, W, 3) L*a*b*: the nearest surface plus the
    mean of what the pixels of ``mask`` (H, W) about there differ from it; where there are none, the surface.
    """
    apart = np.stack([(((colours - s) / d) ** 2).sum(-1) for s, d in zip(surfaces, deviation, strict=True)])
    which = apart.argmin(0)
    base = np.take_along_axis(surfaces, which[None, ..., None], 0)[0]
    coarse = max(1, min(int(sigma / 3), *mask.shape))
    weight = mask.astype(np.float32)[..., None]
    both = block_means(np.concatenate([(colours - base) * weight, weight], -1), coarse)
    both = blur(both, sigma / coarse)
    y, x = ((np.arange(n) + 0.5) / coarse - 0.5 for n in mask.shape)
    away = at(both, *(c.ravel() for c in np.meshgrid(y, x, indexing="ij"))).reshape(*mask.shape, 4)
    return base + away[..., :3] / (away[..., 3:] + 0.02)
