"""A whole run, on a handful of boxes: what it measures, what a kill costs, and what the baselines deliver."""

import numpy as np
import pytest
from maquette.backend import engines
from maquette.backend.engines.engine import Conditioning, Watch
from maquette.backend.errors import EmptySurface
from maquette.backend.evaluation import gallery, mean_shapes
from maquette.backend.evaluation.commands import main
from maquette.backend.evaluation.inflation import inflate
from maquette.backend.evaluation.metrics import sample
from maquette.backend.evaluation.objects import read_objects
from maquette.backend.evaluation.rivals import Rivals, proportioned
from maquette.backend.evaluation.rows import read
from maquette.backend.evaluation.run import Bench, Plan, read_framed, run
from maquette.backend.evaluation.sheet import TILE, pick, strip
from maquette.backend.evaluation.validation import read_validation
from maquette.backend.protocol import EngineInfo
from tiny_objects import CUBE_F, CUBE_V, SHAPES


class Cushion:
    """An engine that inflates, keeps count, and can be told to fail."""

    info = EngineInfo("cushion", "Cushion", "", ("image",), "embedded", "", "")

    def __init__(self):
        self.made, self.fails = 0, False

    def generate(self, conditioning: Conditioning, watch: Watch):
        self.made += 1
        if self.fails:
            raise EmptySurface("There is nothing.", "Try again.")
        watch.warn("it is a cushion")
        return inflate(conditioning.images[0].rgba)

    def resolution(self, preset):
        return 64

    def unload(self):
        pass


@pytest.fixture
def cushion():
    made = Cushion()
    engines.register(Cushion.info, lambda: made)
    yield made
    engines.unregister("cushion")


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch):
    monkeypatch.setattr("maquette.backend.evaluation.validation.SIZE", 128)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def plan(data, cache, **more):
    chosen = {"set": "other_val", "views": (0,), "engine": "cushion", "rivals": ("inflation",), "aligned": False}
    return Plan(data, cache, **{**chosen, **more})


def test_shards_are_read_as_they_were_written(data):
    flag, step = read_objects(data / "other_val.npz")
    assert flag.id == "val/flag" and np.array_equal(step.faces, SHAPES["step"][1])
    assert np.allclose(flag.vertices * 2, SHAPES["flag"][0], atol=2e-3) and (flag.colours == (60, 60, 200)).all()


def test_every_picture_is_drawn_once_and_from_where_it_says(data, cache):
    views = read_validation(data, cache / "pictures", 0)
    assert [(v.object.id, v.group, v.number) for v in views] == [("val/flag", "plain", 0), ("val/step", "hard", 0)]
    assert [v.group for v in read_validation(data, cache / "pictures", 1)] == ["hard", "plain"]
    assert [v.group for v in read_validation(data, cache / "pictures", 0, ("plain", "hard"), every=2)] == [
        "plain", "hard",
    ]  # fmt: skip
    assert [v.textured for v in views] == [True, False]  # what is painted over has no colours to compare
    flag = views[0]
    before = flag.picture.stat().st_mtime_ns
    assert read_validation(data, cache / "pictures", 0)[0].picture.stat().st_mtime_ns == before
    alpha = read_framed(flag).rgba[..., 3]
    wide = alpha.any(0).sum() / alpha.any(1).sum()
    # the arm sticks out to +x by 0.8: from an azimuth a it is seen cos(a) as long
    assert wide == pytest.approx((0.1 + 0.8 * np.cos(np.radians(flag.azimuth))) / 2, abs=0.12)


def test_a_run_measures_engine_and_rivals_alike_and_only_once(data, cache, cushion, tmp_path):
    out, beside = tmp_path / "rows.jsonl", tmp_path / "rivals.jsonl"
    rows = run(plan(data, cache), out, beside)
    assert [row.id for row in rows] == ["val/flag", "val/step"] and cushion.made == 2
    for row in rows:
        assert row.figures["cushion"] == row.figures["inflation"]  # which it is
        assert 0 < row.figures["cushion"]["F@0.1"] < 1 and row.warnings == ("cushion: it is a cushion",)
    assert "PSNR" in rows[0].figures["cushion"] and "PSNR" not in rows[1].figures["cushion"]
    assert list(read(out)[1][0].figures) == ["cushion"] and list(read(beside)[1][0].figures) == ["inflation"]

    lines = out.read_text(encoding="utf-8").splitlines(keepends=True)
    out.write_text("".join(lines[:-1]) + lines[-1][:30], encoding="utf-8")  # killed in its last row
    for _ in range(2):
        again = run(plan(data, cache), out, beside)
        assert [row.figures for row in again] == [row.figures for row in rows] and cushion.made == 3
    wider = run(plan(data, cache, views=(0, 1)), out, beside)
    assert len(wider) == 4 and cushion.made == 5  # of the sample nothing is made again


def test_who_makes_nothing_gets_the_worst_figures(data, cache, cushion, tmp_path):
    cushion.fails = True
    row = run(plan(data, cache, every=2), tmp_path / "rows.jsonl")[0]
    assert row.figures["cushion"]["F@0.1"] == 0 and row.figures["cushion"]["chamfer"] == 2
    assert row.warnings == ("cushion: There is nothing. Try again.",)
    assert set(row.figures["cushion"]) == set(row.figures["inflation"])


def test_the_command_writes_rows_and_tables(data, cache, cushion, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("maquette.backend.evaluation.commands.OUT", tmp_path / "build")
    words = [str(data), "--set", "other_val", "--engine", "cushion", "--rivals", "none", "--raw", "--views", "1"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    table = (tmp_path / "cushion_other_val.md").read_text(encoding="utf-8")
    assert "| hard (1) | **cushion** |" in table and table in capsys.readouterr().out
    rows = str(tmp_path / "cushion_other_val.jsonl")
    assert main([str(data), "--compare", rows, rows]) == 0
    assert "+0.0000 … +0.0000" in capsys.readouterr().out


def test_a_strip_shows_the_truth_from_where_it_shows_ours(data, cache, cushion, tmp_path):
    bench = Bench(plan(data, cache))
    rows = run(bench.plan, tmp_path / "rows.jsonl")
    view = bench.plan.inputs()[0]
    picture = strip(bench, view)
    assert picture.shape == (TILE, 8 * TILE, 3)
    tiles = picture.reshape(TILE, 8, TILE, 3).swapaxes(0, 1)
    assert (tiles[5] == 255).all()  # no prototype in this plan
    blue = [(tile[..., 2].astype(int) - tile[..., 0] > 20).mean() for tile in tiles]
    assert all(share > 0.02 for share in (blue[0], blue[1], blue[6], blue[7]))
    assert pick(rows, "cushion", "best", 1) == [max(rows, key=lambda row: row.figures["cushion"]["F@0.1"])]
    assert pick(rows, "cushion", "worst", 1) == [min(rows, key=lambda row: row.figures["cushion"]["F@0.1"])]


def test_the_gallery_finds_the_object_and_how_it_was_turned(data, cache):
    known = gallery.load(data, cache)
    assert known.categories == ["tall", "flat", "tall", "flat", "tall"]
    flag = known.objects[2]
    for azimuth in (0, 180):  # edge-on, front and back are alike
        picture = _picture(flag, azimuth)
        found = known.match(picture)[0]
        assert (found.object, found.azimuth) == (2, azimuth)
    assert known.category(known.match(picture, 3)) == "tall"
    assert len({match.object for match in known.match(picture, 5)}) == 5


def _picture(thing, azimuth):
    """The object as validation pictures show it, framed."""
    from maquette.backend.evaluation.raster import shade
    from maquette.backend.imaging.framing import frame

    fov = np.radians(45)
    seen = shade(
        gallery.normalised(thing), thing.faces, thing.colours / 255, np.radians(azimuth), np.radians(12), 256,
        fov=fov, distance=1 / np.sin(fov / 2),
    )  # fmt: skip
    return frame(seen).rgba


def test_the_nearest_neighbour_is_delivered_as_the_camera_saw_it(data, cache, cushion):
    rivals = Rivals(data, cache, cushion)
    flag = gallery.load(data, cache).objects[2]
    mesh = rivals.make("nearest", _picture(flag, 180))
    post, arm = mesh.vertices[:8, 0], mesh.vertices[8:, 0]
    assert arm.min() < post.min() - 0.5 and arm.max() < post.max()  # from behind, the arm is on the left
    assert (mesh.colours[:, :3] == (60, 60, 200)).all()


def test_found_objects_are_stretched_to_the_outline_within_bounds():
    rgba = np.zeros((64, 64, 4), np.float32)
    rgba[8:56, 24:40] = 1  # three times as high as wide
    narrow = proportioned(CUBE_V * (0.5, 0.001, 1.0), rgba)
    across, up = np.ptp(narrow[:, 0]), np.ptp(narrow[:, 2])
    assert up * np.cos(np.radians(gallery.ELEVATION)) / across == pytest.approx(3, rel=0.01)
    assert across * up == pytest.approx(2.0)
    rgba[8:56, 8:56] = 1
    assert np.ptp(proportioned(CUBE_V * (0.1, 0.1, 1.0), rgba)[:, 0]) < 0.3


def test_solids_are_filled_and_their_mean_has_their_mean_volume():
    cube = mean_shapes.solid(CUBE_V, CUBE_F)
    assert cube.sum() * mean_shapes.CELL**3 == pytest.approx(8, rel=0.05)
    shell = np.concatenate([CUBE_V, CUBE_V * 0.8])  # what is hidden from all sides is inside
    hollow = mean_shapes.solid(shell, np.concatenate([CUBE_F, CUBE_F + 8]))
    assert (hollow & cube).sum() > 0.97 * (hollow | cube).sum()
    plate = mean_shapes.solid(CUBE_V * (1, 1, 0.001), CUBE_F)
    assert 4 < plate.sum() * mean_shapes.CELL**2 < 10  # a cell or two thick, but there
    half = mean_shapes.solid(CUBE_V * (1, 1, 0.5), CUBE_F)
    vertices, faces = mean_shapes.surface(mean_shapes.mean_field([cube, half]))
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    assert (a * np.cross(b, c)).sum() / 6 == pytest.approx(6, rel=0.12)
    assert np.ptp(vertices[:, 2]) < np.ptp(vertices[:, 0])


def test_the_category_mean_is_turned_like_its_nearest_and_tinted_like_the_picture(data, cache, cushion, monkeypatch):
    monkeypatch.setattr("maquette.backend.evaluation.rivals.VOTES", 1)
    rivals = Rivals(data, cache, cushion)
    slab = gallery.load(data, cache).objects[1]
    picture = _picture(slab, 0)
    mesh = rivals.make("category mean", picture)
    points = sample(mesh.vertices, mesh.faces, 2000)
    assert np.ptp(points[:, 0]) > np.ptp(points[:, 2])
    assert len(np.unique(mesh.colours, axis=0)) == 1 and mesh.colours[0, 1] > mesh.colours[0, 0]
