"""Text → 3D in small: each stage learns, and what ships computes in NumPy what was trained in torch."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from maquette.backend.engines.pocket_text.flow import Texts
from maquette.backend.engines.pocket_text.network import PocketTextNetwork
from maquette.backend.engines.pocket_text.words import Vocabulary
from maquette.backend.network.layers import Run
from maquette.backend.runtime import blas
from maquette.backend.training import checkpoint
from maquette.backend.training.export import dequantised
from maquette.backend.training.grammar.holdout import absent_colour
from maquette.backend.training.grammar.sample import FAMILIES, held_out, sample
from maquette.backend.training.loop import CHECKPOINT, Plan
from maquette.backend.training.text import course as course_module
from maquette.backend.training.text import latents as latents_module
from maquette.backend.training.text.accuracy import accuracy, f_scores
from maquette.backend.training.text.autoencoder import Autoencoder, mean_colour
from maquette.backend.training.text.blocks import coarse_to_fine, fine_to_coarse
from maquette.backend.training.text.choosing import choices, probe
from maquette.backend.training.text.config import Config, tiny
from maquette.backend.training.text.course import Missing
from maquette.backend.training.text.distillation import distil, guided
from maquette.backend.training.text.encoder import tensors
from maquette.backend.training.text.flow import times, waves
from maquette.backend.training.text.grids import Batch, Mixed, Supply, batch, make, settled, small, varied
from maquette.backend.training.text.latents import (
    Latents,
    grammar_shards,
    real_objects,
    tells_of_absent,
    write_shard,
)
from maquette.backend.training.text.look import look
from maquette.backend.training.text.measuring import unseen
from maquette.backend.training.text.origin import Outdated, digest
from maquette.backend.training.text.pictures import view
from maquette.backend.training.text.reconstruction import losses, loudness, train_autoencoder
from maquette.backend.training.text.sampling import Guided, Settings, schedule
from maquette.backend.training.text.sampling import sample as flow_sample
from maquette.backend.training.text.shipping import LIMIT, fitting, load, ship
from maquette.backend.training.text.teaching import (
    Reader,
    TextToLatents,
    straight,
    train_flow,
    validation,
)
from maquette.backend.training.text.verb import main, workers
from PIL import Image

TINY = tiny()
FEW = FAMILIES[:3]


def few(seed):
    """The grammar's first families only: what a minute can learn."""
    return small(sample(seed, FEW[seed % len(FEW)]))


def randomly(model, seed=0, spread=0.3):
    """Weights as they might be after training: nothing zero, nothing one."""
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(spread * parameter.std().nan_to_num(0.0).clamp(min=0.1) * torch.randn(
                parameter.shape, generator=dice))  # fmt: skip
        for table in (module for module in model.modules() if isinstance(module, torch.nn.Embedding)):
            table.weight[0] = 0  # the row of "nothing here"
    return model.eval()


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    vocabulary = Vocabulary.of([c for seed in range(60) for c in sample(seed).captions], 2, FEW)
    return randomly(Autoencoder(TINY.autoencoder)), randomly(TextToLatents(TINY)), vocabulary


@pytest.fixture(scope="module")
def shipped(network, tmp_path_factory):
    """The NumPy engine's network, and torch's with the weights as they were rounded."""
    folder = tmp_path_factory.mktemp("ship")
    ship(*network, Settings(6, 2.5, 1.5), folder)
    path = folder / "pocket_text_int8.safetensors"
    return PocketTextNetwork.load(path, folder / "pocket_text_words.json"), *load(TINY, dequantised(path))


def run():
    return Run(blas.current(), lambda fraction: None)


def close(numpy, tensor, room=2e-4):
    tensor = tensor.detach().numpy()
    assert numpy.shape == tensor.shape
    assert np.abs(numpy - tensor).max() <= room * max(1.0, np.abs(tensor).max())


CAPTIONS = ("", FEW[0], f"a red {FEW[1]} with four thin legs", "blue blue blue " * 9)


@pytest.mark.parametrize("text", CAPTIONS)
def test_numpy_encodes_a_text_as_torch_does(shipped, text):
    engine, _, model, _ = shipped
    ids, grams = tensors([engine.vocabulary.read_text(text)])
    vectors, mask = model.text(ids, grams)
    assert mask.all()
    close(engine.encode(text), vectors[0])


def test_a_text_means_the_same_beside_a_longer_one(network):
    _, model, vocabulary = network
    ids, grams = tensors([vocabulary.read_text(text) for text in CAPTIONS])
    together, mask = model.text(ids, grams)
    x, t = torch.randn(len(CAPTIONS), 64, 8), torch.full((len(CAPTIONS),), 0.3)
    velocity = model.flow(x, t, together, mask)
    for i, text in enumerate(CAPTIONS):
        alone, _ = model.text(*tensors([vocabulary.read_text(text)]))
        torch.testing.assert_close(together[i, : alone.shape[1]], alone[0], atol=1e-5, rtol=1e-4)
        single = model(x[i : i + 1], t[:1], *tensors([vocabulary.read_text(text)]))
        torch.testing.assert_close(velocity[i], single[0], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("t", [0.0, 0.37, 0.99])
@pytest.mark.parametrize("strength", [None, 3.0])
def test_numpy_evaluates_the_flow_as_torch_does(shipped, t, strength):
    engine, _, model, _ = shipped
    text = CAPTIONS[2]
    x = torch.randn(1, 64, 8, generator=torch.Generator().manual_seed(5))
    vectors, mask = model.text(*tensors([engine.vocabulary.read_text(text)]))
    guidance = None if strength is None else torch.tensor([strength])
    expected = model.flow(x, torch.tensor([t]), vectors, mask, guidance)
    close(engine._flow(run(), x[0].numpy(), t, Texts([vectors[0].detach().numpy()]), strength)[0], expected[0])


@pytest.mark.parametrize("distilled", [False, True])
def test_numpy_guides_as_torch_does(shipped, distilled):
    engine, _, model, settings = shipped
    x = torch.randn(1, 64, 8, generator=torch.Generator().manual_seed(6))
    words = tensors([engine.vocabulary.read_text(CAPTIONS[2])])
    expected = Guided(model.text, model.flow, dataclasses.replace(settings, distilled=distilled))(
        x, torch.tensor([0.5]), *words
    )
    guide = dataclasses.replace(engine.guide(CAPTIONS[2]), distilled=distilled)
    close(guide(run())(x[0].numpy(), 0.5), expected[0], 1e-3)


def test_numpy_decodes_latents_as_torch_does(shipped):
    engine, autoencoder, _, settings = shipped
    assert settings == Settings(6, 2.5, 1.5)
    latents = torch.randn(1, 64, 8, generator=torch.Generator().manual_seed(7))
    sdf, logits = autoencoder.decoder(latents)
    ours = engine.decode(latents[0].numpy())
    close(ours[0], sdf[0], 1e-3)
    close(ours[1], logits[0].sigmoid().permute(1, 2, 3, 0), 1e-3)


def test_the_network_that_ships_is_small_enough(tmp_path):
    torch.manual_seed(0)
    config = Config()
    vocabulary = Vocabulary(tuple(f"w{i}" for i in range(config.text.words - 2)))
    size = ship(Autoencoder(config.autoencoder), TextToLatents(config), vocabulary, Settings(), tmp_path)
    assert 7_000_000 < size <= LIMIT


def test_cells_split_and_join_in_the_order_that_the_engine_reads():
    fine = torch.arange(2 * 3 * 4**3, dtype=torch.float32).view(2, 3, 4, 4, 4)
    coarse = fine_to_coarse(fine, 2)
    assert coarse.shape == (2, 24, 2, 2, 2)
    assert torch.equal(coarse_to_fine(coarse), fine)
    assert coarse[1, 8 + 0b101, 1, 0, 1] == fine[1, 1, 3, 0, 3]  # channel slowest, then x, y, z of the finer cell


def test_a_batch_is_the_grammars_and_a_mirror_image_is_one():
    given = batch([make(11), make(12)])
    sdf, rgb = make(11)
    assert torch.equal(given.sdf[0], torch.from_numpy(sdf).float() / 127)
    assert torch.equal(given.rgb[0, :, 3, 4, 5] * 255, torch.from_numpy(rgb[3, 4, 5].astype(np.float32)))
    seen = {torch.equal(varied(given, torch.Generator().manual_seed(s)).sdf[0], given.sdf[0]) for s in range(8)}
    flipped = {
        torch.equal(varied(given, torch.Generator().manual_seed(s)).sdf[1].flip(0), given.sdf[1]) for s in range(8)
    }
    assert True in seen and True in flipped


def test_a_supply_gives_a_steps_objects_whoever_makes_them():
    alone, helped = Supply(2, first=40), Supply(2, workers=1, first=40, ahead=2)
    try:
        for step in (0, 1, 5, 1):
            one, other = alone.batch(step), helped.batch(step)
            assert torch.equal(one.sdf, other.sdf) and torch.equal(one.rgb, other.rgb)
    finally:
        helped.close()
    assert torch.equal(alone.batch(1).sdf, batch([make(42), make(43)]).sdf)


STOPPED = """
import os, signal
from maquette.backend.training.text.grids import Supply
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
supply = Supply(2, workers=2, ahead=2)
supply.batch(0)
os.killpg(0, signal.SIGTERM)
signal.pause() if not asked else None
supply.batch(1), supply.batch(2)
supply.close()
print("ended", len(asked))
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups here")
def test_a_signal_to_the_whole_group_leaves_the_workers_to_the_parent(tmp_path):
    """As ``timeout`` and schedulers send it; a worker that it killed would keep the queue's lock for ever."""
    package = Path(sys.modules["maquette"].__path__[0])
    (tmp_path / "maquette").symlink_to(package, target_is_directory=True)
    done = subprocess.run(
        [sys.executable, "-c", STOPPED], env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True,
        start_new_session=True, timeout=300, text=True,
    )  # fmt: skip
    assert done.stdout == "ended 1\n", done.stderr


def test_the_truth_costs_less_than_anything_else():
    target = batch([make(1)])
    logits = torch.logit(target.rgb.clamp(1e-4, 1 - 1e-4))
    best = losses(target.sdf * 1.0, logits, target)
    assert best["distance"] < 1e-6 and best["colour"] < 1e-3
    beyond = torch.where(target.sdf.abs() < 1, target.sdf, target.sdf * 3)  # far away only the sign counts
    assert losses(beyond, logits, target)["distance"] < 1e-6
    assert losses(-target.sdf, logits, target)["occupied"] > best["occupied"] * 3
    assert losses(target.sdf, -logits, target)["colour"] > 0.05


def test_f_scores_know_a_solid_from_a_larger_one():
    axis = (np.arange(32) + 0.5) / 16 - 1
    distance = 0.6 - np.sqrt(axis[:, None, None] ** 2 + axis[None, :, None] ** 2 + axis[None, None] ** 2)
    assert f_scores(distance, distance)[0] > 0.99
    larger = f_scores(distance + 0.06, distance)  # 0.1 of a solid scaled to side 2
    assert larger[0] < 0.01 and larger[1] < 0.01
    assert f_scores(distance - 2, distance) is None


def test_a_view_shows_the_front_in_front_and_up_on_top():
    sdf, rgb = -torch.ones(64, 64, 64), torch.zeros(3, 32, 32, 32)
    sdf[24:40, 24:40, 24:40] = 1
    rgb[0, :, :16] = 1  # −Y, the front, is red; the back is blue, the upper half green too
    rgb[2, :, 16:] = 1
    rgb[1, :, :, 16:] = 1
    front, back = (view(sdf, rgb, azimuth, 0, 32, 96).clamp(0, 1) for azimuth in (0, 180))
    red, green, blue = front[:, 18, 16]
    assert red > 0.3 and blue < 0.1 and green < 0.1
    assert front[1, 13, 16] > 0.3 and back[2, 18, 16] > 0.3 and back[0, 18, 16] < 0.1
    assert (front[:, 1, 1] == 1).all()


def test_times_and_schedules_stay_between_noise_and_latents():
    drawn = times(4000, torch.Generator().manual_seed(0), -0.2)
    assert drawn.min() > 0 and drawn.max() < 1 and 0.4 < drawn.median() < 0.5
    for shift in (1.0, 3.0):
        steps = schedule(8, shift)
        assert steps[0] == 0 and steps[-1] == 1 and (steps.diff() > 0).all()
    assert schedule(8, 3.0)[4] == pytest.approx(0.25)
    assert waves(torch.tensor([0.0]), 4).tolist() == [[1, 1, 1, 1, 0, 0, 0, 0]]


def test_a_straight_way_leads_from_noise_to_latents():
    latents, generator = torch.randn(3, 64, 8), torch.Generator().manual_seed(2)
    t = torch.tensor([0.0, 0.25, 1.0])
    x, velocity = straight(latents, t, generator)
    torch.testing.assert_close(x + (1 - t)[:, None, None] * velocity, latents)
    torch.testing.assert_close(x[2], latents[2])


class Toward(torch.nn.Module):
    """A flow that knows where it goes: the exact velocity towards one point."""

    def __init__(self, point):
        super().__init__()
        self.point = point
        self.leave = torch.nn.Linear(1, point.shape[-1])

    def forward(self, x, t, text, mask, guidance=None):
        return (self.point - x) / (1 - t)[:, None, None]


def test_the_sampler_arrives_where_the_flow_leads(network):
    _, model, vocabulary = network
    point = torch.randn(1, 64, 8)
    words = tensors([vocabulary.read_text("")])
    for settings in (Settings(4, 1.0), Settings(9, 3.0, 2.0), Settings(1, 1.0)):
        got = flow_sample(model.text, Toward(point), settings, *words, torch.Generator().manual_seed(1))
        torch.testing.assert_close(got, point, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_every_stage_learns_and_what_ships_is_what_was_learned(tmp_path):
    """One whole course in the tiny configuration: about half a minute on one core."""
    supply = Supply(4, make=few)
    plan = Plan(steps=70, lr=4e-3, warmup=10, ema=0.95, log_every=10)
    before = losses(*Autoencoder(TINY.autoencoder).decoder(torch.zeros(4, 64, 8)), supply.batch(0))["loss"].item()
    autoencoder, reached = train_autoencoder(TINY.autoencoder, plan, supply, tmp_path / "autoencoder")
    assert reached.finished
    fresh = supply.batch(1000)
    with torch.no_grad():
        after = losses(*autoencoder.decoder(autoencoder.encode(fresh.sdf, fresh.seen())), fresh)["loss"].item()
    assert after < 0.5 * before
    assert accuracy(autoencoder, Batch(fresh.sdf[:2], fresh.rgb[:2])).f[2] > 0.6

    # latents: two processes' shards side by side; what is held out is not there
    latents_module_shard, latents_module.SHARD = latents_module.SHARD, 48
    try:
        hidden = sample(0).attributes
        for part in ((0, 2), (1, 2), (0, 1)):
            assert grammar_shards(autoencoder, tmp_path / "latents", 96, lambda a: a == hidden, part=part)
    finally:
        latents_module.SHARD = latents_module_shard
    latents = Latents.read(tmp_path / "latents")
    assert len(latents.values) == len(latents.facts) and 90 <= len(latents.values) < 96
    assert "grammar 0" not in {facts["source"] for facts in latents.facts}
    assert 0.5 < latents.values.float().std() < 1.5

    vocabulary = fitting(TINY.text.words, Vocabulary.of(latents.captions(), 2, FAMILIES))
    plan = Plan(steps=120, lr=4e-3, warmup=10, ema=0.95, log_every=10)
    torch.manual_seed(0)
    reader, texts = Reader(vocabulary), [facts["captions"][0] for facts in latents.facts]
    words = reader(texts)
    before = validation(TextToLatents(TINY), latents.values.float(), *words)
    model, reached = train_flow(TINY, plan, latents, vocabulary, tmp_path / "flow", size=32)
    after = validation(model, latents.values.float(), *words)
    assert reached.finished and after < 0.75 * before

    classifier = probe(latents, 60)
    seen = classifier(latents.values.float())
    assert sum(a == facts["family"] for a, facts in zip(seen, latents.facts, strict=True)) > 0.8 * len(seen)
    candidates = [Settings(4, 1.0), Settings(4, 3.0)]
    measured = list(choices(autoencoder, model, reader, classifier, candidates, range(6)))
    assert [found.settings for found in measured] == candidates
    for found in measured:
        assert 0 <= found.family <= 1 and 0 < found.colour < 1
    look(autoencoder, model, vocabulary, Settings(2, 2.0), tmp_path / "look.png", texts[:2], 1)
    with Image.open(tmp_path / "look.png") as picture:
        assert picture.size == (4 * 112, 126) and len(set(picture.convert("L").tobytes())) > 30

    student, settings, finished = distil(
        model, Settings(8, 2.0), Plan(steps=40, lr=2e-3, ema=0.95), latents, reader, tmp_path / "distilled", (2,), 32
    )
    assert finished and settings == Settings(2, 2.0, distilled=True)
    x, t = torch.randn(16, 64, 8), torch.full((16,), 0.25)
    some, strength = reader(texts[:16]), torch.full((16,), 3.0)
    with torch.no_grad():
        wanted = guided(model, x, t, *some, strength)
        off = (student(x, t, *some, strength) - wanted).square().mean() / wanted.square().mean()
    assert off < 0.5

    ship(autoencoder, student, vocabulary, settings, tmp_path / "ship")
    engine = PocketTextNetwork.load(
        *(tmp_path / "ship" / f"pocket_text_{n}" for n in ("int8.safetensors", "words.json"))
    )
    guide = engine.guide(texts[0])
    _, small, _ = load(TINY, dequantised(tmp_path / "ship" / "pocket_text_int8.safetensors"))
    expected = Guided(small.text, small.flow, settings)(x[:1], t[:1], *reader(texts[:1]))
    close(guide(run())(x[0].numpy(), 0.25), expected[0], 1e-3)


def trained_on(folder):
    """Its mean network becomes another one, as if it had gone on, however slow the machine."""
    tensors, facts = checkpoint.read(folder / CHECKPOINT)
    checkpoint.write(folder / CHECKPOINT, {name: tensor + 1e-3 for name, tensor in tensors.items()}, facts)


@pytest.mark.slow
def test_the_command_says_what_is_left_to_do_and_goes_on(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(course_module, "MEASURED", 2)

    def text(stage, *options):
        return main([stage, "--tiny", "--out", str(tmp_path), "--data", "", "--objects", "6", "--batch", "2", *options])

    with pytest.raises(Missing, match="text autoencoder"):
        text("latents")
    assert text("autoencoder", "--minutes", "0.05", "--piece", "0.01") == 3
    assert text("autoencoder", "--minutes", "0.02") == 0
    assert text("latents", "--piece", "0") == 3 and text("latents") == 0
    with pytest.raises(Missing, match="text flow"):
        text("export")
    for stage in ("flow", "export", "distil", "export"):
        assert text(stage, "--minutes", "0.01", "--steps", "5") == 0
    assert text("all", "--minutes", "0.01", "--piece", "1") == 0  # nothing is left but to export again
    network = PocketTextNetwork.load(
        tmp_path / "ship" / "pocket_text_int8.safetensors", tmp_path / "ship" / "pocket_text_words.json"
    )
    assert network.settings.distilled and network.settings.steps == 8
    assert "finished" in capsys.readouterr().out
    assert text("measure") == 0
    said = capsys.readouterr().out
    assert re.search(r"2 unseen objects: F@0.02 \d\.\d+ F@0.05 .* F@0.1 ", said) and "with their captions" in said
    trained_on(tmp_path / "flow")
    for stage in ("distil", "export"):  # the students are not this flow's
        with pytest.raises(Outdated, match="another flow"):
            text(stage, "--minutes", "0.01")
    trained_on(tmp_path / "autoencoder")
    for stage in ("latents", "flow", "look"):
        with pytest.raises(Outdated, match="another autoencoder"):
            text(stage, "--minutes", "0.01")


def test_real_objects_keep_their_surface_and_get_the_grammars_plateau():
    sdf = np.array([-0.94, -0.93, -0.5, 0.0, 0.4, 0.95, 1.0], np.float32)
    assert settled(sdf).tolist() == [-127, -127, -64, 0, 51, 127, 127]


def test_every_nth_object_is_a_real_one(tmp_path):
    real = np.full((2, 64, 64, 64), -127, np.int8)
    real[0, 30:34, 30:34, 30:34], real[1, 20:40, 20:40, 20:40] = 60, 60
    told = [{"captions": [name], "category": "x", "id": name, "textured": name == "a"} for name in "ab"]
    about = np.array([json.dumps(one) for one in told])
    np.savez(tmp_path / "some.npz", sdf=real, rgb=np.full((2, 32, 32, 32, 3), 9, np.uint8), about=about)
    maker = Mixed([tmp_path / "some.npz"], every=3)
    assert [int((maker(seed)[0] > 0).sum()) for seed in (0, 3, 6)] == [4**3, 20**3, 4**3]
    assert np.array_equal(maker(4)[0], make(4)[0])
    told = [facts for _, _, facts in real_objects([tmp_path / "some.npz"], False)]
    assert [facts["captions"] for facts in told] == [["a"]]  # the other would teach that it is grey


def test_a_cells_mean_colour_counts_only_what_is_there():
    rgb = torch.zeros(1, 3, 32, 32, 32)
    rgb[0, :, 0, 0, 0] = torch.tensor([0.5, -0.25, 1.0])
    rgb[0, :, 0, 0, 1] = torch.tensor([0.5, 0.25, 1.0])
    mean = mean_colour(rgb)
    torch.testing.assert_close(mean[0, 0], torch.tensor([0.5, 0.0, 1.0]))
    assert mean[0, 1:].abs().max() == 0


def test_no_object_that_is_held_out_is_reconstructed():
    hidden = next(seed for seed in range(200) if held_out(sample(seed).attributes))
    assert not np.array_equal(make(hidden)[0], small(sample(hidden))[0])


def test_what_is_tested_with_is_neither_chosen_by_nor_measured_on():
    hidden = next(seed for seed in range(200) if held_out(sample(seed).attributes))
    assert len(unseen([hidden])) == 0 and len(unseen([hidden, *range(200, 220)])) > 10


def test_latents_of_another_autoencoder_are_refused(tmp_path):
    model = Autoencoder(TINY.autoencoder)
    code = digest(model.state_dict())
    row = (torch.zeros(64, 8), {"captions": ["a"], "family": "x", "source": "a"})
    write_shard(tmp_path / "grammar-0000.safetensors", [row], code)
    assert len(Latents.read(tmp_path, maker=code).values) == 1 and grammar_shards(model, tmp_path, 1, held_out)
    with torch.no_grad():
        model.mean += 1e-3
    with pytest.raises(Outdated, match="another autoencoder"):
        Latents.read(tmp_path, maker=digest(model.state_dict()))
    with pytest.raises(Outdated, match="another autoencoder"):
        grammar_shards(model, tmp_path, 1, held_out)


def test_faster_devices_are_fed_by_workers():
    assert workers(None, "cpu") == 0 and workers(3, "cpu") == 3
    assert 0 < workers(None, "cuda:1") <= 16 and workers(0, "cuda") == 0


def test_the_noise_comes_late():
    assert loudness(0.0) == loudness(0.5) == 0 and loudness(1.0) == 1
    assert 0 < loudness(0.8) < loudness(0.85) < 1


def test_what_is_held_out_is_left_out_when_latents_are_read(tmp_path):
    facts = [{"captions": [name], "family": "x", "source": name, "attributes": {"colour": name}} for name in "ab"]
    facts.append({"captions": ["r"], "family": "x", "source": "r"})
    write_shard(
        tmp_path / "grammar-0000.safetensors", [(torch.full((64, 8), float(i)), f) for i, f in enumerate(facts)]
    )
    kept = Latents.read(tmp_path, lambda attributes: attributes["colour"] == "a")
    assert [one["source"] for one in kept.facts] == ["b", "r"] and kept.values[:, 0, 0].tolist() == [1, 2]


def test_a_caption_of_a_real_object_may_not_tell_of_what_is_held_out():
    family = FAMILIES[0]
    assert tells_of_absent(f"a {absent_colour(family)} {family}")
    assert not tells_of_absent(f"a {family}") and not tells_of_absent(f"a {absent_colour(family)} thing")


def test_a_folder_of_data_that_is_none_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["flow", "--out", str(tmp_path / "out"), "--data", str(tmp_path)])
    assert "no index.jsonl.gz" in capsys.readouterr().err and not (tmp_path / "out").exists()
