"""The lattice of ray space on which Pocket's solid is worked out, whatever the preset."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .network import Encoding, PocketNetwork
from .rays import DEPTH, Rays

ACROSS, ALONG = 96, 96  # samples along the picture's sides and along the rays; the network's volume has 64 and 96
CELL = 2 / ACROSS
STEP = 2 * DEPTH / ALONG
AXIS = ((np.arange(ACROSS) + 0.5) * CELL - 1).astype(np.float32)  # of columns; rows run the other way
DEPTHS = ((np.arange(ALONG) + 0.5) * STEP - DEPTH).astype(np.float32)
OUTSIDE = np.float32(-0.1)  # as far outside as the network tells


def believe(
    network: PocketNetwork, encoding: Encoding, rays: Rays, wanted: np.ndarray, step: Callable[[float], None]
) -> np.ndarray:
    """The network's signed distance on the rays ``wanted`` (ACROSS, ACROSS) bool, OUTSIDE elsewhere.

    Returns (ACROSS, ACROSS, ALONG) float32 in frame units: rows from the top, columns, depth towards the camera.
    """
    rows, columns = np.nonzero(wanted)
    points = np.empty((len(rows), ALONG, 3), np.float32)
    points[..., 0], points[..., 1], points[..., 2] = AXIS[columns][:, None], -AXIS[rows][:, None], DEPTHS
    values = network.sdf_only(encoding, rays.to_frame(points.reshape(-1, 3)), step)
    result = np.full((ACROSS, ACROSS, ALONG), OUTSIDE)
    result[rows, columns] = values.reshape(len(rows), ALONG)
    return result
