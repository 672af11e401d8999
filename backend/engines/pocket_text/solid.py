"""What the decoder wrote on its grids, as a solid: without crumbs and hollows, smooth between the cells, coloured."""

from __future__ import annotations

import numpy as np

from ...network.sampling import sample
from ...runtime.blas import Blas
from ...shapes import SignedDistanceField
from ...surface.measure import components
from .sizes import RESOLUTION

BAND = 0.1  # metres, the unit of the decoder's distances, which mean nothing farther from the surface
CRISP = 0.5  # how far a spline's rounding-off is undone
CRUMB = 0.004  # share of the solid's volume below which a part on its own is a crumb
THICKER = (0.0, 0.15, 0.3, 0.45)  # bands by which a solid in pieces may grow to be in fewer
FATTEST = 2.5  # times as much of it as before, at most
BOX = 1.0  # the solid lies within ±1 m
CELL = 2 * BOX / RESOLUTION
INNER, OUTER = 0.0, -0.6  # signed distances, in bands, between which a cell's colour counts in full or hardly


def solid_of(sdf: np.ndarray, rgb: np.ndarray, resolution: int, compute: Blas) -> SignedDistanceField | None:
    """Signed distance / BAND (64,64,64) and sRGB (32,32,32,3) in [0, 1], index order x, y, z → a field in the world
    frame for a lattice of ``resolution`` cells; None where nothing is inside.
    """
    values = meant(sdf) * np.float32(BAND)
    if not (values > 0).any():
        return None
    values = crisp(values)
    nodes = smooth(values, resolution, compute)
    shrink = np.float32(resolution / (resolution + 1))  # nodes stand on the box's faces, and samples at cells' centres
    paint = premultiplied(rgb, values)

    def field(points: np.ndarray) -> np.ndarray:
        return sample(nodes[..., None], points * shrink)[:, 0]

    def colours(points: np.ndarray) -> np.ndarray:
        found = sample(paint, points)
        return found[:, :3] / found[:, 3:]

    # The values are known at all nodes, so that the surface need not be searched for: the seeds tell every place of it,
    # and a bound of 0 that it is nowhere else.
    side = np.full(3, BOX, np.float32)
    return SignedDistanceField(field, -side, side, colours, lipschitz=0.0, seeds=crossings(nodes))


def meant(sdf: np.ndarray) -> np.ndarray:
    """What a decoder's signed distances (X,Y,Z) in bands are taken to say, within ±1: joined, then whole."""
    return whole(joined(np.clip(sdf, -1, 1)))


def joined(sdf: np.ndarray) -> np.ndarray:
    """``sdf`` (X,Y,Z) in bands, or a little more of it where that makes one piece of several.

    What is thin is the first that a generator gets wrong: a leg's values hover about the surface's, and the leg falls
    to pieces. The least thickening after which there are fewest pieces puts it together again; what is in one piece
    stays as it is, and so does what lies farther apart than two thickenings.
    """
    fewest, best, most = 0, sdf, FATTEST * int((sdf > 0).sum())
    for more in THICKER:
        thicker = sdf + np.float32(more)
        inside = thicker > 0
        if inside.sum() > most:  # that is fog and not a surface
            break
        size = np.bincount(pieces(inside)[inside]) if inside.any() else np.zeros(1)
        count = int(np.count_nonzero(size >= max(1, CRUMB * inside.sum())))
        if not fewest or count < fewest:
            fewest, best = count, thicker
        if fewest <= 1:
            break
    return best


def whole(values: np.ndarray) -> np.ndarray:
    """``values`` (X,Y,Z) in bands without parts too small to be meant, and without hollows that nothing leads into."""
    inside = values > 0
    if not inside.any():
        return values
    values = values.copy()
    name = pieces(inside)
    size = np.bincount(name[inside], minlength=values.size)
    crumb = inside & (size[name] < CRUMB * inside.sum())
    values[crumb] = np.minimum(-values[crumb], np.float32(-0.1))
    outside = np.pad(values <= 0, 1, constant_values=True)  # around everything is one piece, named 0
    hollow = (outside & (pieces(outside) != 0))[1:-1, 1:-1, 1:-1]
    values[hollow] = np.maximum(-values[hollow], np.float32(0.1))
    return values


def pieces(cells: np.ndarray) -> np.ndarray:
    """(X,Y,Z) bool → for every one of ``cells`` the least index of those that it touches face to face, directly or
    through others; the rest keep their own.
    """
    number = np.arange(cells.size, dtype=np.int64).reshape(cells.shape)
    pairs = []
    for axis in range(3):
        ends = (slice(None),) * axis
        lower, upper = (*ends, slice(None, -1)), (*ends, slice(1, None))
        both = cells[lower] & cells[upper]
        pairs.append(np.stack([number[lower][both], number[upper][both]], 1))
    edges = np.concatenate(pairs)
    return components(edges[:, [0, 1, 1]], cells.size).reshape(cells.shape)


def crisp(values: np.ndarray) -> np.ndarray:
    """Coefficients of a spline that follows ``values`` (X,Y,Z) more closely than they themselves would as such: that
    would take a third off a leg two cells thick. CRISP 1 would nearly run through them, ripples and all.
    """
    for axis in range(3):
        padded = np.pad(values, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="edge")
        ends, n = (slice(None),) * axis, values.shape[axis]
        beside = padded[(*ends, slice(0, n))] + padded[(*ends, slice(2, n + 2))]
        values = (1 + CRISP / 3) * values - CRISP / 6 * beside
    return values.astype(np.float32)


def smooth(values: np.ndarray, resolution: int, compute: Blas) -> np.ndarray:
    """Coefficients (64,64,64) of a cubic B-spline (Unser 1999), one a cell → its values at the (resolution + 1)³ nodes
    from face to face of the box: what comes out has no creases at the cells' borders.
    """
    at = (np.arange(resolution + 1) / resolution * 2 * BOX - BOX + BOX) / CELL - 0.5  # in cells
    first = np.floor(at).astype(np.intp)
    t = (at - first)[:, None]
    weights = np.concatenate([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 3 * t * (1 + t * (1 - t)) + 1, t**3], 1) / 6
    spread = np.zeros((resolution + 1, RESOLUTION), np.float32)
    for tap in range(4):
        cell = np.clip(first - 1 + tap, 0, RESOLUTION - 1)
        np.add.at(spread, (np.arange(resolution + 1), cell), weights[:, tap].astype(np.float32))
    for _ in range(3):  # the first axis becomes the last one, so after three times all are in their places
        rows = np.ascontiguousarray(np.moveaxis(values, 0, -1))
        size = rows.shape[:2]
        values = compute.product(rows.reshape(-1, RESOLUTION), spread.T).reshape(*size, -1)
    return values


def crossings(nodes: np.ndarray) -> np.ndarray:
    """Nodes (R + 1)³ of the box → the places (N,3) float32 of those from which an edge leads through the surface."""
    inside = nodes > 0
    ends = np.zeros(nodes.shape, bool)
    for axis in range(3):
        along = (slice(None),) * axis
        ends[(*along, slice(None, -1))] |= inside[(*along, slice(1, None))] != inside[(*along, slice(None, -1))]
        faces = [(*along, at) for at in (0, -1)]  # where the solid reaches the box's face it is cut there
        for face in faces:
            ends[face] |= inside[face]
    return (np.argwhere(ends) * (2 * BOX / (len(nodes) - 1)) - BOX).astype(np.float32)


def premultiplied(rgb: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Colours (32,32,32,3) times how far each is to be trusted, and that as a fourth channel: cells outside of the
    solid, which the decoder was never asked to colour, must not bleed into the surface.
    """
    half = RESOLUTION // 2
    mean = values.reshape(half, 2, half, 2, half, 2).mean((1, 3, 5)) / BAND
    weight = np.clip((mean - OUTER) / (INNER - OUTER), 0, 1)[..., None] ** 2 + np.float32(1e-3)
    return np.concatenate([rgb * weight, weight], -1).astype(np.float32)
