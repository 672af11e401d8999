"""A tiny Pocket learns ellipsoids within a minute on a processor, goes on where it was cut off, and ships."""

import json
from dataclasses import replace
from functools import partial

import image_solids
import numpy as np
import pytest
import torch
from maquette.backend.engines.pocket.network import PocketNetwork
from maquette.backend.training import checkpoint
from maquette.backend.training.export import dequantised
from maquette.backend.training.image import train
from maquette.backend.training.image.config import Config, Weights, tiny
from maquette.backend.training.image.losses import losses, occupied, ramp
from maquette.backend.training.image.network import CELLS, Pocket
from maquette.backend.training.image.train import BEST, VALIDATION, Machine, keep_best, run, ship, step_loss
from maquette.backend.training.image.validate import better
from maquette.backend.training.loop import Moment, OtherTraining, Plan, Reached

CPU = Machine(torch.device("cpu"), half=False)
SOURCE = partial(image_solids.batch, points=256)


def log(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    plan = Plan(steps=36, lr=3e-3, warmup=4, log_every=6, ema=0.9)
    reached = run(replace(tiny(), batch=2), plan, CPU, SOURCE, SOURCE, folder)
    assert reached.finished and reached.step == 36 and reached.skipped == 0
    return folder


@pytest.mark.slow
def test_the_loss_falls(trained):
    lines = [line for line in log(trained) if "rays" in line]
    for name, least in (("loss", 0.6), ("occupancy", 0.8), ("camera", 0.2)):
        assert lines[-1][name] < least * lines[0][name], name
    assert {"distance", "colour", "depth", "normal", "prior"} <= lines[-1].keys()


@pytest.mark.slow
def test_validation_picks_the_weights_that_ship(trained, tmp_path):
    lines = [json.loads(line) for line in (trained / VALIDATION).read_text().splitlines()]
    tensors, facts = checkpoint.read(trained / BEST)
    assert lines[-1]["best"] and facts["figures"]["iou"] == lines[-1]["iou"] and 0 < lines[-1]["entry"] <= 1
    size = ship(trained, tmp_path / "pocket.safetensors")
    assert 0 < size < 1_000_000 and not any(name.startswith("posterior") for name in tensors)
    model = Pocket(tiny().network).eval()
    model.load_state_dict(dequantised(tmp_path / "pocket.safetensors"), strict=False)
    batch = SOURCE(1, torch.Generator().manual_seed(9))
    rgba = (batch.image[0].permute(1, 2, 0).numpy() + 1) / 2
    alpha = rgba[..., 3:]
    straight = np.where(alpha > 0, rgba[..., :3], 0)
    network = PocketNetwork.load(tmp_path / "pocket.safetensors")
    encoding = network.encode(np.concatenate([straight, alpha], -1).astype(np.float32))
    with torch.no_grad():
        sdf, rgb = model.query(model.encode(batch.image), batch.points)
    distance, colour = network.query(encoding, batch.points[0].numpy())
    assert np.abs(distance / 0.1 - sdf[0].numpy()).max() < 2e-3 and np.abs(colour - rgb[0].numpy()).max() < 2e-3


@pytest.mark.slow
def test_a_training_in_two_pieces_is_the_training_in_one(tmp_path):
    config = replace(tiny(), batch=1, weights=Weights(normal=0))
    plan = Plan(steps=4, lr=1e-3, warmup=1, log_every=1)
    torch.manual_seed(0)
    run(config, plan, CPU, SOURCE, SOURCE, tmp_path / "one")
    torch.manual_seed(0)
    calls = []

    def stops(count, generator):
        calls.append(count)
        return SOURCE(count, generator)

    run(config, plan, CPU, stops, SOURCE, tmp_path / "two", piece=0.0)
    assert log(tmp_path / "two")[-1]["step"] == 0 and not calls
    run(config, plan, CPU, stops, SOURCE, tmp_path / "two")
    one, two = (checkpoint.read(tmp_path / name / "checkpoint.safetensors")[0] for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_micro_batches_add_up():
    config = replace(tiny(), batch=2, noise=0.0, weights=Weights(normal=0, prior=0))
    both = SOURCE(2, torch.Generator().manual_seed(1))
    pieces = iter([both])

    def whole(count, generator):
        return next(pieces)

    def halves(count, generator):
        at = next(order)

        def pick(x):
            return x[at : at + 1]

        maps = replace(both.maps, **{name: pick(value) for name, value in vars(both.maps).items()})
        return replace(both, **{name: pick(value) for name, value in vars(both).items() if name != "maps"}, maps=maps)

    gradients = []
    for source, micro in ((whole, 2), (halves, 1)):
        order = iter(range(2))
        torch.manual_seed(0)
        model = Pocket(replace(config.network, latent=0), 0.0)
        moment = Moment(0, 0.0, torch.Generator().manual_seed(0))
        found = step_loss(source, config, CPU, micro)(model, moment)
        found["loss"].backward()
        gradients.append(model.camhead.weight.grad.clone())
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("batch", "micro", "parts"), [(4, 3, [2, 2]), (5, 2, [1, 2, 2]), (2, 8, [2]), (3, 1, [1] * 3)])
def test_no_part_is_above_micro_and_none_is_dropped(batch, micro, parts, monkeypatch):
    drawn = []

    def means(model, given, config, progress, generator):
        return {"loss": torch.tensor(given).mean().requires_grad_()}

    def source(count, generator):
        first = sum(drawn)
        drawn.append(count)
        return [float(one) for one in range(first, first + count)]

    monkeypatch.setattr(train, "losses", means)
    model = Pocket(tiny().network, 0.0)
    moment = Moment(0, 0.0, torch.Generator().manual_seed(0))
    found = step_loss(source, replace(tiny(), batch=batch), CPU, micro)(model, moment)
    assert drawn == parts and max(drawn) <= micro
    assert float(found["loss"].detach()) == pytest.approx((batch - 1) / 2)  # the mean of all samples


def test_a_piece_takes_what_the_piece_before_did_at_once(tmp_path, monkeypatch):
    plan, config = Plan(steps=2), replace(tiny(), batch=2)
    monkeypatch.setattr(train, "keep_best", lambda *given: {})
    monkeypatch.setattr(train, "fitting", lambda *given: 1)
    run(config, plan, CPU, SOURCE, SOURCE, tmp_path, piece=0.0)
    monkeypatch.setattr(train, "fitting", lambda *given: pytest.fail("it is known"))
    run(config, plan, CPU, SOURCE, SOURCE, tmp_path, piece=0.0)
    assert checkpoint.facts(tmp_path / "checkpoint.safetensors")["micro"] == 1
    run(replace(config, micro=2), plan, CPU, SOURCE, SOURCE, tmp_path, piece=0.0)  # less memory, say: it may be set
    assert checkpoint.facts(tmp_path / "checkpoint.safetensors")["micro"] == 2
    with pytest.raises(OtherTraining, match="batch was 2 and is 4 now"):
        run(replace(config, batch=4), plan, CPU, SOURCE, SOURCE, tmp_path, piece=0.0)


def test_samples_are_drawn_in_full_precision(tmp_path):
    """Drawing indexes and scatters, which halves of a number do not allow."""
    config, drawn = replace(tiny(), batch=1, checks=(1, 1), weights=Weights(normal=0)), []

    def source(count, generator):
        drawn.append(torch.is_autocast_enabled("cpu"))
        return SOURCE(count, generator)

    machine = Machine(torch.device("cpu"), half=True)
    model = Pocket(config.network, 0.0)
    found = step_loss(source, config, machine, 1)(model, Moment(0, 1.0, torch.Generator().manual_seed(0)))
    figures = keep_best(model.eval(), source, machine, tmp_path, Reached(), config)
    assert drawn == [False, False] and torch.isfinite(found["loss"]) and (tmp_path / BEST).exists()
    assert figures.keys() == {"iou", "elevation", "k", "entry", "exit"}


def test_occupancy_comes_first():
    weights = Weights()
    assert ramp(0.0, weights) == 0 and ramp(weights.ramp, weights) == 1 and 0 < ramp(0.2, weights) < 1
    batch = SOURCE(1, torch.Generator().manual_seed(2))
    torch.manual_seed(0)
    model = Pocket(tiny().network, 0.0)
    early, late = (losses(model, batch, Config(layout="tiny"), p, torch.Generator().manual_seed(0)) for p in (0.0, 1.0))
    assert "normal" not in early and 0 <= float(late["normal"].detach()) <= 2
    known = early["loss"] - weights.early_occupancy * early["occupancy"] - weights.early_distance * early["distance"]
    other = late["loss"] - weights.occupancy * late["occupancy"] - weights.distance * late["distance"]
    assert torch.allclose(known, other - weights.normal * late["normal"], atol=1e-4)


def test_what_lies_beside_the_silhouette_is_not_taught():
    batch = SOURCE(1, torch.Generator().manual_seed(4))
    beside = (batch.points[..., :2].abs() > 0.95).any(-1)
    assert beside.any()
    wrong = replace(batch, sdf=torch.where(beside, torch.ones_like(batch.sdf), batch.sdf))
    torch.manual_seed(0)
    model = Pocket(replace(tiny().network, latent=0), 0.0)
    right, other = (losses(model, b, tiny(), 1.0, torch.Generator().manual_seed(0))["distance"] for b in (batch, wrong))
    assert torch.equal(right, other)


def test_the_posterior_sees_the_solid_where_it_is():
    batch = SOURCE(1, torch.Generator().manual_seed(6))
    solid = occupied(batch.maps, CELLS)[0, 0]
    where = solid.nonzero().float().mean(0)
    assert solid.shape == CELLS and torch.allclose(where, torch.tensor([15.5, 15.5, 23.5]), atol=2.5)


def test_better_looks_at_the_rays_first():
    assert better({"iou": 0.5, "entry": 0.6, "exit": 0.6}, {"iou": 0.55, "entry": 0.5, "exit": 0.5})
    assert not better({"iou": 0.5}, {"iou": 0.6})
