"""Pocket Text from a text to a mesh, on a network that leads to a known thing."""

import numpy as np
import pytest
import text_specimen as specimen
from maquette.backend.engines.engine import Conditioning, Watch
from maquette.backend.engines.pocket_text import engine as module
from maquette.backend.engines.pocket_text.engine import CELLS_AT, PocketTextEngine
from maquette.backend.errors import BadRequest, BadWeights, Cancelled, EmptySurface
from maquette.backend.surface.extract import extract

# Two blocks: red at the left, in front, on top; blue at the right, behind, at the bottom.
LEFT, RIGHT = (0, 0, 3), (3, 3, 0)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    _, weights = specimen.by_hand(LEFT, RIGHT)
    return PocketTextEngine(*specimen.write(tmp_path_factory.mktemp("text"), weights), sha256="")


def made(engine, text="a red chair", watch=None, **more):
    asked = Conditioning(prompt=text, **{"preset": "fast", **more})
    watch = watch or Watch()
    shape = engine.generate(asked, watch)
    return extract(shape, engine.resolution(asked.preset), Watch())


@pytest.mark.parametrize("preset", ["fast", "standard", "fine"])
def test_things_stand_as_the_world_has_it(engine, preset):
    """+Z up, front −Y, in colour."""
    mesh = made(engine, preset=preset)
    v, colour = mesh.vertices, mesh.colours[:, :3].astype(int)
    left = v[:, 0] < 0
    assert np.allclose(v[left].mean(0), (-0.75, -0.75, 0.75), atol=0.05)
    assert np.allclose(v[~left].mean(0), (0.75, 0.75, -0.75), atol=0.05)
    red, blue = np.median(colour[left], 0), np.median(colour[~left], 0)
    assert red.argmax() == 0 and red[0] > red[1:].max() + 60 and blue.argmax() == 2 and blue[2] > blue[:2].max() + 60
    a, b, c = (v[mesh.faces[:, i]] for i in range(3))
    assert (a * np.cross(b, c)).sum() > 0, "outward faces enclose a positive volume"


def test_a_seed_makes_the_same_again_and_another_another(engine):
    first, again, other = (made(engine, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first.vertices, again.vertices) and np.array_equal(first.faces, again.faces)
    assert np.array_equal(first.colours, again.colours)
    assert engine.info.seeded and not np.array_equal(first.vertices, other.vertices)


def test_the_same_on_any_number_of_threads(engine, monkeypatch):
    from maquette.backend.runtime import blas
    from maquette.backend.runtime.threads import Threads

    meshes = []
    for count in (1, 3):
        monkeypatch.setattr(blas, "_chosen", blas.Blas("NumPy", Threads(count), blas._by_matmul))
        meshes.append(made(engine, seed=1))
    assert len(meshes[0].faces) == len(meshes[1].faces)
    assert np.allclose(meshes[0].vertices, meshes[1].vertices, atol=1e-4)


def test_progress_rises_and_an_early_mesh_is_shown(engine):
    told, shown = [], []
    watch = Watch(step=lambda fraction=0.0, detail="": told.append((fraction, detail)), preview=shown.append)
    made(engine, watch=watch, preset="standard")
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1
    assert list(dict.fromkeys(detail for _, detail in told)) == ["reading", "imagining", "shaping"]
    assert len({f for f in fractions if 0 < f < 0.8}) >= 8, "a step of the flow is a step of the bar"
    (early,) = shown
    low, high = early.vertices.min(0), early.vertices.max(0)
    assert np.allclose(low, -1, atol=0.1) and np.allclose(high, 1, atol=0.1) and len(early.faces) < 4000


@pytest.mark.parametrize("when", [0.0, 0.1, 0.5, 0.9])
def test_it_stops_at_the_next_step(engine, when):
    told = []

    def step(fraction=0.0, detail=""):
        told.append(fraction)
        if fraction >= when:
            raise Cancelled

    with pytest.raises(Cancelled):
        made(engine, watch=Watch(step=step))
    assert all(fraction < when for fraction in told[:-1])


def warnings_of(engine, text, **more):
    said = []
    made(engine, text, Watch(warn=said.append), **more)
    return said


def test_what_was_not_understood_is_told(engine):
    assert warnings_of(engine, "a red chair with two legs") == []
    assert warnings_of(engine, "a red zorblax chiar") == [
        "“chiar” is not a word Pocket Text knows; taken as “chair”.",
        "“zorblax” is not a word Pocket Text knows; it had no part in this.",
    ]
    assert warnings_of(engine, "red chair", negative_prompt="quux")[0].startswith("“quux” is not a word")
    assert warnings_of(engine, "red chair " * 20) == [
        "Pocket Text reads 24 words; what came after was left out: “red chair red chair red …”."
    ]


@pytest.mark.parametrize("text", ["zorblax", "with", "😀 !!", "der Stuhl", "стул", "x" * 4000])
def test_a_text_without_a_known_word_is_refused_with_advice(engine, text):
    with pytest.raises(BadRequest) as caught:
        made(engine, text)
    assert caught.value.sentence.startswith("Pocket Text ") and "chair" in caught.value.fix
    assert ("English only" in caught.value.sentence) == (text in ("der Stuhl", "стул"))


def test_nothing_solid_is_a_sentence(tmp_path):
    engine = PocketTextEngine(*specimen.write(tmp_path, specimen.by_hand()[1]), sha256="")
    with pytest.raises(EmptySurface) as caught:
        made(engine)
    assert (caught.value.sentence, caught.value.fix) == (module.EMPTY, module.OTHERS)


def test_noise_for_a_field_is_a_mesh_too(tmp_path):
    """Whatever a network does: by chance the field is a foam."""
    mesh = made(PocketTextEngine(*specimen.write(tmp_path), sha256=""))
    assert len(mesh.faces) > 1000 and np.isfinite(mesh.vertices).all()


def test_weights_load_once_and_go(engine, tmp_path):
    paths = specimen.write(tmp_path)
    other = PocketTextEngine(*paths, sha256="")
    first = other._load()
    assert other._load() is first
    other.unload()
    assert other._load() is not first
    other.unload()
    with pytest.raises(BadWeights, match="not the file"):
        PocketTextEngine(*paths, sha256="0" * 64).embed("red")
    with pytest.raises(BadWeights):
        PocketTextEngine(tmp_path / "none", paths[1], sha256="").embed("red")


def test_grids_and_meaning_for_whoever_measures(engine):
    sdf, rgb = engine.sample("a red chair", seed=2)
    assert sdf.shape == (64, 64, 64) and sdf.dtype == np.float32 and np.abs(sdf).max() <= 1
    assert rgb.shape == (32, 32, 32, 3) and rgb.dtype == np.uint8
    assert sdf[8, 8, 56] > 0 < sdf[56, 56, 8] and sdf[8, 8, 8] < 0, "index order x, y, z"
    assert not np.array_equal(sdf, engine.sample("a red chair", seed=2, steps=3)[0])
    assert engine.embed("red").shape == (12,) and engine.embed("red").dtype == np.float32


def test_presets_grow():
    assert list(CELLS_AT) == list(PocketTextEngine.info.presets)
    assert sorted(CELLS_AT.values()) == list(CELLS_AT.values())
