"""Whatever the network believes: every ray inside the outline is entered once and left once."""

import numpy as np
import pytest
from maquette.backend.engines.pocket.field import SolidField
from maquette.backend.engines.pocket.filters import blur
from maquette.backend.engines.pocket.lattice import ACROSS, ALONG, DEPTHS
from maquette.backend.engines.pocket.silhouette import Silhouette, shrunk
from maquette.backend.engines.pocket.solid import SLENDER, THINNEST, intervals, profiles
from maquette.backend.evaluation.pictures import draw


def made(name, belief, depth=None):
    silhouette = Silhouette.of(draw(name)[..., 3])
    width, radius = silhouette.shrunk(ACROSS), silhouette.radius(SLENDER)
    where = intervals(belief, np.zeros((64, 64)) if depth is None else depth, width, shrunk(radius, ACROSS))
    return SolidField(profiles(belief, where, width), where, silhouette, radius)


def noise(seed, level):
    x = np.random.default_rng(seed).normal(size=(ACROSS, ACROSS, ALONG)).astype(np.float32)
    x = blur(x, 2.0, (0, 1, 2))
    return np.clip(level + 0.05 * x / x.std(), -0.1, 0.1)


NOTHING = np.full((ACROSS, ACROSS, ALONG), -0.1, np.float32)
BELIEFS = {"nothing": NOTHING, "noise": noise(0, -0.02), "thick noise": noise(1, 0.03), "everything": -NOTHING}


@pytest.mark.parametrize("name", ["ring", "wires", "table", "flag"])
@pytest.mark.parametrize("belief", BELIEFS)
def test_rays(name, belief):
    field = made(name, BELIEFS[belief])
    rng = np.random.default_rng(2)
    rays = rng.uniform(-1, 1, (3000, 2)).astype(np.float32)
    z = np.linspace(-1.5, 1.5, 601).astype(np.float32)
    points = np.concatenate([np.repeat(rays, len(z), 0), np.tile(z, len(rays))[:, None]], 1)
    inside = (field(points) > 0).reshape(len(rays), len(z))
    distance = field.silhouette.at(rays)
    assert not inside[distance <= 0].any()
    well_inside = distance > (0.003 if name in ("wires", "table") else 0.01)  # nearer, z is stepped too coarsely
    assert inside[well_inside].any(1).all()
    assert (np.diff(inside.astype(np.int8), axis=1) != 0).sum(1).max() <= 2


def test_a_sure_network_is_followed():
    """A slab of belief between z = 0.1 and 0.4 is where the solid is, away from the outline."""
    depths = np.broadcast_to(np.clip(0.15 - np.abs(DEPTHS - 0.25), -0.1, 0.1), NOTHING.shape).astype(np.float32)
    field = made("disc", depths, np.full((64, 64), 0.4))
    middle = np.stack([np.zeros(301), np.zeros(301), np.linspace(-1.5, 1.5, 301)], 1).astype(np.float32)
    z = middle[field(middle) > 0, 2]
    assert z.min() == pytest.approx(0.1, abs=0.12) and z.max() == pytest.approx(0.4, abs=0.12)


def test_rounding_ends_at_the_outline_and_thin_parts_keep_their_least():
    field = made("table", NOTHING)
    pixels = np.argwhere(field.silhouette.distance > 0)
    u, v = (pixels[:, 1] + 0.5) / 128 - 1, 1 - (pixels[:, 0] + 0.5) / 128
    leg = (v < 0.2) & (v > -0.5)
    points = np.stack([u, v, np.zeros(len(u))], 1)[leg].astype(np.float32)
    row, column = pixels[leg].T * ACROSS // 256
    points[:, 2] = field.intervals.middle[row, column] + 0.6 * THINNEST
    assert (np.maximum(field(points), -1) > -0.004).mean() > 0.95


def test_box_and_seeds_hold_the_surface():
    field = made("flag", BELIEFS["thick noise"])
    lower, upper = field.box()
    seeds = field.seeds()
    assert ((seeds > lower - 0.05) & (seeds < upper + 0.05)).all()
    assert (lower[:2] == -1).all() and (upper[:2] == 1).all() and lower[2] < upper[2]
