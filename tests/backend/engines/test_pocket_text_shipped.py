"""The weights that ship: whole, and what they make has the colour it was asked for and faces the front."""

import colorsys

import numpy as np
import pytest
from maquette.backend import engines, pipeline
from maquette.backend.engines.pocket_text.engine import WEIGHTS, WORDS, PocketTextEngine
from maquette.backend.engines.pocket_text.words import Vocabulary
from maquette.backend.progress import Meter
from maquette.backend.protocol import Request
from maquette.backend.runtime.weights import verify_sha256

LARGEST = 8_000_000  # bytes


def test_the_files_belong_together_and_are_small():
    info = next(info for info in engines.engines() if info.id == "pocket_text")
    (file,) = info.weights
    assert info.available and file.present and file.size == WEIGHTS.stat().st_size <= LARGEST
    verify_sha256(WEIGHTS, file.sha256)


def test_everyday_words_are_known():
    taught = Vocabulary.read(WORDS)
    text = (
        "red orange yellow green blue purple pink brown black white grey chair table sofa lamp car house tree dog with"
    )
    assert taught.read_text(text).words == tuple(text.split())
    assert len(taught.things) >= 40


@pytest.fixture(scope="module")
def engine():
    made = engines.load("pocket_text")
    assert isinstance(made, PocketTextEngine)
    yield made
    made.unload()


def surface(engine, text, seed):
    """Places (N,3) and colours (N,3) in [0, 1] of the coarse cells at the surface."""
    sdf, rgb = engine.sample(text, seed, steps=12)
    near = np.abs(sdf.reshape(32, 2, 32, 2, 32, 2).mean((1, 3, 5))) < 0.4
    return (np.argwhere(near) + 0.5) / 16 - 1, rgb[near] / 255


@pytest.mark.parametrize(("colour", "hue"), [("red", 0.0), ("green", 0.35), ("blue", 0.61)])
def test_a_colour_that_is_asked_for_is_there(engine, colour, hue):
    found = [colorsys.rgb_to_hsv(*np.median(surface(engine, f"a {colour} duck", seed)[1], 0)) for seed in (1, 2, 3)]
    right = [saturation > 0.3 and abs((h - hue + 0.5) % 1 - 0.5) < 0.1 for h, saturation, _ in found]
    assert sum(right) >= 2, found


def test_black_is_darker_than_white(engine):
    black, white = (
        np.mean([np.median(surface(engine, f"a {colour} dog", seed)[1]) for seed in (1, 2)])
        for colour in ("black", "white")
    )
    assert black + 0.2 < white


def test_an_elephant_looks_to_the_front(engine):
    """Its head is high up and at −Y; the ground is at −Z."""
    ahead = []
    for seed in (1, 2, 3):
        place, _ = surface(engine, "a grey elephant", seed)
        top = place[:, 2] > np.quantile(place[:, 2], 0.9)
        ahead.append(place[top, 1].mean() < place[:, 1].mean())
    assert sum(ahead) >= 2


def test_a_whole_job():
    shown, told = [], []
    meter = Meter(lambda *report: told.append(report), preview=shown.append)
    finished = pipeline.run(Request(prompt="a yellow duck", seed=2, preset="fast", target_faces=5000), meter, engines)
    report, mesh = finished.report, finished.made
    assert (report.engine, report.seed, report.warnings) == ("pocket_text", 2, ()) and report.watertight
    assert 1000 < report.faces <= 5100 and mesh.colours.shape == (len(mesh.vertices), 4)
    assert shown and np.ptp(shown[0].vertices, axis=0).max() == pytest.approx(1, abs=1e-3)
    sides = np.ptp(mesh.vertices, axis=0)
    assert sides.max() == pytest.approx(1, abs=1e-3) and mesh.vertices[:, 2].min() == pytest.approx(0, abs=1e-5)
