"""Between the world frame and the frame of files that have Y up."""

from __future__ import annotations

import numpy as np


def y_up(points: np.ndarray) -> np.ndarray:
    """World (+Z up, front −Y) → (+Y up, front +Z), (N, 3): a quarter turn about x, so winding stays as it is."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], 1)
