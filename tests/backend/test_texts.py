"""A text's way through the pipeline and the command line."""

import numpy as np
import pytest
from maquette.backend import cli, cli_make, pipeline
from maquette.backend.cli_texts import LARGEST, file_names, read_texts, title_of
from maquette.backend.errors import BadRequest, Cancelled, InputNotTaken, UnknownEngine
from maquette.backend.progress import CUT_OUT, FINISH, IMAGINE, SURFACE, Meter, Timings
from maquette.backend.protocol import EngineInfo, Picture, Placement, Request
from maquette.backend.shapes import TriangleMesh
from maquette.tests.addon.text_backend import Words
from shelf import Shelf

TETRAHEDRON = TriangleMesh(
    np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]], np.float32),
    np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32),
    np.full((4, 4), 255, np.uint8),
)


class Still:
    """An engine that is done at once, after an early mesh."""

    def __init__(self, id, *inputs, **more):
        self.info = EngineInfo(id, id.title(), "", inputs, "embedded", "", "", **more)

    def generate(self, conditioning, watch):
        watch.preview(TETRAHEDRON)
        self.given = conditioning
        return TETRAHEDRON

    def resolution(self, preset):
        return 8

    def unload(self):
        pass


def run(request, *made):
    reports, shown = [], []
    meter = Meter(lambda *report: reports.append(report), preview=shown.append)
    return pipeline.run(request, meter, Shelf(*made)), [stage for stage, *_ in reports], shown


def test_a_text_has_stages_of_its_own_and_a_report():
    engine = Still("own", "prompt", seeded=True)
    request = Request(prompt="  a red chair ", negative_prompt=" legs ", seed=7, placement=Placement(height=3.0))
    finished, stages, shown = run(request, engine)
    assert list(dict.fromkeys(stages)) == [IMAGINE, SURFACE, FINISH]
    report = finished.report
    assert (report.engine, report.seed, report.cutout) == ("own", 7, "") and set(report.stages) == {*stages}
    assert (engine.given.prompt, engine.given.negative_prompt, engine.given.seed) == ("a red chair", "legs", 7)
    (early,) = shown
    assert np.allclose(early.vertices.max(0), finished.made.vertices.max(0)), (
        "the early mesh stands where the last does"
    )
    assert early.vertices[:, 2].min() == 0 and early.vertices[:, 2].max() == pytest.approx(3)


def test_an_engine_is_chosen_by_what_is_given():
    pocket, text, other = Still("pocket", "image"), Still("pocket_text", "prompt"), Still("other", "prompt", "image")
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:6, 2:6] = 255
    picture = Request(images=(Picture(pixels),))
    chair = Request(prompt="a chair")
    assert run(chair, other, pocket, text)[0].report.engine == "pocket_text"
    assert run(picture, other, pocket, text)[0].report.engine == "pocket"
    gone = Still("pocket_text", "prompt", available=False, status="Its weights are missing.")
    assert run(chair, pocket, gone, other)[0].report.engine == "other", "the first that is ready"
    with pytest.raises(UnknownEngine, match=r"not ready: Its weights are missing\."):
        run(chair, pocket, gone)


def test_an_engine_that_was_named_is_never_replaced():
    with pytest.raises(InputNotTaken) as caught:
        run(Request(engine="pocket", prompt="a chair"), Still("pocket", "image"), Still("pocket_text", "prompt"))
    assert str(caught.value) == "Pocket makes no meshes from text. Choose Pocket_Text."


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (Request(engine="pocket_text"), "There is nothing to make a mesh from. Write a text first."),
        (Request(engine="pocket_text", prompt=" \n "), "There is nothing to make a mesh from. Write a text first."),
        (Request(prompt="x" * 10_000), "The text is too long. Use at most 4000 characters."),
        (Request(prompt="x", negative_prompt="x" * 4001), "The text is too long. Use at most 4000 characters."),
    ],
)
def test_texts_that_cannot_work(request_, sentence):
    with pytest.raises(BadRequest) as caught:
        run(request_, Still("pocket_text", "prompt"))
    assert str(caught.value) == sentence


def test_lengths_are_learned_apart_where_no_engine_is_named():
    assert Timings.work(Request(prompt="x")) == "prompt" != Timings.work(Request(file="/x.ply"))
    assert Timings.work(Request(prompt="x", engine="own")) == "own"


# ------------------------------------------------------------------------------------ the command line


@pytest.fixture
def command(capsys, monkeypatch):
    chosen = cli_make.blas.current()
    monkeypatch.setattr(cli_make.blas, "choose", lambda *_: chosen)

    def go(*words):
        code = cli.main([str(word) for word in words], Shelf(Still("pocket", "image"), Words()))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return go


@pytest.mark.parametrize("named", [["-o"], []])
def test_generate_needs_no_engine_for_a_text(command, tmp_path, named):
    code, out, _ = command("generate", "--prompt", "a red ball", "--seed", 3, *named, tmp_path / "out.ply")
    assert code == 0 and "out.ply: " in out
    assert b"\xff\x00\x00" in (tmp_path / "out.ply").read_bytes()


def test_an_output_that_is_a_folder_is_refused_before_anything_is_made(command, tmp_path):
    (tmp_path / "out.ply").mkdir()
    code, out, err = command("generate", "--prompt", "a ball", tmp_path / "out.ply")
    assert (code, out) == (2, "") and "is a folder" in err


def test_a_title_carries_nothing_that_a_terminal_obeys():
    assert title_of("a \x1b[31mred\x07 ball") == "a [31mred ball"


def test_what_is_unwanted_is_passed_on(command, tmp_path):
    _, _, err = command("generate", "--prompt", "a ball", "--without", "holes", tmp_path / "out.ply")
    assert "a ball: Without holes." in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--prompt", "a ball"], "There is no name for the output."),
        (["--prompt", " ", "x.ply"], "The text is empty."),
        (["--prompt", "a ball", "a.png", "x.ply"], "Give either a picture or --prompt"),
        (["--prompt", "a ball", "x.png"], "Meshes cannot be written as “x.png”"),
        (["a.png"], "There is no name for the output."),
        (["a.png", "x.ply", "-o", "y.ply"], "Give either a picture or --prompt"),
    ],
)
def test_generate_explains_what_is_missing(command, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    code, out, err = command("generate", *words)
    assert (code, out) == (2, "") and sentence in err and not list(tmp_path.iterdir())


def test_a_list_of_texts_becomes_numbered_files_and_can_be_gone_on_with(command, tmp_path):
    texts, folder = tmp_path / "texts.txt", tmp_path / "out"
    texts.write_text("\ufeff# colours\na red ball\n\n  a flat ball \n", encoding="utf-8")
    code, out, err = command("batch", "--prompts", texts, "-o", folder, "--format", "ply")
    assert code == 0 and out.count("watertight") == 2 and "2 made, 0 failed, 0 not started" in err
    assert sorted(path.name for path in folder.iterdir()) == ["001_a_red_ball.ply", "002_a_flat_ball.ply"]
    first = folder / "001_a_red_ball.ply"
    first.write_bytes(b"mine")
    (folder / "002_a_flat_ball.ply").unlink()
    code, out, err = command("batch", "--prompts", texts, "-o", folder, "--format", "ply")
    assert code == 0 and out.count("watertight") == 1 and first.read_bytes() == b"mine"
    assert "1 made, 1 were there before (--force makes them again), 0 failed" in err
    assert command("batch", "--prompts", texts, "-o", folder, "--format", "ply", "--force")[0] == 0
    assert first.read_bytes() != b"mine"


def test_a_text_that_fails_does_not_end_the_list(command, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("a ball\n" + "x" * 4001 + "\na red ball\n", encoding="utf-8")
    code, out, err = command("batch", "--prompts", texts, "-o", tmp_path / "out")
    assert code == 1 and out.count("watertight") == 2
    assert "x… was skipped. The text is too long." in err and "2 made, 1 failed" in err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: no such file"),
        (b"# nothing\n\n", "There are no texts in"),
        (b"\xff\xfe\x00\xd8", "no text in UTF-8"),
        (b"a" * (LARGEST + 1), "larger than 4 MiB"),
    ],
)
def test_a_list_that_is_none(command, tmp_path, content, sentence):
    path = tmp_path / "texts.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadRequest, match=sentence):
        read_texts(path)
    code, out, err = command("batch", "--prompts", path, "-o", tmp_path / "out")
    assert (code, out) == (2, "") and sentence in err and not (tmp_path / "out").exists()


def test_a_batch_is_of_one_kind(command, tmp_path):
    for words in ([], [tmp_path, "--prompts", tmp_path / "x.txt"]):
        code, _, err = command("batch", *words, "-o", tmp_path / "out")
        assert code == 2 and "Give either a folder or --prompts" in err


def test_names_are_safe_telling_and_different():
    texts = ["a red chair", "A red chair!", "../etc/passwd", "椅子", "naïve ‘café’", "long " * 40, "CON"]
    names = file_names(texts, ".glb")
    assert names[:5] == [
        "001_a_red_chair.glb",
        "002_a_red_chair.glb",
        "003_etc_passwd.glb",
        "004.glb",
        "005_naive_cafe.glb",
    ]
    assert len(set(names)) == len(names) and max(map(len, names)) <= 48
    assert file_names(["x"] * 1200, ".glb")[0] == "0001_x.glb"
    assert title_of(" a\n red  chair ") == "a red chair" and len(title_of("y" * 99)) == 40


def test_a_text_is_cancelled(monkeypatch):
    meter = Meter(lambda *_: None, stopped=lambda: True)
    with pytest.raises(Cancelled):
        pipeline.run(Request(prompt="a ball"), meter, Shelf(Words()))
    assert CUT_OUT not in meter.seconds
