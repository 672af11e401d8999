"""Fewer faces: quadric edge collapse (Garland and Heckbert 1997), many independent collapses at a time.

The textbook takes the cheapest edge from a heap and mends its neighbourhood. Here each round prices all edges,
selects among the cheapest a set in which no two touch each other's faces, and collapses the whole set with a few
array operations; what is priced stays priced until one of its vertices moves. Every collapse keeps the link
condition (Dey et al. 1999), so a closed manifold stays a closed manifold of the same genus, and turns no face over.
"""

from __future__ import annotations

import numpy as np

from ..shapes import TriangleMesh
from ..watch import Watch
from .independent import independent_edges

SHARE = 0.2  # of the edges, the cheapest, may be chosen in one round
COLOUR = 0.015  # a step from black to white weighs as much as this distance, in longest sides
EVEN = 3e-5  # weight of the squared length: decides where the surface is flat and every collapse is free
ANCHOR = 1e-3  # pull of the new vertex towards the edge's middle, relative to the quadric's trace
TURN = 0.5  # least cosine between a face's normals before and after one collapse
LEAN = 0.2  # least cosine between a face's normal and the first surface's about its corners: turns must not add up
SHAPE = 0.002  # least compactness (1: equilateral) of a face that a collapse makes, unless it was worse before


def decimate(mesh: TriangleMesh, target_faces: int, watch: Watch) -> TriangleMesh:
    """At most ``target_faces`` faces (0: as it is), colours carried along, unused vertices left out.

    More remain where no further edge can be collapsed: edges of an open border stay as they are, and each closed
    part keeps at least four faces.
    """
    if target_faces <= 0 or len(mesh.faces) <= target_faces:
        return mesh
    work = _Mesh(mesh)
    first = work.faces.shape[1]
    repriced = first  # how many faces there were when refused edges last got another chance
    while (left := (work.faces.shape[1] - target_faces + 1) // 2) > 0:
        watch.step((first - work.faces.shape[1]) / (first - target_faces), "thinning out")
        if work.round(left):
            continue
        if work.faces.shape[1] == repriced:
            break
        repriced = work.faces.shape[1]
        work.price_all()
    return work.result()


class _Mesh:
    """The mesh under work. Coordinates are centred with the longest side 1; arrays over vertices keep their length,
    and the vertices that vanish simply go out of use. ``faces`` (3, F) and ``edges`` (2, E), the edges of the
    present faces in no order, hold one corner or end a row, which is what whole-array work reads fastest.
    """

    def __init__(self, mesh: TriangleMesh):
        points = mesh.vertices.astype(np.float64)
        lower, upper = points.min(axis=0), points.max(axis=0)
        self.centre, self.size = (lower + upper) / 2, float(max(np.max(upper - lower), 1e-30))
        self.points = (points - self.centre) / self.size
        self.colours = None if mesh.colours is None else mesh.colours.astype(np.float32) / 255.0
        self.faces = np.ascontiguousarray(mesh.faces.T, np.int32)
        self.quadrics, self.outward = _quadrics(self.points, self.faces)
        self.edges, counts = _unique_edges(self.faces)
        self.locked = np.zeros(len(points), bool)
        self.locked[self.edges[:, counts != 2]] = True
        self.price_all()

    def price_all(self) -> None:
        self.costs = self._price(self.edges)

    def _price(self, edges: np.ndarray) -> np.ndarray:
        u, w = edges
        quadrics = self.quadrics[u] + self.quadrics[w]
        a, b = self.points[u], self.points[w]
        costs = _error(quadrics, _optimum(quadrics, (a + b) / 2))
        weight = EVEN * _dot(a - b, a - b)
        if self.colours is not None:
            step = self.colours[u, :3] - self.colours[w, :3]
            weight += COLOUR**2 * _dot(step, step)
        costs += weight * _areas(quadrics)
        costs[self.locked[u] | self.locked[w]] = np.inf
        return costs

    def round(self, most: int) -> bool:
        """One round of at most ``most`` collapses. False where no edge is left that was not refused."""
        chosen = independent_edges(self.edges, self.costs, len(self.points), SHARE, most)
        if not len(chosen):
            return False
        u, w = edges = self.edges[:, chosen]
        quadrics = self.quadrics[u] + self.quadrics[w]
        places = _optimum(quadrics, (self.points[u] + self.points[w]) / 2)
        share = (_areas(self.quadrics[u]) / (_areas(quadrics) + 1e-30))[:, None]
        outward = share * self.outward[u] + (1 - share) * self.outward[w]
        good = self._allowed(edges, places, outward)
        self.costs[chosen[~good]] = np.inf
        order = np.flatnonzero(good)
        if len(order) > most:
            order = order[np.argsort(self.costs[chosen[order]], kind="stable")[:most]]
        if len(order):
            self._collapse(edges[:, order], places[order], quadrics[order], outward[order])
        return True

    def _allowed(self, edges: np.ndarray, places: np.ndarray, outward: np.ndarray) -> np.ndarray:
        """Which of these independent edges (2, N) may go to ``places`` (N, 3): link condition, no face turned.
        ``outward`` (N, 3) is the mean normal of the first surface that the new vertex will stand for.
        """
        n = edges.shape[1]
        owner = np.full(len(self.points), -1, np.int32)
        owner[edges] = np.arange(n, dtype=np.int32)
        # Neighbours of both ends: exactly two, the tips of the edge's two faces. And a tetrahedron stays.
        a, b = owner[self.edges[0]], owner[self.edges[1]]
        one = np.flatnonzero((a < 0) != (b < 0))
        a, b = a[one], b[one]
        near, neighbour = np.maximum(a, b), self.edges[(a >= 0).astype(np.intp), one]
        keys = np.sort(near.astype(np.int64) << 32 | neighbour)
        shared = np.bincount(keys[1:][keys[1:] == keys[:-1]] >> 32, minlength=n)
        good = (shared == 2) & (np.bincount(near, minlength=n) > 4)
        # Faces that have one of the ends move with it; the others about it vanish or are elsewhere.
        a, b, c = owner[self.faces[0]], owner[self.faces[1]], owner[self.faces[2]]
        ends = (a >= 0).view(np.int8) + (b >= 0).view(np.int8) + (c >= 0).view(np.int8)
        match = np.maximum(np.maximum(a, b), c)
        good &= np.bincount(match[ends == 2], minlength=n) == 2
        moved = np.flatnonzero(ends == 1)
        match = match[moved]
        old, new, reference = [], [], np.zeros((len(moved), 3))
        for at, corner in zip((a, b, c), self.faces[:, moved], strict=True):
            own = (at[moved] >= 0)[:, None]
            old.append(self.points[corner])
            new.append(np.where(own, places[match], old[-1]))
            reference += np.where(own, outward[match], self.outward[corner])
        before, roundness = _normals(*old)
        after, roundness_after = _normals(*new)
        # A face too thin to have a normal of its own is compared with its surroundings.
        around = np.stack([np.bincount(match, weights=before[:, k], minlength=n) for k in range(3)], axis=1)
        thin = roundness < 1e-3
        before[thin] = around[match[thin]]
        bad = _dot(before, after) <= TURN * np.sqrt(_dot(before, before) * _dot(after, after))
        bad |= _dot(reference, after) <= LEAN * np.sqrt(_dot(reference, reference) * _dot(after, after))
        bad |= roundness_after < np.minimum(SHAPE, roundness)
        good[match[bad]] = False
        return good

    def _collapse(self, edges: np.ndarray, places: np.ndarray, quadrics: np.ndarray, outward: np.ndarray) -> None:
        u, w = edges
        if self.colours is not None:
            a, along = self.points[u], self.points[w] - self.points[u]
            t = np.clip(_dot(places - a, along) / np.maximum(_dot(along, along), 1e-30), 0.0, 1.0)
            t = t[:, None].astype(np.float32)
            self.colours[u] = self.colours[u] * (1 - t) + self.colours[w] * t
        self.points[u], self.quadrics[u], self.outward[u] = places, quadrics, outward
        touched = np.zeros(len(self.points), bool)
        touched[edges] = True
        kept = np.flatnonzero(~(touched[self.edges[0]] | touched[self.edges[1]]))
        target = np.arange(len(self.points), dtype=np.int32)
        target[w] = u
        a, b, c = target[self.faces[0]], target[self.faces[1]], target[self.faces[2]]
        whole = np.flatnonzero((a != b) & (b != c) & (c != a))
        self.faces = faces = np.stack([a[whole], b[whole], c[whole]])
        around = np.flatnonzero(touched[faces[0]] | touched[faces[1]] | touched[faces[2]])
        fresh, _ = _unique_edges(faces[:, around])
        fresh = fresh[:, touched[fresh[0]] | touched[fresh[1]]]
        self.edges = np.concatenate([self.edges[:, kept], fresh], axis=1)
        self.costs = np.concatenate([self.costs[kept], self._price(fresh)])

    def result(self) -> TriangleMesh:
        used = np.zeros(len(self.points), bool)
        used[self.faces] = True
        number = np.cumsum(used, dtype=np.int32) - 1
        vertices = (self.points[used] * self.size + self.centre).astype(np.float32)
        colours = None if self.colours is None else np.rint(self.colours[used] * 255).astype(np.uint8)
        return TriangleMesh(vertices, np.ascontiguousarray(number[self.faces].T), colours)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", a, b)


def _unique_edges(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces (3, F) → edges (2, E) int32, lower vertex above, and on how many faces (E,) each lies."""
    a, b = faces.reshape(-1).astype(np.int64), faces[[1, 2, 0]].reshape(-1).astype(np.int64)
    keys = np.sort(np.minimum(a, b) << 32 | np.maximum(a, b))
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    counts = np.diff(first, append=len(keys))
    keys = keys[first]
    return np.stack([(keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)]), counts


def _normals(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Triangles p, q, r (N, 3) → normals (N, 3) as long as twice their area, and compactness (N,) in [0, 1]."""
    a, b, c = q - p, r - p, r - q
    normals = np.empty_like(a)
    normals[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    normals[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    normals[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    squares = _dot(a, a) + _dot(b, b) + _dot(c, c)
    return normals, 2 * np.sqrt(3) * np.sqrt(_dot(normals, normals)) / np.maximum(squares, 1e-30)


def _quadrics(points: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per vertex (V, 10) the sum over its faces of area · (n·x − d)²: xx xy xz yy yz zz, the linear part, d²; and
    (V, 3) their mean normal, as much shorter than 1 as they disagree.
    """
    normals, _ = _normals(*(points[corner] for corner in faces))
    doubled = np.sqrt(_dot(normals, normals))
    n = normals / np.maximum(doubled, 1e-30)[:, None]
    plane = np.concatenate([n, -_dot(n, points[faces[0]])[:, None]], axis=1)
    pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3), (3, 3))
    quadrics = np.empty((len(points), 10))
    flat = faces.reshape(-1)
    for k, (i, j) in enumerate(pairs):
        term = np.tile(plane[:, i] * plane[:, j] * doubled / 2, 3)
        quadrics[:, k] = np.bincount(flat, weights=term, minlength=len(points))
    half = np.tile(normals / 2, (3, 1))
    outward = np.stack([np.bincount(flat, weights=half[:, k], minlength=len(points)) for k in range(3)], axis=1)
    return quadrics, outward / (_areas(quadrics)[:, None] + 1e-30)


def _areas(quadrics: np.ndarray) -> np.ndarray:
    """The area (N,) that quadrics (N, 10) were summed over: the trace, normals being of length 1."""
    return quadrics[:, 0] + quadrics[:, 3] + quadrics[:, 5]


def _optimum(q: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Where quadrics (N, 10) are least, drawn gently to ``middle`` (N, 3) so that flat ones have an answer too."""
    xx, xy, xz, yy, yz, zz = q[:, :6].T
    pull = ANCHOR * (xx + yy + zz) + 1e-30
    xx, yy, zz = xx + pull, yy + pull, zz + pull
    r = pull[:, None] * middle - q[:, 6:9]
    c00, c01, c02 = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    c11, c12, c22 = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    det = xx * c00 + xy * c01 + xz * c02
    out = np.empty_like(middle)
    out[:, 0] = c00 * r[:, 0] + c01 * r[:, 1] + c02 * r[:, 2]
    out[:, 1] = c01 * r[:, 0] + c11 * r[:, 1] + c12 * r[:, 2]
    out[:, 2] = c02 * r[:, 0] + c12 * r[:, 1] + c22 * r[:, 2]
    out /= np.where(det > 1e-200, det, 1.0)[:, None]
    return np.where((det > 1e-200)[:, None], out, middle)


def _error(q: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Value (N,) of quadrics (N, 10) at points (N, 3), ≥ 0."""
    a, b, c = x.T
    value = q[:, 0] * a * a + q[:, 3] * b * b + q[:, 5] * c * c + q[:, 9]
    value += 2 * (q[:, 1] * a * b + q[:, 2] * a * c + q[:, 4] * b * c)
    value += 2 * (q[:, 6] * a + q[:, 7] * b + q[:, 8] * c)
    return np.maximum(value, 0.0)
