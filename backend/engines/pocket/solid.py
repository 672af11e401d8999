"""From what the network believes to a solid that the picture agrees with."""

from __future__ import annotations

import numpy as np

from .filters import blur
from .lattice import CELL, DEPTHS


def solid(belief: np.ndarray, width: np.ndarray) -> np.ndarray:
    """``belief`` as ``lattice.believe`` gives it, ``width`` (ACROSS, ACROSS) the signed distance to the outline.

    Returns the signed field (ACROSS, ACROSS, ALONG) in which every ray inside the outline meets the object.
    """
    inside = width > 0
    target = np.where(inside, np.minimum(width * 0.5, 0.06), 0)
    peak = belief.max(2)
    need = np.where(inside, np.maximum(0, target - peak), 0)
    trust = np.clip((peak + 0.1) / 0.1, 0.02, 1) * inside
    middle = DEPTHS[belief.argmax(2)]
    sure = np.clip(peak / 0.02 + 1, 0, 1)
    for reach in (0.0234, 0.0625, 0.156):
        weight = blur(trust, reach / CELL) + 1e-6
        around = blur(trust * middle, reach / CELL) / weight
        middle = sure * middle + (1 - sure) * around
    fill = np.maximum(target, 0.5 * CELL)[..., None] - np.abs(DEPTHS - middle[..., None])
    return np.where((need > 0)[..., None] | ~inside[..., None], np.maximum(belief, fill), belief).astype(np.float32)
