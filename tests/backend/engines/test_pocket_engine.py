"""Pocket from picture to mesh, on drawn pictures that no network was trained on."""

import numpy as np
import pytest
from maquette.backend import engines
from maquette.backend.engines.engine import Conditioning, Watch
from maquette.backend.engines.pocket.engine import CUT_OFF, GUESSED, PocketEngine
from maquette.backend.engines.pocket.rays import Rays
from maquette.backend.errors import BadWeights, Cancelled, EmptyMask
from maquette.backend.evaluation.pictures import draw
from maquette.backend.evaluation.raster import _fragments
from maquette.backend.evaluation.recall import recall
from maquette.backend.imaging.framing import Framed
from maquette.backend.surface.extract import MARGIN, extract
from maquette.backend.surface.refine import refined
from maquette.backend.surface.sparse import sparse
from scipy import ndimage
from scipy.spatial import cKDTree

PRESETS = ("fast", "standard", "fine")


def in_rays(made, resolution=128):
    """The mesh's vertices once more, where the camera saw them: ray space."""
    crossing = sparse(made.shape, resolution, Watch())
    vertices, faces = refined(made.shape, crossing, Watch(), MARGIN)
    return crossing.lattice.points(vertices), faces


def test_rays_carry_the_cameras_side_to_the_front():
    rays = Rays(k=0.3, elevation=0.4)
    up, towards, right = (rays.to_world(np.array([p], np.float32))[0] for p in ((0, 1, 0), (0, 0, 1), (1, 0, 0)))
    assert np.allclose(right, (1, 0, 0), atol=1e-6)
    assert np.allclose(towards, (0, -np.cos(0.4), np.sin(0.4)), atol=1e-6)  # the camera looked down from −Y
    assert np.allclose(up, (0, np.sin(0.4), np.cos(0.4)), atol=1e-6)
    assert np.linalg.det(np.stack([right, up, towards])) == pytest.approx(1, abs=1e-5)


def test_near_points_of_a_ray_lie_nearer_to_its_axis():
    near, far = Rays(k=0.4, elevation=0.0).to_frame(np.array([[0.5, -0.5, 1.0], [0.5, -0.5, -1.0]], np.float32))
    assert np.allclose(near, (0.3, -0.3, 1)) and np.allclose(far, (0.7, -0.7, -1))


def test_the_mesh_stands_as_the_picture_shows_it(make):
    mesh = make("flag").mesh
    v = mesh.vertices
    low, high = v.min(0), v.max(0)
    assert np.argmax(high - low) == 2, "a tall thing is tall along +Z"
    top = v[v[:, 2] > low[2] + 0.8 * (high - low)[2]]
    bottom = v[v[:, 2] < low[2] + 0.5 * (high - low)[2]]
    assert top[:, 0].max() > bottom[:, 0].max() + 0.3, "the arm is at the top and to the right, +X"
    a, b, c = (v[mesh.faces[:, i]] for i in range(3))
    assert (a * np.cross(b, c)).sum() > 0, "outward faces enclose a positive volume"


def test_the_front_has_the_pictures_colours():
    rgba = draw("disc")
    x = (np.arange(256) + 0.5) / 128 - 1
    rgba[..., :3] = np.where((x > 0)[None, :, None], (0.9, 0.1, 0.1), (0.1, 0.2, 0.9))
    engine = engines.load("pocket")
    shape = engine.generate(Conditioning(images=(Framed(rgba),)), Watch())
    mesh = extract(shape, 64, Watch())
    colour, v = mesh.colours[:, :3] / 255.0, mesh.vertices
    front = v[:, 1] < np.quantile(v[:, 1], 0.3)
    for side, expected in ((v[:, 0] > 0.1, (0.9, 0.1, 0.1)), (v[:, 0] < -0.1, (0.1, 0.2, 0.9))):
        seen = front & side & (np.hypot(v[:, 0], v[:, 2]) < 0.5)
        assert seen.sum() > 100
        assert np.abs(np.median(colour[seen], 0) - expected).max() < 0.04


def test_no_background_bleeds_into_the_outline():
    """A cut-out whose transparent pixels keep a green screen, and whose edge is mixed with it."""
    rgba = draw("disc")
    edge = rgba[..., 3:] < 0.999
    rgba[..., :3] = np.where(edge, (0.0, 1.0, 0.0), (0.8, 0.6, 0.5))
    engine = engines.load("pocket")
    shape = engine.generate(Conditioning(images=(Framed(rgba),)), Watch())
    angle = np.linspace(0, 2 * np.pi, 200)
    ring = np.stack([0.858 * np.cos(angle), 0.858 * np.sin(angle), np.zeros(200)], 1).astype(np.float32)
    assert shape.paint.colours.shape == (256, 256, 3)
    from maquette.backend.engines.pocket.sampling import sample

    looked = sample(shape.paint.colours, np.stack([-ring[:, 1], ring[:, 0]], 1))
    assert np.abs(looked - (0.8, 0.6, 0.5)).max() < 0.05


def seen(made, resolution, size):
    """What the camera saw (size, size) bool of the mesh at this resolution."""
    vertices, faces = in_rays(made, resolution)
    pixels = np.stack([(vertices[:, 0] + 1) / 2 * size, (1 - vertices[:, 1]) / 2 * size], 1)
    image = np.zeros(size * size, bool)
    for pixel, _, _ in _fragments(pixels[faces], size):
        image[pixel] = True
    return image.reshape(size, size)


@pytest.mark.parametrize("picture", ["flag", "ring", "table"])
def test_seen_from_the_camera_the_outline_is_the_pictures(make, picture):
    image = seen(make(picture), 128, 256)
    mask = draw(picture)[..., 3] > 0.5
    grown = ndimage.binary_dilation(mask, np.ones((3, 3)))
    missing, extra = (mask & ~image).sum() / mask.sum(), (image & ~grown).sum() / mask.sum()
    assert missing < 0.005 and extra == 0


@pytest.mark.parametrize("picture, low, high", [("table", -0.5, 0.2), ("wires", -0.05, 0.3), ("wheel", 0.3, 0.6)])
def test_wires_are_as_wide_at_every_preset_and_as_in_the_picture(make, picture, low, high):
    """Mean width of what a row of the picture crosses between two heights, legs, a wire and spokes."""
    size, widths, counts = 1024, [], []
    row = 1 - (np.arange(size) + 0.5) / size * 2
    for preset, resolution in zip(PRESETS, (64, 128, 192), strict=True):
        rows = seen(make(picture, preset), resolution, size)[(row > low) & (row < high)]
        counts.append((np.diff(np.pad(rows, ((0, 0), (1, 0))).astype(int), axis=1) == 1).sum() / len(rows))
        widths.append(rows.mean() * 2 / counts[-1])
    alpha = draw(picture)[..., 3]
    row = 1 - (np.arange(256) + 0.5) / 256 * 2
    alpha = alpha[(row > low) & (row < high)]
    count = (np.diff(np.pad(alpha > 0.5, ((0, 0), (1, 0))).astype(int), axis=1) == 1).sum() / len(alpha)
    cell = 2 / 64
    assert np.ptp(widths) < 0.06 * cell
    assert widths == pytest.approx([alpha.mean() * 2 / count] * 3, abs=0.1 * cell)
    assert np.ptp(counts) < 0.05


def test_a_slit_stays_open_at_the_coarsest_preset(parts_and_handles):
    """Two and a half pixels wide, less than a cell, and slanted."""
    rgba = draw("disc")
    y, x = np.mgrid[:256, :256]
    along, across = (x - 128) * 0.9 + (y - 128) * 0.436, (y - 128) * 0.9 - (x - 128) * 0.436
    rgba[..., 3] *= np.clip(np.hypot(np.maximum(np.abs(along) - 50, 0), across) - 0.75, 0, 1)
    engine = engines.load("pocket")
    shape = engine.generate(Conditioning(images=(Framed(rgba),), preset="fast"), Watch())
    assert parts_and_handles(extract(shape, 64, Watch())) == (1, 1)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("picture, handles", [("disc", 0), ("ring", 1), ("wires", 1), ("table", 0), ("wheel", 12)])
def test_one_closed_part_with_the_pictures_holes(make, parts_and_handles, picture, handles, preset):
    """No floaters, no cracks, wires whole, holes open: at every preset the same topology."""
    mesh = make(picture, preset).mesh
    assert parts_and_handles(mesh) == (1, handles)
    faces = np.sort(mesh.faces, 1)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [0, 2]]])
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


@pytest.mark.parametrize("picture", ["disc", "flag", "table"])
def test_presets_differ_in_detail_not_in_shape(make, picture):
    meshes = [make(picture, preset).mesh.vertices for preset in PRESETS]
    fine = cKDTree(meshes[2])
    for coarse, cell in zip(meshes[:2], (2 / 64, 2 / 128), strict=True):
        there, back = fine.query(coarse)[0], cKDTree(coarse).query(meshes[2])[0]
        assert there.mean() < 0.5 * cell and back.mean() < 0.7 * cell
        assert max(np.quantile(there, 0.99), np.quantile(back, 0.99)) < 2 * cell
        assert np.abs(np.ptp(coarse, axis=0) - np.ptp(meshes[2], axis=0)).max() < 2 * cell


def test_the_outline_has_no_staircases(make):
    """Along the disc's outline the mesh turns as a circle does, not as pixels do."""
    vertices, _ = in_rays(make("disc"))
    radius = np.hypot(vertices[:, 0], vertices[:, 1])
    rim = radius[radius > 0.85]
    assert len(rim) > 300
    assert np.abs(rim - 0.86).mean() < 0.25 * 2 / 256


@pytest.mark.parametrize("picture, preset", [("wires", "fast"), ("table", "standard"), ("wheel", "standard")])
def test_sparse_evaluation_finds_what_dense_finds(make, picture, preset):
    engine = engines.load("pocket")
    result = recall(make(picture, preset).shape, engine.resolution(preset), picture, preset)
    assert result.crossing > 1000
    assert result.found >= 0.999
    assert result.asked < 0.5


def test_a_cropped_object_is_told(make):
    assert CUT_OFF in make("flag", "fast", True).warnings
    assert CUT_OFF not in make("flag", "fast").warnings


def test_doubt_is_told(make):
    assert GUESSED in make("wheel").warnings
    assert GUESSED not in make("disc").warnings


def test_an_empty_mask_is_an_error():
    with pytest.raises(EmptyMask):
        engines.load("pocket").generate(Conditioning(images=(Framed(np.zeros((256, 256, 4), np.float32)),)), Watch())


def test_cancelling_stops_it():
    steps = []

    def step(fraction=0.0, detail=""):
        steps.append(fraction)
        if fraction > 0.3:
            raise Cancelled()

    with pytest.raises(Cancelled):
        engines.load("pocket").generate(Conditioning(images=(Framed(draw("disc")),)), Watch(step=step))
    assert steps == sorted(steps) and 0.3 < steps[-1] < 0.5


def test_foreign_weights_are_refused(tmp_path):
    path = tmp_path / "pocket_int8.safetensors"
    path.write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")
    with pytest.raises(BadWeights):
        PocketEngine(path).generate(Conditioning(images=(Framed(draw("disc")),)), Watch())


def test_info_says_what_it_needs():
    info = engines.load("pocket").info
    weights = info.weights[0]
    assert weights.present and weights.size > 1e6 and len(weights.sha256) == 64
    assert info.inputs == ("image",) and set(info.memory) == set(info.presets) == set(PRESETS)
    assert [engines.load("pocket").resolution(p) for p in PRESETS] == [64, 128, 192]
