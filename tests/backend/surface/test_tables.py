"""The 256 cases, checked one by one for what a crack-free manifold needs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from maquette.backend.surface.tables import CORNERS, COUNTS, EDGES, TRIANGLES


def triangles(case: int) -> list[tuple[int, ...]]:
    return [tuple(int(e) for e in t) for t in TRIANGLES[case][: COUNTS[case]]]


def rims(case: int) -> Counter:
    """Directed edges of the case's triangles that no neighbour within the cell walks back."""
    walked = Counter((t[i], t[(i + 1) % 3]) for t in triangles(case) for i in range(3))
    return Counter({(a, b): n - walked[b, a] for (a, b), n in walked.items() if n > walked[b, a]})


def faces_of(edge: int) -> set[tuple[int, int]]:
    """The two cell faces (axis, side) that an edge lies in."""
    a, b = (CORNERS[c] for c in EDGES[edge])
    return {(axis, a[axis]) for axis in range(3) if a[axis] == b[axis]}


@pytest.mark.parametrize("case", range(256))
def test_a_case_uses_its_cut_edges_and_no_others(case):
    cut = {e for e, (a, b) in enumerate(EDGES) if (case >> a & 1) != (case >> b & 1)}
    assert {e for t in triangles(case) for e in t} == cut
    assert (TRIANGLES[case][COUNTS[case] :] == -1).all()


@pytest.mark.parametrize("case", range(256))
def test_within_a_cell_only_edges_between_two_triangles_leave_the_faces(case):
    """Every rim lies in a face of the cell; every other edge belongs to two triangles and to no face, so that it can
    never coincide with an edge of the cell next door.
    """
    rim = rims(case)
    for (a, b), n in rim.items():
        assert n == 1 and faces_of(a) & faces_of(b)
    inner = {frozenset((t[i], t[(i + 1) % 3])) for t in triangles(case) for i in range(3)}
    for a, b in (sorted(pair) for pair in inner - {frozenset(pair) for pair in rim}):
        assert not faces_of(a) & faces_of(b)


def test_neighbours_draw_the_same_lines_in_the_face_they_share():
    """For each axis: what a case draws in its upper face, a case with the same four corners below draws backwards."""
    for axis in range(3):
        shift = {}  # edges of the lower face, by their place in it, as edges of the upper one
        for low, (a, b) in enumerate(EDGES):
            for high, (c, d) in enumerate(EDGES):
                raised = [tuple(x + (k == axis) for k, x in enumerate(CORNERS[p])) for p in (a, b)]
                if {CORNERS[c], CORNERS[d]} == set(raised):
                    shift[low] = high
        above: dict[tuple[int, ...], set] = {}
        below: dict[tuple[int, ...], set] = {}
        lower = [c for c in range(8) if CORNERS[c][axis] == 0]
        upper = [CORNERS.index(tuple(x + (k == axis) for k, x in enumerate(CORNERS[c]))) for c in lower]
        for case in range(256):
            drawn = frozenset((shift[a], shift[b]) for a, b in rims(case) if (axis, 0) in faces_of(a) & faces_of(b))
            above.setdefault(tuple(case >> c & 1 for c in lower), set()).add(drawn)
            drawn = frozenset((b, a) for a, b in rims(case) if (axis, 1) in faces_of(a) & faces_of(b))
            below.setdefault(tuple(case >> c & 1 for c in upper), set()).add(drawn)
        assert all(len(lines) == 1 for lines in above.values())
        assert above == below


def test_one_corner_inside_gives_one_triangle_that_faces_away_from_it():
    for corner in range(8):
        (triangle,) = triangles(1 << corner)
        a, b, c = (np.mean([CORNERS[p] for p in EDGES[e]], axis=0) for e in triangle)
        assert np.dot(np.cross(b - a, c - a), np.mean([a, b, c], axis=0) - CORNERS[corner]) > 0
