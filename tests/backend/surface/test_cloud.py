"""Clouds → one closed, coloured skin; and what is said of clouds that have none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from clouds import BALL, CHAIR, SIGNPOST, Ball, Solid, fuzzy, isotropic, points, surfels
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import Cancelled, EmptySurface
from maquette.backend.shapes import GaussianCloud, PointCloud
from maquette.backend.surface import samples as gathering
from maquette.backend.surface.cloud import mesh_cloud
from maquette.backend.surface.measure import measure
from maquette.backend.watch import Watch

KINDS = {"surfels": surfels, "fuzzy": fuzzy, "isotropic": isotropic, "points": points}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_chair_with_a_ball_comes_back(kind):
    mesh = mesh_cloud(KINDS[kind](CHAIR, 12_000), 128, Watch())
    known = measure(mesh)
    assert known.watertight and known.parts == 1 and known.volume > 0
    off = np.abs(CHAIR.signed(mesh.vertices))
    assert off.mean() < 0.006 and np.quantile(off, 0.99) < 0.03
    assert (mesh.vertices.dtype, mesh.faces.dtype, mesh.colours.dtype) == (np.float32, np.int32, np.uint8)


def test_colours_are_those_of_the_nearest_points():
    mesh = mesh_cloud(isotropic(CHAIR, 12_000), 96, Watch())
    ball = CHAIR.parts[-1]
    on_ball = np.linalg.norm(mesh.vertices - ball.centre, axis=1) < ball.radius + 0.02
    on_ball &= mesh.vertices[:, 2] > 0.1  # well above the seat
    assert on_ball.sum() > 100
    assert np.abs(mesh.colours[on_ball, :3] - np.array(ball.colour) * 255).max() <= 2
    assert mesh_cloud(replace(points(BALL, 3000), colours=None), 64, Watch()).colours is None


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["surfels", "isotropic", "points"]))
def test_chains_of_balls_are_one_closed_skin(seed, kind):
    """A random union of balls, each of which overlaps the one before by half its radius or more."""
    rng = np.random.default_rng(seed)
    centre, balls = np.zeros(3), []
    for _ in range(rng.integers(2, 6)):
        radius = rng.uniform(0.25, 0.5)
        balls.append(Ball(tuple(centre), radius))
        away = rng.normal(size=3)
        centre = centre + away / np.linalg.norm(away) * radius
    solid = Solid(tuple(balls))
    mesh = mesh_cloud(KINDS[kind](solid, 5000, seed=seed % 1000), 80, Watch())
    known = measure(mesh)
    assert known.watertight and known.parts == 1 and known.volume > 0
    assert np.abs(solid.signed(mesh.vertices)).mean() < 0.03


@settings(max_examples=8, deadline=None)
@given(
    st.floats(-3, 3),
    st.tuples(*[st.floats(-50, 50)] * 3),
)
def test_moved_and_scaled_clouds_give_moved_and_scaled_meshes(exponent, shift):
    cloud = isotropic(SIGNPOST, 3000)
    scale = 10.0**exponent
    moved = replace(
        cloud,
        means=((cloud.means + np.array(shift)) * scale).astype(np.float32),
        scales=(cloud.scales * scale).astype(np.float32),
    )
    here, there = mesh_cloud(cloud, 64, Watch()), mesh_cloud(moved, 64, Watch())
    expected, found = measure(here), measure(there)
    assert found.watertight and found.parts == expected.parts == 1
    # Single precision far from the origin moves the points themselves a little.
    assert np.allclose(found.lower, (expected.lower + np.array(shift)) * scale, atol=2e-3 * scale)
    assert np.allclose(found.upper, (expected.upper + np.array(shift)) * scale, atol=2e-3 * scale)
    assert np.isclose(found.volume, expected.volume * scale**3, rtol=1e-2)


def test_the_skin_alone_of_a_stuffed_ball():
    """Faint Gaussians within, bright floaters without: neither shows in the mesh."""
    shell, rng = isotropic(BALL, 6000), np.random.default_rng(1)
    inner = rng.normal(size=(600, 3))
    inner *= 0.4 * rng.random((600, 1)) ** (1 / 3) / np.linalg.norm(inner, axis=1, keepdims=True)
    stray = rng.uniform(-1, 1, (40, 3))
    means = np.concatenate([shell.means, inner, stray]).astype(np.float32)
    extra = len(means) - len(shell.means)
    cloud = GaussianCloud(
        means,
        np.concatenate([shell.scales, shell.scales[:extra]]),
        np.concatenate([shell.rotations, shell.rotations[:extra]]),
        np.concatenate([shell.opacities, np.full(extra, 0.3, np.float32)]),
        np.concatenate([shell.colours, np.zeros((extra, 3), np.float32)]),
    )
    mesh = mesh_cloud(cloud, 96, Watch())
    known = measure(mesh)
    assert known.watertight and known.parts == 1 and known.euler == 2
    assert np.abs(BALL.signed(mesh.vertices)).max() < 0.06


def test_a_scan_without_its_bottom_is_closed():
    cloud = points(BALL, 8000)
    seen = cloud.points[:, 2] > -0.2
    open_below = PointCloud(cloud.points[seen], cloud.colours[seen], None)
    known = measure(mesh_cloud(open_below, 80, Watch()))
    assert known.watertight and known.parts == 1
    assert known.upper[2] == pytest.approx(0.5, abs=0.02) and -0.55 < known.lower[2] < -0.1
    assert np.all(known.upper[:2] < 0.55) and np.all(known.lower[:2] > -0.55)


def test_given_normals_are_used_and_bad_ones_replaced():
    cloud = points(BALL, 4000)
    ball = pytest.approx(4 / 3 * np.pi * 0.125, rel=0.03)
    for normals in (cloud.normals, -cloud.normals):  # some programs write inward ones
        known = measure(mesh_cloud(replace(cloud, normals=normals), 64, Watch()))
        assert known.watertight and known.parts == 1 and known.volume == ball
    broken = cloud.normals.copy()
    broken[::2] = [0, 0, 0]
    broken[1::4] = np.nan
    known = measure(mesh_cloud(replace(cloud, normals=broken), 64, Watch()))
    assert known.watertight and known.parts == 1 and known.volume == ball


def test_clouds_with_too_many_points_are_thinned(monkeypatch):
    monkeypatch.setattr(gathering, "MANY", 2000)
    cloud = points(SIGNPOST, 40_000)
    samples, frame = gathering.gather(cloud, 48)
    assert 500 < len(samples) < 12_000 and samples.oriented
    assert np.abs(SIGNPOST.signed(frame.back(samples.points))).max() < 0.03
    known = measure(mesh_cloud(cloud, 48, Watch()))
    assert known.watertight and known.parts == 1


def shaped(means, opacity=0.9):
    n = len(means)
    return GaussianCloud(
        np.asarray(means, np.float32),
        np.full((n, 3), 0.01, np.float32),
        np.tile(np.float32([1, 0, 0, 0]), (n, 1)),
        np.full(n, opacity, np.float32),
        np.full((n, 3), 0.5, np.float32),
    )


RANDOM = np.random.default_rng(5).normal(size=(400, 3))


@pytest.mark.parametrize(
    "means",
    [
        np.zeros((0, 3)),
        np.zeros((1, 3)),
        RANDOM[:5],
        np.ones((200, 3)),
        RANDOM * [1, 1, 0],
        RANDOM * [1, 0, 0],
        np.full((100, 3), np.nan),
    ],
    ids=["none", "one", "five", "one place", "a plane", "a line", "not numbers"],
)
def test_degenerate_clouds_say_so(means):
    for cloud in (shaped(means), PointCloud(np.asarray(means, np.float32))):
        with pytest.raises(EmptySurface) as said:
            mesh_cloud(cloud, 48, Watch())
        assert said.value.sentence.endswith(".") and said.value.fix.endswith(".")


def test_what_cannot_be_seen_is_nothing():
    with pytest.raises(EmptySurface):
        mesh_cloud(shaped(RANDOM, opacity=0.01), 48, Watch())


def test_some_bad_numbers_do_no_harm():
    cloud = isotropic(BALL, 4000)
    means, scales, rotations = cloud.means.copy(), cloud.scales.copy(), cloud.rotations.copy()
    means[::50], scales[1::50], rotations[2::50] = np.nan, np.inf, 0
    means[3::500] = 1e30
    known = measure(mesh_cloud(replace(cloud, means=means, scales=scales, rotations=rotations), 64, Watch()))
    assert known.watertight and known.parts == 1
    assert np.allclose(known.upper, 0.5, atol=0.04)


@pytest.mark.parametrize("at", [0.0, 0.2, 0.4, 0.6, 0.8])
def test_it_stops_at_every_stage(at):
    told = []

    def step(fraction: float = 0.0, detail: str = "") -> None:
        told.append(fraction)
        if fraction >= at:
            raise Cancelled

    with pytest.raises(Cancelled):
        mesh_cloud(isotropic(BALL, 3000), 64, Watch(step=step))
    assert told == sorted(told)
