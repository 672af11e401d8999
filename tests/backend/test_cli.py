"""The command line, as a person or a script meets it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from maquette.backend import cli, cli_make, pipeline
from maquette.backend.bar import Bar
from maquette.backend.errors import DiskFull, UnreadableImage
from maquette.backend.protocol import EngineInfo
from maquette.backend.shapes import TriangleMesh
from maquette.tests.addon.text_backend import Words
from shelf import Shelf

Image = pytest.importorskip("PIL.Image")

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / "tests" / "addon" / "text_backend.py"


class Slab:
    """An image engine that is done at once."""

    info = EngineInfo("pocket", "Slab", "", ("image",), "embedded", "", "")

    def generate(self, conditioning, watch):
        watch.warn("It is a slab.")
        vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
        faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
        return TriangleMesh(vertices, faces, np.full((4, 4), 255, np.uint8))

    def resolution(self, preset):
        return 8

    def unload(self):
        pass


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs a command line; returns exit code, output and errors."""
    chosen = cli_make.blas.current()
    monkeypatch.setattr(cli_make.blas, "choose", lambda *_: chosen)

    def go(*words):
        code = cli.main([str(word) for word in words], Shelf(Slab(), Words()))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return go


@pytest.fixture
def picture(tmp_path):
    return save(tmp_path / "chair.png")


def save(path):
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 10:30] = (200, 50, 50, 255)
    Image.fromarray(pixels, "RGBA").save(path)
    return path


@pytest.mark.parametrize("suffix", [".glb", ".obj", ".ply", ".GLB"])
def test_a_picture_becomes_a_file(run, picture, tmp_path, suffix):
    output = tmp_path / f"out{suffix}"
    code, out, err = run("generate", picture, "-o", output)
    assert code == 0 and output.stat().st_size > 100
    assert str(output) in out and "4 faces, 1 part, watertight" in out and "It is a slab." in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chair.png", output.name]


def test_a_text_becomes_a_file(run, tmp_path):
    code, out, _ = run("generate", "--prompt", "a red ball", "--engine", "words", "-o", tmp_path / "x.ply")
    assert code == 0 and "watertight" in out
    header, _, body = (tmp_path / "x.ply").read_bytes().partition(b"end_header\n")
    assert b"property uchar red" in header and b"\xff\x00\x00" in body


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--prompt", "a ball", "--engine", "pocket", "-o", "x.glb"], "Slab makes no meshes from text. Choose Words."),
        (["-o", "x.glb"], "Give either a picture or --prompt"),
        (["chair.png", "--prompt", "x", "-o", "x.glb"], "Give either a picture or --prompt"),
        (["missing.png", "-o", "x.glb"], "missing.png"),
        (["chair.png", "-o", "x.stl"], "x.stl"),
        (["chair.png", "-o", "chair.png"], "chair.png"),
        (["chair.png", "-o", "nowhere/x.glb"], "no folder"),
        (["chair.png", "-o", "x" * 252 + ".glb"], ".glb” cannot be written: "),
        (["chair.png", "-o", "x" * 300 + "/x.glb"], "no folder"),
        (["x" * 300 + ".png", "-o", "x.glb"], "too long"),
        (["chair.png", "-o", "x.glb", "--engine", "nerf"], "no engine called 'nerf'"),
        (["chair.png", "-o", "x.glb", "--preset", "huge"], "no preset 'huge'"),
        (["chair.png", "-o", "x.glb", "--faces", "-5"], "number of faces"),
        (["chair.png", "-o", "x.glb", "--height", "-1"], "height"),
        (["chair.png", "-o", "x.glb", "--height", "nan"], "height"),
        (["broken.png", "-o", "x.glb"], "broken.png"),
        (["empty.png", "-o", "x.glb"], "transparent"),
        ([".", "-o", "x.glb"], "folder"),
    ],
)
def test_what_cannot_work_is_one_line_and_exit_code_2(run, picture, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.png").write_bytes(picture.read_bytes()[:60])
    Image.new("RGBA", (20, 20)).save(tmp_path / "empty.png")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = run("generate", *words)
    last = err.strip().splitlines()[-1]
    assert (code, out) == (2, "") and sentence in last and last.endswith((".", "--help", "pillow"))
    assert "Traceback" not in err
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}  # no input harmed, nothing left


def test_an_unknown_option_is_explained(run, capsys):
    with pytest.raises(SystemExit) as caught:
        run("generate", "--nonsense")
    assert caught.value.code == 2 and "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["generate", "batch"])
@pytest.mark.parametrize(
    ("option", "value", "most"),
    [("--threads", value, "1,024") for value in ("-3", "many", "1025", "9" * 5000)]
    + [("--seed", value, "2,147,483,647") for value in ("-1", "2147483648", str(2**64), "0.5")],
)
def test_numbers_out_of_range_are_explained(run, picture, tmp_path, capsys, verb, option, value, most):
    with pytest.raises(SystemExit) as caught:
        run(verb, picture, "-o", tmp_path / "x.glb", f"{option}={value}")
    err = capsys.readouterr().err
    assert (
        caught.value.code == 2 and f"argument {option}: " in err and f"is not a whole number from 0 to {most}." in err
    )


def test_the_largest_numbers_are_taken(run, picture, tmp_path):
    code, out, _ = run("generate", picture, "-o", tmp_path / "x.glb", "--seed", 2**31 - 1, "--threads", "1024")
    assert code == 0 and "x.glb" in out


def test_a_full_disk_is_said_and_leaves_nothing(run, picture, tmp_path, monkeypatch):
    def full(path, mesh):
        raise DiskFull("The disk is full.", "Free some space.")

    monkeypatch.setattr(cli_make, "write_mesh", full)
    code, _, err = run("generate", picture, "-o", tmp_path / "x.glb")
    assert code == 2 and err.endswith("The disk is full. Free some space.\n") and len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def folder(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in ("a2.png", "a10.png", "lamp.png", "lamp.webp"):
        save(pictures / name)
    (pictures / "broken.png").write_bytes(b"not a picture")
    (pictures / "notes.txt").write_text("not a picture either")
    return pictures


def test_a_folder_is_made_and_what_is_broken_is_named(run, folder, tmp_path):
    code, out, err = run("batch", folder, "-o", tmp_path / "new" / "meshes", "--format", "ply")
    assert code == 1
    made = sorted(path.name for path in (tmp_path / "new" / "meshes").iterdir())
    assert made == ["a10.ply", "a2.ply", "lamp_png.ply", "lamp_webp.ply"]
    assert "broken.png was skipped." in err and "4 made, 1 failed, 0 not started" in err
    assert out.index("a2.ply") < out.index("a10.ply") and len(out.splitlines()) == 4


def test_a_folder_of_good_pictures_is_a_success(run, folder, tmp_path):
    (folder / "broken.png").unlink()
    assert run("batch", folder, "-o", tmp_path / "meshes")[0] == 0
    (tmp_path / "meshes" / "a2.glb").unlink()
    code, out, _ = run("batch", folder, "-o", tmp_path / "meshes", "--skip-existing")
    assert code == 0 and len(out.splitlines()) == 1 and "a2.glb" in out


@pytest.mark.parametrize("words", [[], ["--skip-existing"]])
def test_a_name_too_long_for_its_mesh_skips_one_picture(run, folder, tmp_path, words):
    (folder / "broken.png").unlink()
    for suffix in (".png", ".webp"):  # two that share a stem keep their suffixes in the meshes' names
        save(folder / ("x" * 249 + suffix))
    code, _, err = run("batch", folder, "-o", tmp_path / "meshes", *words)
    assert code == 1 and err.count("too long") == 2 and "4 made, 2 failed, 0 not started" in err


def test_a_folder_where_nothing_works_is_a_failure(run, folder, tmp_path):
    for path in folder.glob("[al]*"):
        path.unlink()
    assert run("batch", folder, "-o", tmp_path / "meshes")[0] == 2


@pytest.mark.parametrize(
    ("source", "output", "sentence"),
    [("missing", "out", "no folder"), ("empty", "out", "no pictures"), ("pictures", "file", "not a folder")],
)
def test_folders_that_make_no_sense(run, folder, tmp_path, source, output, sentence):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    code, _, err = run("batch", tmp_path / source, "-o", tmp_path / output)
    assert code == 2 and sentence in err and len(err.splitlines()) == 1


def test_a_full_disk_ends_the_batch_at_once(run, folder, tmp_path, monkeypatch):
    calls = []

    def full(path, mesh):
        calls.append(path)
        raise DiskFull("The disk is full.", "Free some space.")

    monkeypatch.setattr(cli_make, "write_mesh", full)
    code, _, err = run("batch", folder, "-o", tmp_path / "meshes")
    assert code == 2 and len(calls) == 1 and "4 not started" in err


def test_an_error_nobody_thought_of_skips_one_picture(run, folder, tmp_path, monkeypatch):
    real = pipeline.run

    def sometimes(request, meter, catalogue):
        if request.name == "a2":
            raise ZeroDivisionError("unthought of")
        return real(request, meter, catalogue)

    monkeypatch.setattr(cli_make.pipeline, "run", sometimes)
    code, _, err = run("batch", folder, "-o", tmp_path / "meshes")
    assert code == 1 and "a2.png was skipped" in err and "3 made, 2 failed" in err


def test_the_engines_are_listed(run):
    code, out, _ = run("engines")
    assert code == 0 and "pocket" in out and "words" in out and "prompt" in out
    lines = run("engines", "--json")[1].splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["pocket", "words"]


def test_it_says_what_a_picture_needs(run, picture, tmp_path, monkeypatch):
    def no_pillow(path):
        raise UnreadableImage("Reading needs the package Pillow.", "Run: python -m pip install pillow")

    monkeypatch.setattr(cli_make, "read_image", no_pillow)
    code, _, err = run("generate", picture, "-o", tmp_path / "x.glb")
    assert code == 2 and err.strip().endswith("pip install pillow")


# ------------------------------------------------------------------------------------ as a real process


def command(*words):
    return [sys.executable, str(TEXT), str(ROOT), *map(str, words)]


def test_ctrl_c_stops_a_batch_and_keeps_what_is_done(tmp_path):
    pictures, output = tmp_path / "pictures", tmp_path / "meshes"
    pictures.mkdir()
    for i in range(30):
        save(pictures / f"{i}.png")
    script = """
import sys, time; sys.path.insert(0, sys.argv[1])
from backend import cli, pipeline
real = pipeline.run
def slow(request, meter, catalogue):
    finished = real(request, meter, catalogue)
    with meter.stage("Finishing") as watch:
        for _ in range(50):
            time.sleep(0.01); watch.step(0.5)
    return finished
pipeline.run = slow
class Shelf:
    def engines(self): return (Slab.info,)
    def load(self, id): return Slab()
    def unload(self): pass
import numpy as np
from backend.protocol import EngineInfo
from backend.shapes import TriangleMesh
class Slab:
    info = EngineInfo("pocket", "Slab", "", ("image",), "embedded", "", "")
    def generate(self, conditioning, watch):
        v = np.eye(4, 3, dtype=np.float32)
        return TriangleMesh(v, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32), None)
    def resolution(self, preset): return 8
    def unload(self): pass
sys.exit(cli.main(sys.argv[2:], Shelf()))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(ROOT), "batch", str(pictures), "-o", str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = process.stdout.readline()
    assert "0.glb" in first
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    made = 1 + len(out.splitlines())
    assert process.returncode == 130 and f"{made} made, 0 failed, {30 - made} not started" in err
    assert sorted(path.name for path in output.iterdir()) == sorted(f"{i}.glb" for i in range(made))
    assert "Traceback" not in err


def test_without_a_terminal_progress_is_plain_lines(tmp_path):
    done = subprocess.run(
        command("generate", "--prompt", "a ball", "--engine", "words", "-o", tmp_path / "x.glb"),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "a ball: Imagining" in done.stderr and "\r" not in done.stderr
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_on_a_terminal_one_line_moves_and_then_goes():
    class Terminal:
        def __init__(self):
            self.text = ""

        def isatty(self):
            return True

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    terminal = Terminal()
    bar = Bar("chair.png", terminal)
    bar.show("Meshing", 0.5, 8.2)
    assert terminal.text == "\rchair.png  [###############---------------]  50%  Meshing  8 s left"
    bar.show("Finishing", 1.0, None)
    bar.clear()
    assert terminal.text.endswith("\r") and "\n" not in terminal.text
    assert terminal.text.splitlines()[-1].strip() == ""


def test_a_console_that_knows_few_letters_ends_no_job(tmp_path):
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        command("generate", "Stühle“.png", "-o", tmp_path / "x.glb"),
        capture_output=True,
        env=env,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2 and b"Traceback" not in done.stderr and done.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["generate", "--help"], ["batch", "--help"]])
def test_help_is_given(words):
    done = subprocess.run(command(*words), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout and not done.stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_has_seen_enough_is_no_error():
    process = subprocess.Popen(command("engines", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(60) == 2 and process.stderr.read() == b""
    process.stderr.close()
