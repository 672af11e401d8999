"""The loop of all trainings: what it leaves behind, whatever happens to it."""

import json
import os
import signal

import pytest
import torch
from maquette.backend.training import checkpoint
from maquette.backend.training.loop import CHECKPOINT, LOG, Diverged, Moment, OtherTraining, Plan, train
from maquette.backend.training.optimise import muon, orthogonalised
from torch import nn

PLAN = Plan(steps=12, lr=1e-2, warmup=3, log_every=4, ema=0.9)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))


def regression(net: nn.Module, at: Moment):
    x = torch.randn(16, 4, generator=at.generator)
    error = (net(x) - x[:, :2].sin()).square().mean()
    return {"loss": error, "late": torch.tensor(at.progress)}


def run(folder, plan=PLAN, loss=regression, **how):
    model = network()
    ema, reached = train(model, muon(model, plan.lr, 0.1), loss, plan, folder, **how)
    return model, ema, reached


def stopping(after, how=lambda: os.kill(os.getpid(), signal.SIGTERM)):
    """``regression`` that ends its own process's piece after so many steps."""
    done = 0

    def loss(net, at):
        nonlocal done
        done += 1
        if done == after:
            how()
        return regression(net, at)

    return loss


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_pieces_give_what_one_run_gives(tmp_path):
    whole, mean, reached = run(tmp_path / "one")
    assert reached.finished and reached.step == 12
    for after in (5, 4):
        cut = run(tmp_path / "many", loss=stopping(after))[2]
        assert not cut.finished
    pieced, other_mean, reached = run(tmp_path / "many")
    assert reached.finished and reached.step == 12
    assert same(whole.state_dict(), pieced.state_dict())
    assert same(mean.tensors, other_mean.tensors)
    assert not same(whole.state_dict(), mean.tensors)


def test_the_signals_work_as_before_afterwards(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    run(tmp_path, loss=stopping(2))
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_kill_while_saving_leaves_the_last_whole_checkpoint(tmp_path, monkeypatch):
    run(tmp_path, loss=stopping(5))
    kept = (tmp_path / CHECKPOINT).read_bytes()

    def die(source, target):
        raise KeyboardInterrupt  # anything between the first byte and the renaming

    monkeypatch.setattr(checkpoint.os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, loss=stopping(3))
    monkeypatch.undo()
    assert (tmp_path / CHECKPOINT).read_bytes() == kept
    assert run(tmp_path)[2].finished


def test_a_step_that_is_not_finite_is_skipped_and_counted(tmp_path):
    def loss(net, at):
        values = regression(net, at)
        if at.step == 3:
            return {"loss": values["loss"] * torch.nan}
        if at.step == 5:  # a finite loss with an infinite gradient
            return {"loss": (values["loss"] * 0 + 1e-45).sqrt() * 1e38 * 1e-38 + (values["loss"] * 0).sqrt()}
        return values

    model, _, reached = run(tmp_path, loss=loss)
    assert reached.skipped == 2 and reached.step == 12
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())
    assert json.loads((tmp_path / LOG).read_text().splitlines()[-1])["skipped"] == 2


def test_a_training_that_has_diverged_ends(tmp_path):
    with pytest.raises(Diverged, match="50 steps in a row"):
        run(tmp_path, Plan(steps=1000), lambda net, at: {"loss": regression(net, at)["loss"] * torch.inf})


def test_a_plan_in_minutes_has_a_clock_that_stands_still_between_pieces(tmp_path):
    plan = Plan(minutes=1.0, lr=1e-2)
    cut = run(tmp_path, plan, stopping(3))[2]
    path = tmp_path / CHECKPOINT
    tensors, facts = checkpoint.read(path)
    facts["reached"]["seconds"] = 59.95
    checkpoint.write(path, tensors, facts)
    reached = run(tmp_path, plan)[2]
    assert reached.finished and reached.step > cut.step


def test_another_configuration_or_other_data_is_not_gone_on_with(tmp_path):
    facts = {"config": {"layout": "rays", "checks": (2, 2)}, "data": {"objects": 8}, "micro": 4}
    run(tmp_path, loss=stopping(3), facts=facts)
    for other in ({"config": {"layout": "seeded", "checks": (2, 2)}}, {"data": {"objects": 9}}, {"data": {}}):
        with pytest.raises(OtherTraining, match=r"(layout was rays and is seeded|objects was 8 and is).* --out"):
            run(tmp_path, facts=facts | other)
    reached = run(tmp_path, facts=facts | {"micro": 2})[2]
    assert reached.finished and reached.step == 12


def test_the_rate_rises_stays_and_falls():
    plan = Plan(steps=1000, lr=1.0, warmup=10, hold=0.5, end=0.1)
    assert plan.rate(0, 0) == pytest.approx(0.1)
    assert plan.rate(400, 0.4) == plan.rate(10, 0.01) == 1
    assert plan.rate(750, 0.75) == pytest.approx(0.55)
    assert plan.rate(1000, 1.0) == pytest.approx(0.1)


def test_its_log_is_one_file_of_json_lines(tmp_path):
    run(tmp_path, loss=stopping(6))
    run(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [4, 8, 12]
    assert all("late" in line for line in lines if "loss" in line)


@pytest.mark.parametrize("shape", [(6, 40), (40, 6), (16, 16)])
def test_orthogonalised_has_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonalised(matrix).float())
    assert values.min() > 0.5 and values.max() < 1.3


def test_muon_learns_what_adam_learns_and_leaves_tables_to_it():
    model = network()
    optimiser = muon(model, 2e-2, 0.0, plain=("2.weight",))
    kinds = {id(p): group["orthogonal"] for group in optimiser.param_groups for p in group["params"]}
    assert kinds[id(model[0].weight)] and not kinds[id(model[2].weight)] and not kinds[id(model[0].bias)]
    first = None
    for step in range(150):
        at = Moment(step, 0.0, torch.Generator().manual_seed(step))
        loss = regression(model, at)["loss"]
        first = first or loss.item()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2 * first
