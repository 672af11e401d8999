"""An early look at the mesh that a large cloud will become: few of its points, on a coarse grid."""

from __future__ import annotations

import logging

import numpy as np

from .errors import Cancelled, EmptySurface
from .shapes import GaussianCloud, PointCloud
from .shapes.gaussians import select, select_points
from .surface.extract import extract
from .watch import Watch

log = logging.getLogger(__name__)

ENOUGH = 4000  # points, on this many cells across: a tenth of a second, a twentieth of the whole
ACROSS = 64
WORTH = 4  # times as many points must there be for the wait to be worth it


def glimpse(cloud: GaussianCloud | PointCloud, watch: Watch) -> None:
    """Shows a coarse mesh by ``watch.preview``; nothing where the cloud is small or so few of it enclose nothing."""
    count = len(cloud.points if isinstance(cloud, PointCloud) else cloud.means)
    if count < WORTH * ENOUGH:
        return
    some = np.random.default_rng(0).choice(count, ENOUGH, replace=False)
    few = select_points(cloud, some) if isinstance(cloud, PointCloud) else select(cloud, some)
    quiet = Watch(step=lambda fraction=0.0, detail="": watch.step(0.0, detail))  # its words are of no account
    try:
        watch.preview(extract(few, ACROSS, quiet))
    except (Cancelled, MemoryError):
        raise
    except EmptySurface:
        return
    except Exception:  # a favour: what goes wrong with it need not go wrong with the whole
        log.exception("no early look")
