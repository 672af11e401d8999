"""The command line with clouds, cut-outs and the list of engines, through the real engines of this tree."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from cloud_jobs import Keeper, gaussians
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from maquette.backend import cli, cli_make, engines
from maquette.backend.cli_png import write_png
from maquette.backend.errors import MissingFolder
from maquette.backend.protocol import EngineInfo
from maquette.backend.shapes import GaussianCloud, PointCloud
from maquette.backend.shapes.files.cloud import read_cloud, write_cloud
from maquette.tests import clouds
from shelf import Shelf
from test_cli import Slab, save

Image = pytest.importorskip("PIL.Image")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs a command line with these engines, or the real ones; returns exit code, output and errors."""
    chosen = cli_make.blas.current()
    monkeypatch.setattr(cli_make.blas, "choose", lambda *_: chosen)

    def go(*words, catalogue=None):
        code = cli.main([str(word) for word in words], catalogue or Shelf(Slab(), Keeper("splat")))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return go


@pytest.fixture
def ball(tmp_path):
    path = tmp_path / "ball.ply"
    write_cloud(path, clouds.surfels(clouds.BALL, 3000))
    return path


def test_a_splat_becomes_a_mesh_file_without_another_word(run, ball, tmp_path):
    code, out, err = run("generate", ball, "-o", tmp_path / "ball.glb", "--preset", "fast", catalogue=engines)
    assert code == 0, err
    assert "1 part, watertight" in out and (tmp_path / "ball.glb").stat().st_size > 10_000
    assert "ball.ply: Reading" in err and "ball.ply: Meshing" in err


def test_a_splat_becomes_a_splat_in_its_own_size(run, ball, tmp_path):
    before = read_cloud(ball)
    code, out, _ = run("generate", ball, "-o", tmp_path / "out.ply", "--as", "cloud", "--keep-scale", catalogue=engines)
    assert code == 0 and "3000 Gaussians" in out
    np.testing.assert_allclose(read_cloud(tmp_path / "out.ply").means, before.means, atol=1e-5)
    run("generate", ball, "-o", tmp_path / "out.ply", "--as", "cloud", "--height", "3", catalogue=engines)
    made = read_cloud(tmp_path / "out.ply")
    assert isinstance(made, GaussianCloud) and np.ptp(made.means[:, 2]) == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("suffix", [".ply", ".png"])
def test_links_in_a_circle_are_said_in_words(run, tmp_path, suffix):
    source = tmp_path / f"round{suffix}"
    try:
        source.symlink_to(source)
    except OSError:
        pytest.skip("links cannot be made here")
    code, out, err = run("generate", source, "-o", tmp_path / "out.glb")
    assert code == 2 and out == "" and "Traceback" not in err
    assert len(err.splitlines()) == 1 and f"round{suffix}" in err and err.endswith(".\n")


def test_points_become_points(run, tmp_path):
    write_cloud(tmp_path / "in.ply", PointCloud(np.eye(3, dtype=np.float32)))
    code, out, _ = run("generate", tmp_path / "in.ply", "-o", tmp_path / "out.ply", "--as", "cloud")
    assert code == 0 and "3 points" in out


@pytest.mark.parametrize(
    ("words", "axis"), [([], None), (["--up=-Y"], "-Y"), (["--up", "y"], "+Y"), (["--up", "+z"], "+Z")]
)
def test_the_axis_is_handed_on(run, ball, tmp_path, words, axis):
    keeper = Keeper("splat")
    given_ = Shelf(Slab(), keeper)
    code, *_ = run("generate", ball, "-o", tmp_path / "o.ply", "--as", "cloud", *words, catalogue=given_)
    assert code == 0 and keeper.given[0].options.get("up") == axis


def test_an_axis_that_is_none_is_explained(run, ball, capsys):
    with pytest.raises(SystemExit):
        run("generate", ball, "-o", "x.glb", "--up", "north")
    assert "“north” is not one of auto, +Z" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--method", "carve"], ["--method", "Opacity"], []])
def test_the_way_to_mesh_is_handed_on(run, ball, tmp_path, words):
    keeper = Keeper("splat", as_mesh=True, options={"method": "which"})
    code, _, err = run("generate", ball, "-o", tmp_path / "o.glb", *words, catalogue=Shelf(Slab(), keeper))
    assert code == 0, err
    assert keeper.given[0].options == ({"method": words[1].lower()} if words else {})


def test_each_way_to_mesh_is_one_that_the_real_engine_knows(run, ball, tmp_path):
    sizes = set()
    for method in cli_make.METHODS:
        words = ("-o", tmp_path / f"{method}.glb", "--preset", "fast", "--method", method)
        code, _, err = run("generate", ball, *words, catalogue=engines)
        assert code == 0, err
        sizes.add((tmp_path / f"{method}.glb").stat().st_size)
    assert len(sizes) == len(cli_make.METHODS) == 3


def test_a_way_that_is_none_is_explained(run, ball, capsys):
    with pytest.raises(SystemExit):
        run("generate", ball, "-o", "x.glb", "--method", "magic")
    assert "“magic” is not one of poisson, " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["chair.png", "-o", "x.glb", "--method", "carve"], "Slab knows no --method. Leave that out"),
        (["ball.ply", "-o", "x.ply", "--as", "cloud", "--method", "carve"], "knows no --method"),
        (["ball.ply", "-o", "x.glb", "--as", "cloud"], "Clouds cannot be written as “x.glb”. End the name in .ply."),
        (["ball.ply", "-o", "ball.ply"], "The output is the input itself"),
        (["ball.ply", "-o", "x.glb", "--engine", "pocket"], "takes no Gaussians and no points. Choose Splat."),
        (["missing.ply", "-o", "x.glb"], "There is no file"),
        (["words.ply", "-o", "x.glb"], "words.ply"),
        (["chair.png", "-o", "x.ply", "--as", "cloud"], "Slab makes meshes, no clouds."),
        (["chair.png", "-o", "x.glb", "--engine", "splat"], "Splat takes no picture. Choose Slab."),
    ],
)
def test_what_cannot_work_is_one_line_and_exit_code_2(run, ball, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    Image.new("RGBA", (20, 20), (9, 9, 9, 255)).save("chair.png")
    Path("words.ply").write_text("not a cloud")
    before = sorted(tmp_path.iterdir())
    code, out, err = run("generate", *words)
    assert (code, out) == (2, "") and sentence in err.strip().splitlines()[-1] and "Traceback" not in err
    assert before == sorted(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------------ batch


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "in"
    made.mkdir()
    for name in ("a2.ply", "a10.ply", "B.PLY"):
        write_cloud(made / "x.ply", gaussians(50))
        (made / "x.ply").rename(made / name)
    (made / "broken.ply").write_bytes(b"ply\nformat ascii 1.0\n")
    return made


def test_a_folder_of_splats_is_done_in_order(run, folder, tmp_path):
    code, out, err = run("batch", folder, "-o", tmp_path / "out", "--as", "cloud")
    assert code == 1 and "broken.ply was skipped." in err and "3 made, 1 failed" in err
    assert [Path(line.split(":")[0]).name for line in out.splitlines()] == ["a2.ply", "a10.ply", "B.ply"]
    code, out, _ = run("batch", folder, "-o", tmp_path / "out", "--as", "cloud", "--skip-existing")
    assert code == 1 and out == ""


def test_a_folder_of_splats_becomes_meshes(run, tmp_path):
    (tmp_path / "in").mkdir()
    for i in range(2):
        write_cloud(tmp_path / "in" / f"{i}.ply", clouds.surfels(clouds.BALL, 1500, seed=i))
    code, _, err = run("batch", tmp_path / "in", "-o", tmp_path / "out", "--preset", "fast", catalogue=engines)
    assert code == 0, err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.glb", "1.glb"]


def test_pictures_come_first_unless_the_engine_takes_clouds(run, folder, tmp_path):
    save(folder / "chair.png")
    code, out, err = run("batch", folder, "-o", tmp_path / "one")
    assert code == 0 and out.count("\n") == 1 and "chair.glb" in out
    assert "4 .ply files in" in err and "left out; for those say --engine splat." in err
    code, out, err = run("batch", folder, "-o", tmp_path / "two", "--engine", "splat", "--as", "cloud")
    assert code == 1 and out.count("\n") == 3 and "chair" not in out and "left out" not in err


def test_a_batch_of_pictures_has_no_way_to_mesh_clouds(run, folder, tmp_path):
    save(folder / "chair.png")
    code, _, err = run("batch", folder, "-o", tmp_path / "one", "--method", "carve")
    assert code == 2 and "Slab knows no --method." in err and not (tmp_path / "one").exists()


def test_a_way_to_mesh_is_none_to_a_cloud(run, ball, tmp_path):
    code, _, err = run(
        "generate", ball, "-o", tmp_path / "o.ply", "--as", "cloud", "--method", "carve", catalogue=engines
    )
    assert code == 2 and "A --method is a way to a mesh, and a cloud is asked for." in err


def test_formats_and_folders_that_make_no_sense(run, folder, tmp_path):
    code, _, err = run("batch", folder, "-o", tmp_path / "out", "--as", "cloud", "--format", "glb")
    assert code == 2 and err == "Clouds cannot be written as .glb. Choose --format ply.\n"
    (tmp_path / "empty").mkdir()
    code, _, err = run("batch", tmp_path / "empty", "-o", tmp_path / "out", "--engine", "splat")
    assert code == 2 and "There are no .ply files in" in err
    assert not (tmp_path / "out").exists()


# --------------------------------------------------------------------------------------------- cut-outs


def test_a_cutout_is_a_picture_with_a_transparent_ground(run, tmp_path):
    pixels = np.full((60, 80, 3), 250, np.uint8)
    pixels[15:45, 25:55] = (20, 90, 200)
    Image.fromarray(pixels).save(tmp_path / "box.png")
    code, out, _ = run("cutout", tmp_path / "box.png", "-o", tmp_path / "cut.png")
    assert code == 0 and "80 × 60 pixels" in out
    made = np.asarray(Image.open(tmp_path / "cut.png"))
    assert made.shape == (60, 80, 4) and made[30, 40].tolist() == [20, 90, 200, 255] and made[2, 2, 3] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["box.png", "-o", "cut.jpg"], "Cut-outs cannot be written as “cut.jpg”. End the name in .png."),
        (["box.png", "-o", "box.png"], "The output is the input itself"),
        (["missing.png", "-o", "cut.png"], "There is no picture"),
        (["ball.ply", "-o", "cut.png"], "not a picture"),
        (["box.png", "-o", "cut.png", "--engine", "splat"], "There is no remover called 'splat'."),
    ],
)
def test_cutouts_that_cannot_be(run, ball, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    Image.new("RGBA", (20, 20), (9, 9, 9, 255)).save("box.png")
    code, out, err = run("cutout", *words)
    assert (code, out) == (2, "") and sentence in err and not Path("cut.png").exists()


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=30).map(lambda shape: (*shape, 4))))
def test_a_png_says_what_it_was_given(tmp_path_factory, pixels):
    path = tmp_path_factory.mktemp("png") / "x.png"
    write_png(path, pixels.astype(np.float32) / 255)
    with Image.open(path) as read:
        assert read.mode == "RGBA" and (np.asarray(read) == pixels).all()


def test_a_tall_png_is_packed_in_strips(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (700, 33, 4), np.uint8)
    write_png(tmp_path / "x.png", pixels.astype(np.float32) / 255)
    assert (np.asarray(Image.open(tmp_path / "x.png")) == pixels).all()
    data = (tmp_path / "x.png").read_bytes()
    at, names = 8, []
    while at < len(data):  # every chunk is whole, and its sum is right
        length = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8])
        assert zlib.crc32(data[at + 4 : at + 8 + length]) == int.from_bytes(
            data[at + 8 + length : at + 12 + length], "big"
        )
        at += 12 + length
    assert names[0] == b"IHDR" and names[-1] == b"IEND" and names.count(b"IDAT") >= 1


def test_a_png_that_cannot_be_written_is_a_sentence(tmp_path):
    with pytest.raises(MissingFolder):
        write_png(tmp_path / "nowhere" / "x.png", np.zeros((2, 2, 4)))


# -------------------------------------------------------------------------------------------- the list


def test_the_list_says_what_each_makes_and_whether_it_is_ready(run):
    far = Keeper("lgm", inputs=("image", "prompt"), tier="gpu", available=False, status="Install GPU engines first.")
    far.info = EngineInfo(**{**vars(far.info), "proof": "Numbers match the reference."})
    code, out, _ = run("engines", catalogue=Shelf(Keeper("splat"), far))
    assert code == 0
    splat, lgm = out.split("lgm ")
    assert "makes mesh or cloud from cloud or depths, on the processor" in splat and "ready." in splat
    assert "from image or prompt, on a graphics card" in lgm and "not ready. Install GPU engines first." in lgm
    assert "proof: Numbers match the reference." in lgm and "proof" not in splat


def test_every_command_is_there(capsys):
    commands = ["generate", "batch", "cutout", "engines", "serve", "weights", "runtime"]
    for words in ([], *([command] for command in commands)):
        with pytest.raises(SystemExit) as caught:
            cli.main([*words, "--help"])
        out = capsys.readouterr().out
        assert caught.value.code == 0 and "usage: python -m backend" in out
        assert words or all(command in out for command in commands)


def test_the_real_list_is_read_without_torch(tmp_path):
    code = (
        "import sys; from backend import cli; cli.main(['engines', '--json'])\n"
        "assert not {'torch', 'scipy', 'PIL'} & set(sys.modules)"
    )
    env = {**os.environ, "MAQUETTE_DATA": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True, env=env)
    listed = {json.loads(line)["id"]: json.loads(line) for line in done.stdout.splitlines()}
    assert listed["pocket"]["available"] and listed["splat"]["available"]
    assert all(not info["available"] for info in listed.values() if info["tier"] == "gpu")
